/* Held-out text: one pass over a shard, and guessing by frequency on the same targets. */
#include "base/memory.h"
#include "base/try.h"
#include "batch/objective.h"
#include "kernel/device.h"
#include "train/training.h"

#include <math.h>
#include <stdlib.h>

#define UNKNOWN_BITS                                                                           \
    20.0 /* an unknown character: about one of all that Unicode has assigned                   \
          */

/* ---- guessing by frequency -------------------------------------------------------------- */

cpl_status cpl_unigram_init(struct cpl_unigram *unigram, const struct cpl_shard *shard,
                            const struct cpl_tokenizer *tokenizer,
                            enum cpl_objective_id objective, struct cpl_error *error)
{
    int32_t vocab = cpl_tokenizer_size(tokenizer);
    double *counts = NULL, total = 0;
    *unigram = (struct cpl_unigram){.vocab = vocab};
    CPL_TRY(cpl_memory_new(&counts, (size_t)vocab, sizeof *counts, error));
    for (uint64_t i = 0; i < shard->n_tokens; i++)
        counts[cpl_shard_id(shard, i)]++;
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    int32_t end = cpl_objective_clm.last(&special);
    if (objective == CPL_OBJECTIVE_clm && end >= 0) /* a target once a document */
        counts[end] += (double)shard->n_documents;
    for (int32_t id = 0; id < vocab; id++) {
        total += counts[id] + 1;
        if (counts[id] > counts[unigram->most_frequent])
            unigram->most_frequent = id;
    }
    for (int32_t id = 0; id < vocab; id++)
        counts[id] = log(total) - log(counts[id] + 1);
    unigram->nats = counts;
    return CPL_OK;
}

void cpl_unigram_clear(struct cpl_unigram *unigram)
{
    free(unigram->nats);
    *unigram = (struct cpl_unigram){0};
}

/* ---- one pass --------------------------------------------------------------------------- */

struct pass {
    struct cpl_model *model;
    struct cpl_tape *tape;
    const struct cpl_unigram *unigram; /* or NULL */
    int32_t unknown;                   /* id of the unknown token, -1: none */
    double nats, bits, guess_nats;
    int64_t guessed;
    struct cpl_evaluation *out;
};

static cpl_status run_batch(struct pass *pass, const struct cpl_batch *batch,
                            struct cpl_loss *loss, struct cpl_error *error)
{
    struct cpl_input input = {.tokens = batch->n_tokens,
                              .sequences = batch->n_sequences,
                              .ids = batch->ids,
                              .positions = batch->positions,
                              .types = batch->types,
                              .offsets = batch->offsets};
    cpl_tape_reset(pass->tape);
    pass->tape->recording = pass->tape->training = false;
    struct cpl_value *hidden = cpl_model_hidden(pass->model, pass->tape, &input, NULL);
    struct cpl_value *head =
        cpl_model_head(pass->model, pass->tape, hidden, batch->rows, batch->n_predicted);
    cpl_model_loss(pass->model, pass->tape, loss, head, batch->labels, batch->n_predicted, 1.0);
    return cpl_tape_check(pass->tape, error);
}

static void add_targets(struct pass *pass, const struct cpl_batch *batch,
                        const struct cpl_loss *loss)
{
    for (int64_t p = 0; p < batch->n_predicted; p++) {
        int32_t label = batch->labels[p];
        bool unknown = label == pass->unknown;
        pass->bits += unknown ? UNKNOWN_BITS : loss->each[p] / log(2);
        pass->out->unknown += unknown;
        if (!pass->unigram || !pass->unigram->nats)
            continue;
        pass->guess_nats += pass->unigram->nats[label];
        pass->guessed += label == pass->unigram->most_frequent;
    }
}

static void add_batch(struct pass *pass, const struct cpl_batch *batch,
                      const struct cpl_loss *loss)
{
    pass->out->tokens += batch->n_tokens;
    pass->out->predicted += batch->n_predicted;
    pass->out->correct += loss->correct;
    pass->out->characters += batch->n_characters;
    pass->nats += loss->sum;
    add_targets(pass, batch, loss);
}

static cpl_status finish(struct pass *pass, bool causal, struct cpl_error *error)
{
    struct cpl_evaluation *out = pass->out;
    if (out->predicted == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, "evaluation", "no text to measure on");
    double n = (double)out->predicted;
    out->loss = pass->nats / n;
    out->accuracy = (double)out->correct / n;
    out->perplexity = exp(out->loss);
    if (causal && out->characters > 0)
        out->bits_per_character = pass->bits / (double)out->characters;
    if (pass->unigram && pass->unigram->nats) {
        out->unigram_loss = pass->guess_nats / n;
        out->most_frequent_accuracy = (double)pass->guessed / n;
    }
    return CPL_OK;
}

cpl_status cpl_evaluate_shard(struct cpl_model *model, struct cpl_tape *tape,
                              const struct cpl_tokenizer *tokenizer,
                              const struct cpl_shard *shard,
                              const struct cpl_batcher_options *task,
                              const struct cpl_unigram *unigram,
                              bool (*go_on)(void *context, double share), void *context,
                              struct cpl_evaluation *out, struct cpl_error *error)
{
    cpl_status status;
    struct cpl_batcher *batcher = NULL;
    struct cpl_batch batch = {0};
    struct cpl_batcher_options options = *task;
    struct pass pass = {.model = model,
                        .tape = tape,
                        .unigram = unigram,
                        .unknown = cpl_tokenizer_special(tokenizer).unknown,
                        .out = out};
    *out = (struct cpl_evaluation){0};
    options.evaluation = true;
    CPL_TRY_GOTO(cpl_batcher_new(&batcher, shard, tokenizer, &options, error));
    double sequences = (double)cpl_batcher_sequences(batcher);
    for (;;) {
        struct cpl_loss loss = {0};
        CPL_TRY_GOTO(cpl_batcher_next(batcher, &batch, error));
        if (batch.n_sequences == 0)
            break;
        if (batch.n_predicted > 0)
            CPL_TRY_GOTO(run_batch(&pass, &batch, &loss, error));
        add_batch(&pass, &batch, &loss);
        if (go_on && !go_on(context, (double)cpl_batcher_position(batcher).next / sequences)) {
            status = cpl_error_set(error, CPL_STOPPED, NULL, "stopped on request");
            goto done;
        }
    }
    CPL_TRY_GOTO(finish(&pass, options.objective == CPL_OBJECTIVE_clm, error));
done:
    cpl_tape_reset(tape);
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
    return status;
}
