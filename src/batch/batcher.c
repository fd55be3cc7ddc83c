/* Sequences in a random order, as many as a batch holds, then the objective's work on each.
 *
 * Order, masks and cuts are pure functions of shard, tokenizer, options and position: seeking is
 * setting two numbers, and nothing depends on how a step is cut into micro-batches. */
#include "base/memory.h"
#include "base/try.h"
#include "batch/objective.h"
#include "batch/sequence_table.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct cpl_batcher {
    const struct cpl_shard *shard;
    const struct cpl_tokenizer *tokenizer;
    struct cpl_batcher_options options;
    const struct cpl_objective *objective;
    struct cpl_sequence_table table;
    struct cpl_batcher_position position;
    struct cpl_objective_scope scope;
    uint8_t *is_special;
    int32_t *ordinary;
};

static const char *const objective_names[] = {
#define OBJECTIVE(name, masked, help) #name,
#include "batch/objectives.def"
#undef OBJECTIVE
};
static const struct cpl_objective *const objectives[] = {
#define OBJECTIVE(name, masked, help) &cpl_objective_##name,
#include "batch/objectives.def"
#undef OBJECTIVE
};

enum cpl_objective_id cpl_objective_find(const char *name)
{
    int id = 0;
    while (id < CPL_OBJECTIVE_COUNT && strcmp(objective_names[id], name) != 0)
        id++;
    return (enum cpl_objective_id)id;
}

enum cpl_mask_unit cpl_mask_unit_find(const char *name)
{
    static const char *const names[] = {"word", "token", "span"};
    int unit = 0;
    while (unit < CPL_MASK_UNIT_COUNT && strcmp(names[unit], name) != 0)
        unit++;
    return (enum cpl_mask_unit)unit;
}

/* ---- setting up ------------------------------------------------------------------------------ */

static cpl_status check_options(struct cpl_batcher *batcher, struct cpl_error *error)
{
    struct cpl_batcher_options *options = &batcher->options;
    int32_t longest = batcher->objective->longest;
    if (options->length == 0)
        options->length = 128;
    if (options->mask_share == 0)
        options->mask_share = 0.15;
    if (options->length < 3 || (longest && options->length > longest))
        return cpl_error_set(error, CPL_ERROR_USAGE, "length", "%d tokens, must be 3 to %d",
                             (int)options->length, longest ? longest : INT32_MAX);
    if (options->batch_tokens < 1 || options->batch_tokens > INT32_MAX - options->length)
        return cpl_error_set(error, CPL_ERROR_USAGE, "batch-tokens",
                             "%" PRId64 ", must be 1 to %d", options->batch_tokens,
                             INT32_MAX - (int)options->length);
    if (!(options->mask_share > 0 && options->mask_share < 1))
        return cpl_error_set(error, CPL_ERROR_USAGE, "mask-share", "must lie between 0 and 1");
    return CPL_OK;
}

static cpl_status find_ordinary(struct cpl_batcher *batcher, struct cpl_error *error)
{
    const struct cpl_tokenizer *tokenizer = batcher->tokenizer;
    int32_t vocab_size = cpl_tokenizer_size(tokenizer);
    struct cpl_objective_scope *scope = &batcher->scope;
    CPL_TRY(cpl_memory_new(&batcher->is_special, (size_t)vocab_size, 1, error));
    CPL_TRY(cpl_memory_new(&batcher->ordinary, (size_t)vocab_size, sizeof(int32_t), error));
    for (int32_t id = 0; id < vocab_size; id++) {
        batcher->is_special[id] = cpl_tokenizer_is_special(tokenizer, id);
        if (!batcher->is_special[id] && cpl_tokenizer_piece(tokenizer, id))
            batcher->ordinary[scope->n_ordinary++] = id;
    }
    scope->is_special = batcher->is_special;
    scope->ordinary = batcher->ordinary;
    if (scope->n_ordinary == 0)
        return cpl_error_set(error, CPL_ERROR_USAGE, "tokenizer", "it has special tokens only");
    return CPL_OK;
}

static cpl_status make_scope(struct cpl_batcher *batcher, struct cpl_error *error)
{
    struct cpl_objective_scope *scope = &batcher->scope;
    size_t length = (size_t)batcher->options.length;
    scope->special = cpl_tokenizer_special(batcher->tokenizer);
    scope->mask_unit = batcher->options.mask_unit;
    scope->mask_share = batcher->options.mask_share;
    CPL_TRY(batcher->objective->check(&scope->special, error));
    CPL_TRY(find_ordinary(batcher, error));
    CPL_TRY(cpl_memory_new(&scope->units, length, sizeof *scope->units, error));
    CPL_TRY(cpl_memory_new(&scope->order, length, sizeof *scope->order, error));
    return cpl_memory_new(&scope->chosen, length, 1, error);
}

static cpl_status check_size(const struct cpl_batcher *batcher, struct cpl_error *error)
{
    uint64_t n_tokens = batcher->shard->n_tokens + 2 * batcher->table.n;
    if (batcher->table.n == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, "corpus", "there is no text in it");
    if (!batcher->options.evaluation && n_tokens < (uint64_t)batcher->options.batch_tokens)
        return cpl_error_set(error, CPL_ERROR_INPUT, "corpus",
                             "its %" PRIu64 " tokens are fewer than one batch of %" PRId64
                             " (--batch-tokens)",
                             n_tokens, batcher->options.batch_tokens);
    return CPL_OK;
}

static cpl_status set_up(struct cpl_batcher *batcher, struct cpl_error *error)
{
    if (batcher->shard->tokenizer_hash != cpl_tokenizer_hash(batcher->tokenizer))
        return cpl_error_set(error, CPL_ERROR_INPUT, "corpus",
                             "its tokens are of another tokenizer");
    CPL_TRY(check_options(batcher, error));
    CPL_TRY(make_scope(batcher, error));
    CPL_TRY(cpl_sequence_table_build(&batcher->table, batcher->shard,
                                     (uint64_t)batcher->options.length - 2, error));
    return check_size(batcher, error);
}

cpl_status cpl_batcher_new(struct cpl_batcher **out, const struct cpl_shard *shard,
                           const struct cpl_tokenizer *tokenizer,
                           const struct cpl_batcher_options *options, struct cpl_error *error)
{
    struct cpl_batcher *batcher = NULL;
    CPL_TRY(cpl_memory_new(&batcher, 1, sizeof *batcher, error));
    batcher->shard = shard;
    batcher->tokenizer = tokenizer;
    batcher->options = *options;
    batcher->objective = objectives[options->objective];
    cpl_status status = set_up(batcher, error);
    if (status == CPL_OK)
        *out = batcher;
    else
        cpl_batcher_free(batcher);
    return status;
}

void cpl_batcher_free(struct cpl_batcher *batcher)
{
    if (!batcher)
        return;
    cpl_sequence_table_clear(&batcher->table);
    free(batcher->is_special);
    free(batcher->ordinary);
    free(batcher->scope.units);
    free(batcher->scope.order);
    free(batcher->scope.chosen);
    free(batcher);
}

uint64_t cpl_batcher_sequences(const struct cpl_batcher *batcher) { return batcher->table.n; }

struct cpl_batcher_position cpl_batcher_position(const struct cpl_batcher *batcher)
{
    return batcher->position;
}

void cpl_batcher_seek(struct cpl_batcher *batcher, struct cpl_batcher_position position)
{
    batcher->position = position;
}

/* ---- one sequence ---------------------------------------------------------------------------- */

static cpl_status reserve(struct cpl_batch *batch, size_t tokens, struct cpl_error *error)
{
    size_t n = (size_t)batch->n_tokens + tokens, sequences = (size_t)batch->n_sequences + 2;
    size_t capacity[9];
    for (size_t i = 0; i < 9; i++)
        capacity[i] = i < 5   ? batch->token_capacity
                      : i < 7 ? batch->predicted_capacity
                              : batch->sequence_capacity;
    CPL_TRY(cpl_memory_grow(&batch->ids, &capacity[0], n, sizeof *batch->ids, error));
    CPL_TRY(
        cpl_memory_grow(&batch->positions, &capacity[1], n, sizeof *batch->positions, error));
    CPL_TRY(cpl_memory_grow(&batch->types, &capacity[2], n, sizeof *batch->types, error));
    CPL_TRY(cpl_memory_grow(&batch->original, &capacity[3], n, sizeof *batch->original, error));
    CPL_TRY(cpl_memory_grow(&batch->continues, &capacity[4], n, 1, error));
    CPL_TRY(cpl_memory_grow(&batch->rows, &capacity[5], n, sizeof *batch->rows, error));
    CPL_TRY(cpl_memory_grow(&batch->labels, &capacity[6], n, sizeof *batch->labels, error));
    CPL_TRY(cpl_memory_grow(&batch->offsets, &capacity[7], sequences, sizeof *batch->offsets,
                            error));
    CPL_TRY(cpl_memory_grow(&batch->samples, &capacity[8], sequences, sizeof *batch->samples,
                            error));
    batch->token_capacity = capacity[0];
    batch->predicted_capacity = capacity[5];
    batch->sequence_capacity = capacity[7];
    return CPL_OK;
}

static void add_token(struct cpl_batch *batch, int32_t id, bool continues)
{
    int64_t i = batch->n_tokens++;
    batch->ids[i] = batch->original[i] = id;
    batch->positions[i] = (int32_t)(i - batch->offsets[batch->n_sequences]);
    batch->types[i] = 0;
    batch->continues[i] = continues;
}

static bool is_closed(const struct cpl_batcher *batcher, uint64_t sample)
{
    return batcher->objective->closes(cpl_sequence_closes(&batcher->table, sample));
}

static int64_t sequence_tokens(const struct cpl_batcher *batcher, uint64_t sample)
{
    uint64_t begin = cpl_sequence_begin(&batcher->table, sample);
    uint64_t end = cpl_sequence_begin(&batcher->table, sample + 1);
    return (int64_t)(end - begin) + 1 + is_closed(batcher, sample);
}

static cpl_status add_sequence(struct cpl_batcher *batcher, struct cpl_batch *batch,
                               uint64_t sample, struct cpl_rng_key key, struct cpl_error *error)
{
    uint64_t begin = cpl_sequence_begin(&batcher->table, sample);
    uint64_t end = cpl_sequence_begin(&batcher->table, sample + 1);
    const struct cpl_special_ids *special = &batcher->scope.special;
    int64_t first = batch->n_tokens;
    CPL_TRY(reserve(batch, (size_t)sequence_tokens(batcher, sample), error));
    batch->offsets[batch->n_sequences] = (int32_t)first;
    add_token(batch, batcher->objective->first(special), false);
    for (uint64_t i = begin; i < end; i++)
        add_token(batch, cpl_shard_id(batcher->shard, i),
                  i > begin && (cpl_shard_flags(batcher->shard, i) & CPL_TOKEN_CONTINUES));
    if (is_closed(batcher, sample))
        add_token(batch, batcher->objective->last(special), false);
    batch->samples[batch->n_sequences++] = sample;
    batch->offsets[batch->n_sequences] = (int32_t)batch->n_tokens;
    batcher->objective->predict(&batcher->scope, batch, first, batch->n_tokens, key, sample);
    return CPL_OK;
}

/* ---- one batch ------------------------------------------------------------------------------- */

/* Characters of the shard that its first `n` sequences stand for, in proportion to their tokens: exact
 * once all are counted. */
static int64_t characters_before(const struct cpl_batcher *batcher, uint64_t n)
{
    const struct cpl_shard *shard = batcher->shard;
    if (n == batcher->table.n)
        return (int64_t)shard->n_characters;
    double share = (double)cpl_sequence_begin(&batcher->table, n) / (double)shard->n_tokens;
    return (int64_t)(share * (double)shard->n_characters);
}

static int64_t count_characters(const struct cpl_batcher *batcher,
                                const struct cpl_batch *batch, uint64_t first)
{
    if (batcher->options.objective == CPL_OBJECTIVE_clm)
        return characters_before(batcher, batcher->position.next) -
               characters_before(batcher, first);
    int64_t n = 0;
    for (int64_t p = 0; p < batch->n_predicted; p++)
        n += (int64_t)cpl_tokenizer_solid_characters(batcher->tokenizer, batch->labels[p]);
    return n;
}

/* The next sequence in order; false when an evaluation is over. */
static bool next_sample(struct cpl_batcher *batcher, uint64_t *sample, struct cpl_rng_key *key)
{
    const struct cpl_batcher_options *options = &batcher->options;
    struct cpl_batcher_position *position = &batcher->position;
    if (options->evaluation) {
        *sample = position->next;
        *key = (struct cpl_rng_key){options->seed, CPL_RNG_EVALUATION, 0};
        return position->next < batcher->table.n;
    }
    if (position->next >= batcher->table.n)
        *position = (struct cpl_batcher_position){position->epoch + 1, 0};
    uint32_t epoch = (uint32_t)position->epoch;
    *sample = cpl_rng_permute((struct cpl_rng_key){options->seed, CPL_RNG_ORDER, epoch},
                              position->next, batcher->table.n);
    *key = (struct cpl_rng_key){options->seed, CPL_RNG_MASK, epoch};
    return true;
}

cpl_status cpl_batcher_next(struct cpl_batcher *batcher, struct cpl_batch *batch,
                            struct cpl_error *error)
{
    uint64_t sample, first = batcher->position.next;
    struct cpl_rng_key key;
    batch->n_tokens = batch->n_sequences = batch->n_predicted = batch->n_characters = 0;
    while (next_sample(batcher, &sample, &key)) {
        int64_t tokens = sequence_tokens(batcher, sample);
        if (batch->n_sequences > 0 && batch->n_tokens + tokens > batcher->options.batch_tokens)
            break;
        CPL_TRY(add_sequence(batcher, batch, sample, key, error));
        batcher->position.next++;
    }
    if (batcher->options.evaluation)
        batch->n_characters = count_characters(batcher, batch, first);
    return CPL_OK;
}
