/* Token shards: the memory-mapped file that training reads.
 *
 *     0    magic "CPLSHRD\1", u32 format version, u32 bytes a token (2 or 4)
 *     16   u64 n_tokens, u64 n_documents, u64 n_characters, u64 tokenizer hash, u64 segmenter
 * hash 64   sections, each aligned to 64: ids, flags (2 bits a token), document ends (u64 each)
 *     end  u64 XXH64 of all before it
 *
 * n_characters counts Unicode characters of the encoded text, line breaks included, so that
 * bits per character can be computed.  Little-endian. */
#ifndef CPL_CORPUS_SHARD_H
#define CPL_CORPUS_SHARD_H

#include "base/file.h"
#include <stdbool.h>
#include <stdint.h>

enum cpl_token_flag {
    CPL_TOKEN_CONTINUES = 1,     /* continues the word before it */
    CPL_TOKEN_ENDS_SENTENCE = 2, /* last token of a sentence */
};

struct cpl_shard {
    struct cpl_map map;
    uint64_t n_tokens, n_documents, n_characters;
    uint64_t tokenizer_hash, segmenter_hash;
    uint32_t token_bytes;
    const void *ids;               /* u16 or u32 [n_tokens] */
    const uint8_t *flags;          /* 2 bits a token, lowest bits first */
    const uint64_t *document_ends; /* [n_documents], token index one past each document */
};
/* Maps and verifies: sizes, checksum, ascending document ends.  CPL_ERROR_INPUT for a bad file.
 */
cpl_status cpl_shard_open(struct cpl_shard *shard, const char *path, struct cpl_error *error);
void cpl_shard_close(struct cpl_shard *shard);
/* Byte offsets of the sections and of the checksum behind them; false if they do not fit 64
 * bits. */
struct cpl_shard_layout {
    uint64_t ids, flags, document_ends, checksum;
};
bool cpl_shard_layout(struct cpl_shard_layout *layout, uint64_t n_tokens, uint64_t n_documents,
                      uint32_t token_bytes);
enum { CPL_SHARD_VERSION = 1, CPL_SHARD_ALIGNMENT = 64, CPL_SHARD_MAGIC_BYTES = 8 };
extern const char cpl_shard_magic[CPL_SHARD_MAGIC_BYTES];
/* 0 <= i < n_tokens */
int32_t cpl_shard_id(const struct cpl_shard *shard, uint64_t i);
unsigned cpl_shard_flags(const struct cpl_shard *shard,
                         uint64_t i); /* enum cpl_token_flag bits */

/* Writes a shard document by document in memory bounded by one document's size plus buffers. */
struct cpl_shard_writer;
cpl_status cpl_shard_writer_new(struct cpl_shard_writer **out, const char *path,
                                int32_t vocab_size, uint64_t tokenizer_hash,
                                uint64_t segmenter_hash, struct cpl_error *error);
cpl_status cpl_shard_writer_add(struct cpl_shard_writer *writer, const int32_t *ids,
                                const uint8_t *flags, size_t n_tokens, uint64_t n_characters,
                                struct cpl_error *error);
/* Flushes, renames into place and frees the writer; frees it also on failure. */
cpl_status cpl_shard_writer_commit(struct cpl_shard_writer *writer, struct cpl_error *error);
void cpl_shard_writer_abandon(struct cpl_shard_writer *writer);

#endif
