/* SentencePiece's compiled map of characters: which runs of characters become what.
 *
 *     u32 bytes of the trie | the trie, a Darts double array of u32 | replacements, NUL-terminated
 *
 * A unit of the array (darts-clone by Susumu Yata, darts.h): bits 0-7 and 31 its label, 8 "a value hangs
 * below", 9 whether its offset counts in steps of 256, 10-30 the offset; the unit of a value has bit 31
 * set and the place of the replacement in the others.  node ^ offset ^ byte is the child. */
#ifndef CPL_TOKENIZER_CHARSMAP_H
#define CPL_TOKENIZER_CHARSMAP_H

#include <couplet/status.h>
#include <stddef.h>
#include <stdint.h>

/* What the map does to texts that begin with a character. */
enum cpl_charsmap_kind {
    CPL_CHARSMAP_PLAIN,  /* nothing */
    CPL_CHARSMAP_LONGER, /* something only if a character beyond ASCII follows */
    CPL_CHARSMAP_MAPPED  /* maybe something */
};
enum { CPL_CODE_POINTS = 0x110000 };

struct cpl_charsmap {
    uint32_t *unit; /* [n_units] */
    size_t n_units;
    char *pool; /* replacements, valid UTF-8 */
    size_t n_pool;
    uint8_t *kind; /* [CPL_CODE_POINTS] enum cpl_charsmap_kind */
};

/* Every entry is looked at: one that leads out of the array or the pool, or is too long, is
 * CPL_ERROR_INPUT.  On error *map is empty. */
cpl_status cpl_charsmap_init(struct cpl_charsmap *map, const unsigned char *blob,
                             size_t n_bytes, const char *where, struct cpl_error *error);
void cpl_charsmap_clear(struct cpl_charsmap *map);

/* Replacement (NUL-terminated) of the longest entry that `text` begins with, or the shortest; NULL if
 * there is none.  *matched: bytes of the entry. */
const char *cpl_charsmap_longest(const struct cpl_charsmap *map, const char *text,
                                 size_t length, size_t *matched);
const char *cpl_charsmap_shortest(const struct cpl_charsmap *map, const char *text,
                                  size_t length);

#endif
