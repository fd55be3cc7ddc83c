/* Batches as text and as JSON: see <couplet/batch.h>. */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/try.h"
#include "batch/batch.h"
#include <couplet/batch.h>
#include <couplet/corpus.h>
#include <couplet/json.h>
#include <inttypes.h>
#include <stdlib.h>

enum { NOT_PREDICTED = -100 };

struct showing {
    const struct cpl_batch_show *options;
    cpl_line_visitor *visit;
    void *context;
    bool stopped;
    struct cpl_tokenizer *tokenizer;
    enum cpl_objective_id objective;
    struct cpl_json *json;
    struct cpl_buffer text;
    int32_t *labels; /* of one sequence, by token */
    size_t label_capacity;
};

/* Labels by token of sequence [begin, end): clm's target stands at its own place. */
static cpl_status spread_labels(struct showing *showing, const struct cpl_batch *batch,
                                int64_t begin, int64_t end, struct cpl_error *error)
{
    int64_t shift = showing->objective == CPL_OBJECTIVE_clm;
    CPL_TRY(cpl_memory_grow(&showing->labels, &showing->label_capacity, (size_t)(end - begin),
                            sizeof *showing->labels, error));
    for (int64_t i = 0; i < end - begin; i++)
        showing->labels[i] = NOT_PREDICTED;
    for (int64_t p = 0; p < batch->n_predicted; p++)
        if (batch->rows[p] >= begin && batch->rows[p] < end)
            showing->labels[batch->rows[p] + shift - begin] = batch->labels[p];
    return CPL_OK;
}

/* End of the word that begins at token i; i + 1 for a special token. */
static int64_t word_end(const struct cpl_batch *batch, int64_t i, int64_t end)
{
    do
        i++;
    while (i < end && batch->continues[i]);
    return i;
}

static bool is_content(const struct showing *showing, int32_t id)
{
    return !cpl_tokenizer_is_special(showing->tokenizer, id) ||
           id == cpl_tokenizer_special(showing->tokenizer).unknown;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void add_words(const struct showing *showing, const struct cpl_batch *batch,
                      int64_t begin, int64_t end)
{
    cpl_json_begin_array(showing->json, "words");
    for (int64_t i = begin, next; i < end; i = next) {
        next = word_end(batch, i, end);
        if (!is_content(showing, batch->original[i]))
            continue;
        cpl_json_begin_array(showing->json, NULL);
        cpl_json_add_int(showing->json, NULL, i - begin);
        cpl_json_add_int(showing->json, NULL, next - begin);
        cpl_json_end(showing->json);
    }
    cpl_json_end(showing->json);
}

static cpl_status show_json(struct showing *showing, const struct cpl_batch *batch,
                            int64_t number, int64_t begin, int64_t end, struct cpl_error *error)
{
    struct cpl_json *json = showing->json;
    const char *line;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_int(json, "step", number);
    cpl_json_begin_array(json, "tokens");
    for (int64_t i = begin; i < end; i++)
        cpl_json_add_text(json, NULL, cpl_tokenizer_piece(showing->tokenizer, batch->ids[i]));
    cpl_json_end(json);
    cpl_json_begin_array(json, "input_ids");
    for (int64_t i = begin; i < end; i++)
        cpl_json_add_int(json, NULL, batch->ids[i]);
    cpl_json_end(json);
    cpl_json_begin_array(json, "labels");
    for (int64_t i = begin; i < end; i++)
        cpl_json_add_int(json, NULL, showing->labels[i - begin]);
    cpl_json_end(json);
    add_words(showing, batch, begin, end);
    cpl_json_end(json);
    CPL_TRY(cpl_json_finish(json, &line, NULL, error));
    showing->stopped = !showing->visit(showing->context, line);
    return CPL_OK;
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Appends what the ids say; line breaks as ⏎, so that it stays one line. */
static cpl_status add_reading(struct showing *showing, const int32_t *ids, int64_t n,
                              struct cpl_error *error)
{
    static const struct cpl_decode_options reading = {CPL_DECODE_READING, false};
    char *text = NULL;
    CPL_TRY(
        cpl_tokenizer_decode(showing->tokenizer, &text, NULL, ids, (size_t)n, &reading, error));
    for (const char *at = text; *at; at++)
        if (*at == '\n')
            cpl_buffer_add_text(&showing->text, "⏎");
        else
            cpl_buffer_add_byte(&showing->text, *at);
    free(text);
    return CPL_OK;
}

static cpl_status give_line(struct showing *showing, struct cpl_error *error)
{
    CPL_TRY(cpl_buffer_check(&showing->text, error));
    if (!showing->stopped)
        showing->stopped = !showing->visit(showing->context, showing->text.data);
    cpl_buffer_reset(&showing->text);
    return CPL_OK;
}

static cpl_status show_reading(struct showing *showing, const char *name, const int32_t *ids,
                               int64_t n, struct cpl_error *error)
{
    cpl_buffer_add_text(&showing->text, name);
    CPL_TRY(add_reading(showing, ids, n, error));
    return give_line(showing, error);
}

/* Hidden words one after the other; of clm only how many. */
static cpl_status show_targets(struct showing *showing, const struct cpl_batch *batch,
                               int64_t begin, int64_t end, struct cpl_error *error)
{
    cpl_buffer_add_text(&showing->text, "  predict   ");
    if (showing->objective == CPL_OBJECTIVE_clm) {
        cpl_buffer_format(&showing->text, "each of the %" PRId64 " tokens behind the first",
                          end - begin - 1);
        return give_line(showing, error);
    }
    const char *between = "";
    for (int64_t i = begin, next; i < end; i = next) {
        next = i + 1;
        if (showing->labels[i - begin] == NOT_PREDICTED)
            continue;
        while (next < end && batch->continues[next] &&
               showing->labels[next - begin] != NOT_PREDICTED)
            next++;
        cpl_buffer_add_text(&showing->text, between);
        CPL_TRY(add_reading(showing, showing->labels + (i - begin), next - i, error));
        between = " / ";
    }
    return give_line(showing, error);
}

static cpl_status show_text(struct showing *showing, const struct cpl_batch *batch,
                            int64_t begin, int64_t end, struct cpl_error *error)
{
    CPL_TRY(show_reading(showing, "  original  ", batch->original + begin, end - begin, error));
    if (showing->objective != CPL_OBJECTIVE_clm)
        CPL_TRY(show_reading(showing, "  input     ", batch->ids + begin, end - begin, error));
    CPL_TRY(show_targets(showing, batch, begin, end, error));
    cpl_buffer_add_text(&showing->text, "");
    return give_line(showing, error);
}

/* ---- batches --------------------------------------------------------------------------------- */

static cpl_status show_batch(struct showing *showing, const struct cpl_batch *batch,
                             int64_t number, struct cpl_error *error)
{
    if (!showing->options->json) {
        cpl_buffer_format(&showing->text,
                          "batch %" PRId64 ": %" PRId64 " sequences, %" PRId64
                          " tokens, %" PRId64 " to predict",
                          number, batch->n_sequences, batch->n_tokens, batch->n_predicted);
        CPL_TRY(give_line(showing, error));
    }
    for (int64_t b = 0; b < batch->n_sequences && !showing->stopped; b++) {
        int64_t begin = batch->offsets[b], end = batch->offsets[b + 1];
        CPL_TRY(spread_labels(showing, batch, begin, end, error));
        CPL_TRY(showing->options->json ? show_json(showing, batch, number, begin, end, error)
                                       : show_text(showing, batch, begin, end, error));
    }
    return CPL_OK;
}

static cpl_status batcher_options(struct cpl_batcher_options *out,
                                  const struct showing *showing, struct cpl_error *error)
{
    const struct cpl_batch_show *options = showing->options;
    enum cpl_mask_unit unit = cpl_mask_unit_find(options->mask ? options->mask : "word");
    if (showing->objective == CPL_OBJECTIVE_COUNT)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--objective", "\"%s\" is not known",
                             options->objective);
    if (unit == CPL_MASK_UNIT_COUNT)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--mask",
                             "\"%s\" is none of word, token, span", options->mask);
    if (options->length < 0 || options->length > INT32_MAX)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--length", "%" PRId64 " cannot be",
                             options->length);
    *out = (struct cpl_batcher_options){
        .objective = showing->objective,
        .length = (int32_t)options->length,
        .batch_tokens = options->batch_tokens ? options->batch_tokens : 4096,
        .mask_share = options->mask_share,
        .mask_unit = unit,
        .seed = options->seed};
    return CPL_OK;
}

static cpl_status show_shard(struct showing *showing, const struct cpl_shard *shard,
                             struct cpl_error *error)
{
    struct cpl_batcher_options options;
    struct cpl_batcher *batcher = NULL;
    struct cpl_batch batch = {0};
    int64_t n = showing->options->n_batches ? showing->options->n_batches : 1;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(batcher_options(&options, showing, error));
    CPL_TRY_GOTO(cpl_batcher_new(&batcher, shard, showing->tokenizer, &options, error));
    for (int64_t i = 0; i < n && !showing->stopped; i++) {
        CPL_TRY_GOTO(cpl_batcher_next(batcher, &batch, error));
        CPL_TRY_GOTO(show_batch(showing, &batch, i + 1, error));
    }
done:
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
    return status;
}

/* Opens the training shard, which is made first if need be. */
static cpl_status open_shard(struct cpl_shard *shard, const struct showing *showing,
                             struct cpl_error *error)
{
    struct cpl_corpus *corpus = NULL;
    struct cpl_segmenter *segmenter = NULL;
    char *directory = NULL, *path = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_corpus_open(&corpus, showing->options->corpus, error));
    CPL_TRY_GOTO(cpl_segmenter_new(&segmenter, NULL, showing->options->dictionary, error));
    CPL_TRY_GOTO(cpl_corpus_encode(corpus, showing->tokenizer, segmenter, &directory, NULL,
                                   NULL, error));
    CPL_TRY_GOTO(cpl_text_format(&path, error, "%s/train.shard", directory));
    status = cpl_shard_open(shard, path, error);
done:
    free(path);
    free(directory);
    cpl_segmenter_free(segmenter);
    cpl_corpus_close(corpus);
    return status;
}

cpl_status cpl_batches_show(const struct cpl_batch_show *options, cpl_line_visitor *visit,
                            void *context, struct cpl_error *error)
{
    struct showing showing = {.options = options, .visit = visit, .context = context};
    struct cpl_shard shard = {0};
    cpl_status status = CPL_OK;
    showing.objective = cpl_objective_find(options->objective ? options->objective : "mlm");
    CPL_TRY_GOTO(cpl_tokenizer_load(&showing.tokenizer, options->tokenizer, error));
    CPL_TRY_GOTO(cpl_json_new(&showing.json, 0, error));
    CPL_TRY_GOTO(open_shard(&shard, &showing, error));
    status = show_shard(&showing, &shard, error);
done:
    cpl_shard_close(&shard);
    cpl_buffer_clear(&showing.text);
    free(showing.labels);
    cpl_json_free(showing.json);
    cpl_tokenizer_free(showing.tokenizer);
    return status;
}
