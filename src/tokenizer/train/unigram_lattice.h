/* Words in blocks, each of which a thread works on with a lattice of its own: what forward-backward and
 * Viterbi have in common. */
#ifndef CPL_TOKENIZER_TRAIN_UNIGRAM_LATTICE_H
#define CPL_TOKENIZER_TRAIN_UNIGRAM_LATTICE_H

#include "tokenizer/train/unigram_pieces.h"

enum { CPL_LATTICE_STEP = 16 }; /* symbols between two looks at how small values have become */

/* What a thread needs. */
struct cpl_unigram_lattice {
    double *forward, *backward; /* [longest + max_length + 1] */
    int32_t *scaled;            /* [longest / CPL_LATTICE_STEP + 2] */
    uint32_t *back;             /* [longest + 1] piece that ends there on the best way */
    int64_t *sum;               /* [n_pieces] */
};
/* One pass over all words. */
struct cpl_unigram_pass {
    const struct cpl_unigram_state *unigram;
    double *probability; /* [n_pieces] */
    double unit;         /* expectations are counted in 1 / unit */
    double *likelihood;  /* [n_blocks] */
    uint32_t *block;     /* [n_blocks + 1] first words of blocks of some thousand symbols */
    uint32_t n_blocks;
    uint32_t longest; /* word, in symbols */
};
typedef void cpl_unigram_visit(struct cpl_unigram_pass *pass,
                               struct cpl_unigram_lattice *lattice, uint32_t block);

/* Sets block, likelihood and what belongs to them. */
cpl_status cpl_unigram_pass_init(struct cpl_unigram_pass *pass,
                                 const struct cpl_unigram_state *unigram,
                                 struct cpl_error *error);
/* sum [n_pieces]: what `visit` added to the lattices' sums, over all blocks. */
cpl_status cpl_unigram_pass_run(struct cpl_unigram_pass *pass, int64_t *sum,
                                cpl_unigram_visit *visit, struct cpl_error *error);
void cpl_unigram_pass_clear(struct cpl_unigram_pass *pass);

#endif
