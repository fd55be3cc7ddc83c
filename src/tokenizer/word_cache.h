/* The tokens of words that were met before: a table of fixed size in which the newer word stays.
 *
 * A word is at most 23 bytes, its tokens at most 8; longer ones are not kept. */
#ifndef CPL_TOKENIZER_WORD_CACHE_H
#define CPL_TOKENIZER_WORD_CACHE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CPL_CACHED_BYTES = 23, CPL_CACHED_TOKENS = 8, CPL_CACHED_WORDS_LOG2 = 14 };

/* A cache line. */
struct cpl_cached_word {
    uint64_t key[3]; /* the bytes, zeros behind, the last byte the length; length 0: empty */
    int32_t id[CPL_CACHED_TOKENS];
    uint8_t n;
    uint8_t end[CPL_CACHED_TOKENS - 1]; /* bytes of the word; the last token ends with it */
};

struct cpl_word_cache {
    struct cpl_cached_word *word; /* [1 << CPL_CACHED_WORDS_LOG2]; NULL: not in use yet */
};

cpl_status cpl_word_cache_init(struct cpl_word_cache *cache, struct cpl_error *error);
void cpl_word_cache_clear(struct cpl_word_cache *cache);

/* Key of word [length], 0 < length <= CPL_CACHED_BYTES; `readable` bytes at `word` may be read. */
static inline void cpl_word_key(uint64_t key[3], const char *word, size_t length,
                                size_t readable)
{
    if (readable >= 24) {
        static const unsigned char keep[48] = {255, 255, 255, 255, 255, 255, 255, 255,
                                               255, 255, 255, 255, 255, 255, 255, 255,
                                               255, 255, 255, 255, 255, 255, 255, 255};
        uint64_t mask[3];
        memcpy(mask, keep + 24 - length, 24);
        memcpy(key, word, 24);
        for (int i = 0; i < 3; i++)
            key[i] &= mask[i];
    } else {
        memset(key, 0, 24);
        memcpy(key, word, length);
    }
    ((unsigned char *)key)[CPL_CACHED_BYTES] = (unsigned char)length;
}

/* The place of the word; it is there when place->key is the same. */
static inline struct cpl_cached_word *cpl_word_place(const struct cpl_word_cache *cache,
                                                     const uint64_t key[3])
{
    uint64_t hash = (key[0] ^ key[0] >> 29) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 32 ^ key[1]) * 0xBF58476D1CE4E5B9u;
    hash = (hash ^ hash >> 32 ^ key[2]) * 0x94D049BB133111EBu;
    return &cache->word[hash >> (64 - CPL_CACHED_WORDS_LOG2)];
}

static inline bool cpl_word_same(const struct cpl_cached_word *word, const uint64_t key[3])
{
    return word->key[0] == key[0] && word->key[1] == key[1] && word->key[2] == key[2];
}

#endif
