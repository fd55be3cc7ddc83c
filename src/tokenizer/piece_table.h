/* Pieces by number and numbers by piece: a pool of NUL-terminated texts and an open-addressing hash
 * table.  Used for vocabularies and, in training, for words. */
#ifndef CPL_TOKENIZER_PIECE_TABLE_H
#define CPL_TOKENIZER_PIECE_TABLE_H

#include <couplet/status.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_pieces {
    char *pool;
    size_t pool_length, pool_capacity;
    size_t *begin;  /* [count] place in the pool, SIZE_MAX where the number has no piece */
    size_t *length; /* [count] bytes */
    size_t begin_capacity, length_capacity;
    int32_t count;  /* one past the highest number */
    int32_t *slots; /* [n_slots] number or -1; a power of two */
    size_t n_slots, n_used;
};

/* Gives `id` the piece (copied); numbers between the old count and `id` have none yet.  When two ids
 * get one text the later call wins in cpl_pieces_find.  `id` is at most INT32_MAX - 1. */
cpl_status cpl_pieces_set(struct cpl_pieces *pieces, int32_t id, const char *text,
                          size_t length, struct cpl_error *error);
/* The piece's number, a new one if it was not there. */
cpl_status cpl_pieces_add(struct cpl_pieces *pieces, int32_t *id, const char *text,
                          size_t length, struct cpl_error *error);
/* -1 if there is no such piece. */
int32_t cpl_pieces_find(const struct cpl_pieces *pieces, const char *text, size_t length);
/* NULL if the number has no piece; valid until the next change. */
const char *cpl_pieces_text(const struct cpl_pieces *pieces, int32_t id);
void cpl_pieces_clear(struct cpl_pieces *pieces);

#endif
