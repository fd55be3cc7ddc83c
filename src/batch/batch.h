/* Ragged batches: sequences one behind the other, no padding; what an objective asks of them.
 *
 *     ids       [CLS] 我 喜 [MASK] 。 [SEP] | [CLS] 床 前 …      [N]
 *     positions   0   1  2    3    4    5   |   0   1  2 …      [N]
 *     offsets   0, 6, …                                          [B+1]
 *     rows      3, …   which tokens predict something            [P], ascending
 *     labels    欢, …   what they should predict                  [P]
 *
 * A sequence is a run of at most length tokens of one document, cut at sentence or line ends where
 * one is near, with [CLS] (or bos) before it and [SEP] (or eos) behind it; for `clm` the closing
 * token only where the document ends.  Nothing is dropped, nothing crosses a document. */
#ifndef CPL_BATCH_BATCH_H
#define CPL_BATCH_BATCH_H

#include "corpus/shard.h"
#include <couplet/tokenizer.h>
#include <stdint.h>

struct cpl_batch {
    int64_t n_tokens, n_sequences, n_predicted; /* N, B, P */
    int32_t *ids, *positions, *types,
        *offsets;           /* [N] [N] [N] [B+1]; types: segment, all 0 here */
    int32_t *rows, *labels; /* [P] */
    int32_t *original;      /* [N] the ids before masking */
    uint8_t *continues;     /* [N] word bits */
    uint64_t *samples;      /* [B] number of the sequence in its split */
    int64_t n_characters;   /* of text predicted, in evaluation: over a whole
                                                   pass of clm all of the shard's (white space
                                                   too); of mlm those of the hidden pieces; else 0 */
    size_t token_capacity, sequence_capacity, predicted_capacity;
};
void cpl_batch_clear(struct cpl_batch *batch);

/* objectives.def expands to these names; see each file for what it draws. */
enum cpl_objective_id {
#define OBJECTIVE(name, masked, help) CPL_OBJECTIVE_##name,
#include "batch/objectives.def"
#undef OBJECTIVE
    CPL_OBJECTIVE_COUNT
};

/* "mlm" and so on; CPL_OBJECTIVE_COUNT if there is none of that name. */
enum cpl_objective_id cpl_objective_find(const char *name);

enum cpl_mask_unit { CPL_MASK_WORD, CPL_MASK_TOKEN, CPL_MASK_SPAN, CPL_MASK_UNIT_COUNT };
/* "word", "token", "span"; CPL_MASK_UNIT_COUNT if there is none of that name. */
enum cpl_mask_unit cpl_mask_unit_find(const char *name);

struct cpl_batcher_options {
    enum cpl_objective_id objective;
    int32_t length;       /* T: most tokens in a sequence, special ones included; 0: 128 */
    int64_t batch_tokens; /* budget for N of a step; at least one sequence is taken */
    double mask_share;    /* 0: 0.15 */
    enum cpl_mask_unit mask_unit;
    uint64_t seed;
    bool evaluation; /* in order, masks drawn once and for all, one pass */
};

/* Where a batcher stands: part of a checkpoint. */
struct cpl_batcher_position {
    uint64_t epoch;
    uint64_t next; /* sequences of this epoch already given */
};

struct cpl_batcher;
/* `shard` and `tokenizer` are borrowed for the batcher's life.
 * Errors: CPL_ERROR_INPUT for an empty shard or one smaller than a batch (not in evaluation),
 * CPL_ERROR_USAGE when the objective needs a token that the tokenizer lacks. */
cpl_status cpl_batcher_new(struct cpl_batcher **out, const struct cpl_shard *shard,
                           const struct cpl_tokenizer *tokenizer,
                           const struct cpl_batcher_options *options, struct cpl_error *error);
void cpl_batcher_free(struct cpl_batcher *batcher);
uint64_t cpl_batcher_sequences(const struct cpl_batcher *batcher); /* in an epoch */
struct cpl_batcher_position cpl_batcher_position(const struct cpl_batcher *batcher);
void cpl_batcher_seek(struct cpl_batcher *batcher, struct cpl_batcher_position position);

/* Fills the batch of the next step and moves on; crosses the epoch's end when training.  In
 * evaluation n_sequences is 0 when the pass is over.  Allocates only while capacities grow. */
cpl_status cpl_batcher_next(struct cpl_batcher *batcher, struct cpl_batch *batch,
                            struct cpl_error *error);

/* View of sequences [begin, end) of a batch, for micro-batches: `view` borrows all arrays but
 * offsets, positions of rows and offsets are rebased (its own memory, reused; clear with
 * cpl_batch_view_clear).  *token_base: tokens of the batch before the view. */
cpl_status cpl_batch_view(struct cpl_batch *view, int64_t *token_base,
                          const struct cpl_batch *batch, int64_t begin, int64_t end,
                          struct cpl_error *error);
void cpl_batch_view_clear(struct cpl_batch *view);
/* End of the micro-batch that begins at sequence `begin` under a token budget (0: all). */
int64_t cpl_batch_cut(const struct cpl_batch *batch, int64_t begin, int64_t micro_batch_tokens);

#endif
