/* Writing token shards: see shard.h for the format.  Ids go straight to the file, flags and
 * document ends to two unnamed files beside it, which are appended when all tokens are known.
 */
#include "base/memory.h"
#include "base/try.h"
#include "corpus/shard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { COPY_BYTES = 1 << 16 };

struct cpl_shard_writer {
    struct cpl_writer file;
    FILE *flags, *ends; /* unlinked: gone with the process whatever happens */
    uint32_t token_bytes;
    int32_t vocab_size;
    uint64_t n_tokens, n_documents, n_characters, tokenizer_hash, segmenter_hash;
    uint8_t flag_byte; /* flags of the last n_tokens % 4 tokens */
};

static cpl_status write_failed(const struct cpl_shard_writer *writer, struct cpl_error *error)
{
    return cpl_error_errno(error, writer->file.path, "write");
}

static cpl_status open_spool(FILE **out, const char *path, const char *part,
                             struct cpl_error *error)
{
    char *name = NULL;
    CPL_TRY(cpl_text_format(&name, error, "%s.%s.partial", path, part));
    *out = fopen(name, "w+be");
    cpl_status status = *out ? CPL_OK : cpl_error_errno(error, name, "write");
    if (*out)
        unlink(name);
    free(name);
    return status;
}

cpl_status cpl_shard_writer_new(struct cpl_shard_writer **out, const char *path,
                                int32_t vocab_size, uint64_t tokenizer_hash,
                                uint64_t segmenter_hash, struct cpl_error *error)
{
    static const char no_header[CPL_SHARD_ALIGNMENT];
    struct cpl_shard_writer *writer = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&writer, 1, sizeof *writer, error));
    writer->token_bytes = vocab_size <= UINT16_MAX + 1 ? 2 : 4;
    writer->vocab_size = vocab_size;
    writer->tokenizer_hash = tokenizer_hash;
    writer->segmenter_hash = segmenter_hash;
    CPL_TRY_GOTO(cpl_writer_open(&writer->file, path, error));
    CPL_TRY_GOTO(open_spool(&writer->flags, path, "flags", error));
    CPL_TRY_GOTO(open_spool(&writer->ends, path, "ends", error));
    if (fwrite(no_header, sizeof no_header, 1, writer->file.stream) != 1)
        status = write_failed(writer, error);
done:
    if (status == CPL_OK)
        *out = writer;
    else
        cpl_shard_writer_abandon(writer);
    return status;
}

static cpl_status write_ids(struct cpl_shard_writer *writer, const int32_t *ids,
                            size_t n_tokens, struct cpl_error *error)
{
    uint16_t narrow[1024];
    if (writer->token_bytes == 4)
        return fwrite(ids, 4, n_tokens, writer->file.stream) == n_tokens
                   ? CPL_OK
                   : write_failed(writer, error);
    for (size_t i = 0; i < n_tokens;) {
        size_t n = 0;
        while (n < sizeof narrow / sizeof *narrow && i < n_tokens)
            narrow[n++] = (uint16_t)ids[i++];
        if (fwrite(narrow, 2, n, writer->file.stream) != n)
            return write_failed(writer, error);
    }
    return CPL_OK;
}

static cpl_status write_flags(struct cpl_shard_writer *writer, const uint8_t *flags,
                              size_t n_tokens, struct cpl_error *error)
{
    for (size_t i = 0; i < n_tokens; i++) {
        unsigned place = (unsigned)((writer->n_tokens + i) % 4);
        writer->flag_byte = (uint8_t)(writer->flag_byte | (flags[i] & 3u) << place * 2);
        if (place < 3)
            continue;
        if (putc(writer->flag_byte, writer->flags) == EOF)
            return write_failed(writer, error);
        writer->flag_byte = 0;
    }
    return CPL_OK;
}

cpl_status cpl_shard_writer_add(struct cpl_shard_writer *writer, const int32_t *ids,
                                const uint8_t *flags, size_t n_tokens, uint64_t n_characters,
                                struct cpl_error *error)
{
    for (size_t i = 0; i < n_tokens; i++)
        assert(ids[i] >= 0 && ids[i] < writer->vocab_size);
    CPL_TRY(write_ids(writer, ids, n_tokens, error));
    CPL_TRY(write_flags(writer, flags, n_tokens, error));
    writer->n_tokens += n_tokens;
    writer->n_documents++;
    writer->n_characters += n_characters;
    if (fwrite(&writer->n_tokens, 8, 1, writer->ends) != 1)
        return write_failed(writer, error);
    return CPL_OK;
}

/* Appends a spool from its beginning, and zeros up to `end`. */
static cpl_status append_spool(struct cpl_shard_writer *writer, FILE *spool, uint64_t end,
                               struct cpl_error *error)
{
    char block[COPY_BYTES];
    if (fflush(spool) != 0 || fseeko(spool, 0, SEEK_SET) != 0)
        return write_failed(writer, error);
    for (size_t n; (n = fread(block, 1, sizeof block, spool)) > 0;)
        if (fwrite(block, 1, n, writer->file.stream) != n)
            return write_failed(writer, error);
    if (ferror(spool))
        return write_failed(writer, error);
    for (off_t at = ftello(writer->file.stream); at < (off_t)end; at++)
        if (putc(0, writer->file.stream) == EOF)
            return write_failed(writer, error);
    return CPL_OK;
}

static cpl_status write_header(struct cpl_shard_writer *writer, struct cpl_error *error)
{
    FILE *stream = writer->file.stream;
    uint32_t words[2] = {CPL_SHARD_VERSION, writer->token_bytes};
    uint64_t longs[5] = {writer->n_tokens, writer->n_documents, writer->n_characters,
                         writer->tokenizer_hash, writer->segmenter_hash};
    if (fseeko(stream, 0, SEEK_SET) != 0 ||
        fwrite(cpl_shard_magic, CPL_SHARD_MAGIC_BYTES, 1, stream) != 1 ||
        fwrite(words, sizeof words, 1, stream) != 1 ||
        fwrite(longs, sizeof longs, 1, stream) != 1 || fflush(stream) != 0 ||
        fseeko(stream, 0, SEEK_END) != 0)
        return write_failed(writer, error);
    return CPL_OK;
}

/* The header is known last, so the checksum needs a second look at the file. */
static cpl_status write_checksum(struct cpl_shard_writer *writer, struct cpl_error *error)
{
    struct cpl_map map = {0};
    CPL_TRY(cpl_map_open(&map, writer->file.partial ? writer->file.partial : writer->file.path,
                         error));
    uint64_t checksum = XXH64(map.data, map.size, 0);
    cpl_map_close(&map);
    if (fwrite(&checksum, sizeof checksum, 1, writer->file.stream) != 1)
        return write_failed(writer, error);
    return CPL_OK;
}

cpl_status cpl_shard_writer_commit(struct cpl_shard_writer *writer, struct cpl_error *error)
{
    struct cpl_shard_layout layout = {0};
    cpl_status status = CPL_OK;
    if (!cpl_shard_layout(&layout, writer->n_tokens, writer->n_documents,
                          writer->token_bytes)) {
        status = cpl_error_set(error, CPL_ERROR_SYSTEM, writer->file.path, "too large");
        goto done;
    }
    if (putc(writer->flag_byte, writer->flags) == EOF) {
        status = write_failed(writer, error);
        goto done;
    }
    for (off_t at = ftello(writer->file.stream); at < (off_t)layout.flags; at++)
        putc(0, writer->file.stream);
    CPL_TRY_GOTO(append_spool(writer, writer->flags, layout.document_ends, error));
    CPL_TRY_GOTO(append_spool(writer, writer->ends, layout.checksum, error));
    CPL_TRY_GOTO(write_header(writer, error));
    CPL_TRY_GOTO(write_checksum(writer, error));
    CPL_TRY_GOTO(cpl_writer_commit(&writer->file, error));
done:
    cpl_shard_writer_abandon(writer);
    return status;
}

void cpl_shard_writer_abandon(struct cpl_shard_writer *writer)
{
    if (!writer)
        return;
    cpl_writer_abandon(&writer->file);
    if (writer->flags)
        fclose(writer->flags);
    if (writer->ends)
        fclose(writer->ends);
    free(writer);
}
