/* Reading token shards: see shard.h for the format. */
#include "corpus/shard.h"

#include "base/try.h"

#include <string.h>
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "shards are mapped as they are stored");

const char cpl_shard_magic[CPL_SHARD_MAGIC_BYTES] = {'C', 'P', 'L', 'S', 'H', 'R', 'D', 1};

/* The first 56 bytes of a file. */
struct header {
    char magic[CPL_SHARD_MAGIC_BYTES];
    uint32_t version, token_bytes;
    uint64_t n_tokens, n_documents, n_characters, tokenizer_hash, segmenter_hash;
};
_Static_assert(sizeof(struct header) == 56, "no padding");

/* *end = begin + count * size, rounded up to the alignment. */
static bool place_section(uint64_t *end, uint64_t begin, uint64_t count, uint64_t size)
{
    uint64_t bytes;
    return !__builtin_mul_overflow(count, size, &bytes) &&
           !__builtin_add_overflow(begin, bytes, end) &&
           !__builtin_add_overflow(*end, CPL_SHARD_ALIGNMENT - 1, end) &&
           (*end &= ~(uint64_t)(CPL_SHARD_ALIGNMENT - 1), true);
}

bool cpl_shard_layout(struct cpl_shard_layout *layout, uint64_t n_tokens, uint64_t n_documents,
                      uint32_t token_bytes)
{
    layout->ids = CPL_SHARD_ALIGNMENT;
    return place_section(&layout->flags, layout->ids, n_tokens, token_bytes) &&
           place_section(&layout->document_ends, layout->flags, n_tokens / 4 + 1, 1) &&
           place_section(&layout->checksum, layout->document_ends, n_documents, 8);
}

static cpl_status check_header(const struct header *header, uint64_t size, const char *path,
                               struct cpl_shard_layout *layout, struct cpl_error *error)
{
    if (memcmp(header->magic, cpl_shard_magic, sizeof header->magic) != 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "not a token shard");
    if (header->version != CPL_SHARD_VERSION)
        return cpl_error_set(error, CPL_ERROR_INPUT, path,
                             "shard format %u, this program reads %d", header->version,
                             CPL_SHARD_VERSION);
    if (header->token_bytes != 2 && header->token_bytes != 4)
        return cpl_error_set(error, CPL_ERROR_INPUT, path,
                             "expected 2 or 4 bytes a token, found %u", header->token_bytes);
    if (!cpl_shard_layout(layout, header->n_tokens, header->n_documents, header->token_bytes) ||
        layout->checksum > UINT64_MAX - 8 || layout->checksum + 8 != size)
        return cpl_error_set(error, CPL_ERROR_INPUT, path,
                             "%llu tokens in %llu documents do not fit its %llu bytes: damaged",
                             (unsigned long long)header->n_tokens,
                             (unsigned long long)header->n_documents, (unsigned long long)size);
    return CPL_OK;
}

static cpl_status check_content(const struct cpl_shard *shard, uint64_t checksum_offset,
                                const char *path, struct cpl_error *error)
{
    uint64_t stored;
    memcpy(&stored, shard->map.data + checksum_offset, sizeof stored);
    if (XXH64(shard->map.data, checksum_offset, 0) != stored)
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "checksum does not match: damaged");
    uint64_t begin = 0;
    for (uint64_t i = 0; i < shard->n_documents; i++) {
        if (shard->document_ends[i] < begin)
            return cpl_error_set(error, CPL_ERROR_INPUT, path, "document ends do not ascend");
        begin = shard->document_ends[i];
    }
    if (begin != shard->n_tokens)
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "documents do not cover the tokens");
    return CPL_OK;
}

cpl_status cpl_shard_open(struct cpl_shard *shard, const char *path, struct cpl_error *error)
{
    struct header header;
    struct cpl_shard_layout layout = {0};
    cpl_status status = CPL_OK;
    *shard = (struct cpl_shard){0};
    CPL_TRY(cpl_map_open(&shard->map, path, error));
    if (shard->map.size < sizeof header + 8) {
        status = cpl_error_set(error, CPL_ERROR_INPUT, path, "too short for a token shard");
        goto done;
    }
    memcpy(&header, shard->map.data, sizeof header);
    CPL_TRY_GOTO(check_header(&header, shard->map.size, path, &layout, error));
    shard->n_tokens = header.n_tokens;
    shard->n_documents = header.n_documents;
    shard->n_characters = header.n_characters;
    shard->tokenizer_hash = header.tokenizer_hash;
    shard->segmenter_hash = header.segmenter_hash;
    shard->token_bytes = header.token_bytes;
    shard->ids = shard->map.data + layout.ids;
    shard->flags = shard->map.data + layout.flags;
    shard->document_ends = (const void *)(shard->map.data + layout.document_ends);
    CPL_TRY_GOTO(check_content(shard, layout.checksum, path, error));
done:
    if (status != CPL_OK)
        cpl_shard_close(shard);
    return status;
}

void cpl_shard_close(struct cpl_shard *shard)
{
    cpl_map_close(&shard->map);
    *shard = (struct cpl_shard){0};
}

int32_t cpl_shard_id(const struct cpl_shard *shard, uint64_t i)
{
    if (shard->token_bytes == 2)
        return ((const uint16_t *)shard->ids)[i];
    return (int32_t)((const uint32_t *)shard->ids)[i];
}

unsigned cpl_shard_flags(const struct cpl_shard *shard, uint64_t i)
{
    return shard->flags[i / 4] >> (i % 4 * 2) & 3u;
}
