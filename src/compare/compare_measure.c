/* Measuring both sides of a comparison on held-out text. */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/try.h"
#include "compare/held_out.h"
#include "compare/job.h"

#include <assert.h>
#include <couplet/generate.h>
#include <couplet/measure.h>
#include <math.h>
#include <stdlib.h>

#define HELD_OUT_SAMPLES 3 /* with four texts to fill they fit CPL_SIDE_SAMPLES */
#define LEAST_WINDOW 14    /* tokens: a word of four and something around it */

static int32_t at_most(int32_t value, int32_t limit) { return value < limit ? value : limit; }

/* What both models can take, special tokens included. */
static int32_t positions(const struct cpl_compare_job *job)
{
    const struct cpl_side *side = job->comparison.side;
    return at_most(cpl_model_max_positions(side[0].model),
                   cpl_model_max_positions(side[1].model));
}

static bool say_share(void *context, double share)
{
    return cpl_compare_say(context, share, NULL);
}

static cpl_status measure_own_objective(struct cpl_compare_job *job, struct cpl_side *side,
                                        struct cpl_error *error)
{
    struct cpl_evaluate_options options = {.split = CPL_SPLIT_TEST,
                                           .seed = job->comparison.seed,
                                           .progress = say_share,
                                           .context = job};
    struct cpl_evaluation found;
    job->doing = side->masked ? "encoder on held-out text" : "decoder on held-out text";
    CPL_TRY(cpl_evaluate(side->model, job->tokenizer, job->comparison.corpus, &options, &found,
                         error));
    side->loss = found.loss;
    side->accuracy = found.accuracy;
    side->unigram_loss = found.unigram_loss;
    side->most_frequent_accuracy = found.most_frequent_accuracy;
    return CPL_OK;
}

static cpl_status sample_add(struct cpl_side *side, const char *given, const char *made,
                             const char *truth, struct cpl_error *error)
{
    assert(side->n_samples < CPL_SIDE_SAMPLES);
    struct cpl_side_sample *sample = &side->sample[side->n_samples];
    CPL_TRY(cpl_text_copy(&sample->given, given, error));
    side->n_samples++;
    if (truth)
        CPL_TRY(cpl_text_copy(&sample->truth, truth, error));
    return cpl_text_copy(&sample->made, made, error);
}

/* The window's text with its blank as masks, or with `word` in its place. */
static cpl_status window_text(struct cpl_compare_job *job, const struct cpl_window *window,
                              bool hidden, struct cpl_buffer *out, struct cpl_error *error)
{
    static const struct cpl_decode_options reading = {CPL_DECODE_READING, true};
    int32_t after = window->blank + window->blank_tokens;
    int32_t mask = cpl_tokenizer_special(job->tokenizer).mask;
    const int32_t begin[3] = {0, window->blank, after};
    const int32_t end[3] = {window->blank, after, window->count};
    cpl_buffer_reset(out);
    for (int part = 0; part < 3; part++) {
        if (part == 1 && hidden) {
            for (int32_t i = 0; i < window->blank_tokens; i++)
                cpl_buffer_add_text(out, cpl_tokenizer_piece(job->tokenizer, mask));
            continue;
        }
        char *text = NULL;
        CPL_TRY(cpl_tokenizer_decode(job->tokenizer, &text, NULL, window->ids + begin[part],
                                     (size_t)(end[part] - begin[part]), &reading, error));
        cpl_buffer_add_text(out, text);
        free(text);
    }
    return cpl_buffer_check(out, error);
}

/* A sample that does not fit a small model's positions is left out, our own or from the text. */
static cpl_status fill_sample(struct cpl_compare_job *job, struct cpl_side *side,
                              const struct cpl_fill_options *options, const char *text,
                              const char *truth, int *n_blanks, struct cpl_error *error)
{
    struct cpl_fill_result result;
    struct cpl_error own = {0};
    cpl_status status = cpl_fill(side->model, job->tokenizer, options, text, &result, &own);
    if (status == CPL_OK) {
        *n_blanks += result.n_blanks;
        status = sample_add(side, text, result.text, truth, error);
    } else if (status == CPL_ERROR_INPUT && !job->options->fills[0]) {
        status = CPL_OK;
    } else if (error) {
        *error = own;
    }
    cpl_fill_result_clear(&result);
    return status;
}

/* Words hidden in held-out text, what the encoder makes of them, and what they were. */
static cpl_status sample_held_out(struct cpl_compare_job *job, struct cpl_side *side,
                                  struct cpl_error *error)
{
    struct cpl_windows windows = {0};
    struct cpl_buffer given = {0}, truth = {0};
    cpl_status status;
    int32_t room = positions(job) - 2 - CPL_BLANK_TOKENS;
    int n_blanks = 0;
    CPL_TRY_GOTO(cpl_windows_blanks(&windows, &job->test, job->tokenizer, HELD_OUT_SAMPLES,
                                    at_most(24, room * 2 / 3), at_most(12, room / 3),
                                    job->comparison.seed + 1, error));
    for (int32_t i = 0; i < windows.count; i++) {
        struct cpl_fill_options options = {.top = 1};
        CPL_TRY_GOTO(window_text(job, &windows.window[i], true, &given, error));
        CPL_TRY_GOTO(window_text(job, &windows.window[i], false, &truth, error));
        CPL_TRY_GOTO(
            fill_sample(job, side, &options, given.data, truth.data, &n_blanks, error));
    }
done:
    cpl_windows_clear(&windows);
    cpl_buffer_clear(&given);
    cpl_buffer_clear(&truth);
    return status;
}

static cpl_status sample_fills(struct cpl_compare_job *job, struct cpl_side *side,
                               struct cpl_error *error)
{
    static const char *const own[4] = {"我[MASK]自然[MASK]处理。",
                                       "床前明月光，疑是地上[MASK]。",
                                       "请[MASK]文件名，然后[MASK]确定。", NULL};
    const char *const *texts = job->options->fills[0] ? job->options->fills : own;
    double seconds = 0;
    int n_blanks = 0;
    for (int i = 0; i < 4 && texts[i]; i++) {
        struct cpl_fill_options options = {
            .top = 5, .words = true, .segmenter = job->segmenter};
        double start = cpl_measure_seconds();
        CPL_TRY(fill_sample(job, side, &options, texts[i], NULL, &n_blanks, error));
        seconds += cpl_measure_seconds() - start;
    }
    side->fill_seconds = n_blanks > 0 ? seconds / n_blanks : NAN;
    return sample_held_out(job, side, error);
}

static cpl_status sample_texts(struct cpl_compare_job *job, struct cpl_side *side,
                               struct cpl_error *error)
{
    static const char *const own[4] = {"床前明月光，", "春", "要打开文件，请选择", NULL};
    const char *const *prompts = job->options->prompts[0] ? job->options->prompts : own;
    double seconds = 0, tokens = 0;
    for (int i = 0; i < 4 && prompts[i]; i++) {
        struct cpl_generate_options options = {.max_tokens = 80,
                                               .temperature = 0.8,
                                               .top_k = 40,
                                               .top_p = 0.95,
                                               .repetition_penalty = 1.1,
                                               .seed = job->comparison.seed,
                                               .sample = (uint32_t)i};
        struct cpl_generate_counts counts;
        char *text = NULL;
        CPL_TRY(cpl_generate(side->model, job->tokenizer, &options, prompts[i], &text, &counts,
                             error));
        cpl_status status = sample_add(side, prompts[i], text, NULL, error);
        free(text);
        CPL_TRY(status);
        seconds += counts.new_seconds;
        tokens += (double)counts.new_tokens;
    }
    side->generated_tokens_per_s = seconds > 0 ? tokens / seconds : NAN;
    return CPL_OK;
}

static cpl_status measure_side(struct cpl_compare_job *job, struct cpl_side *side,
                               const struct cpl_windows *blanks,
                               const struct cpl_windows *texts, struct cpl_error *error)
{
    CPL_TRY(measure_own_objective(job, side, error));
    job->doing = side->masked ? "encoder fills blanks" : "decoder fills blanks";
    CPL_TRY(cpl_measure_recovery(side, job->tokenizer, blanks, say_share, job, error));
    job->doing = side->masked ? "encoder's pseudo-likelihood" : "decoder's likelihood";
    CPL_TRY(cpl_measure_bits(side, job->tokenizer, texts, say_share, job, error));
    return side->masked ? sample_fills(job, side, error) : sample_texts(job, side, error);
}

cpl_status cpl_compare_measure(struct cpl_compare_job *job, struct cpl_error *error)
{
    struct cpl_windows blanks = {0}, texts = {0};
    int32_t wanted = job->options->blanks > 0 ? job->options->blanks : job->preset->blanks;
    int32_t room = positions(job) - 2; /* beside [CLS] and [SEP] */
    uint64_t seed = job->comparison.seed;
    cpl_status status;
    if (room < LEAST_WINDOW)
        return cpl_error_set(error, CPL_ERROR_USAGE, "compare",
                             "models of at least %d positions are needed, not %d",
                             LEAST_WINDOW + 2, (int)room + 2);
    CPL_TRY_GOTO(cpl_windows_blanks(&blanks, &job->test, job->tokenizer, wanted,
                                    at_most(48, (room - CPL_BLANK_TOKENS) * 3 / 4),
                                    at_most(16, (room - CPL_BLANK_TOKENS) / 4), seed, error));
    CPL_TRY_GOTO(cpl_windows_text(&texts, &job->test, job->tokenizer, job->preset->bit_windows,
                                  at_most(job->preset->bit_length, room), seed, error));
    for (int i = 0; i < 2; i++)
        CPL_TRY_GOTO(measure_side(job, &job->comparison.side[i], &blanks, &texts, error));
done:
    cpl_windows_clear(&blanks);
    cpl_windows_clear(&texts);
    return status;
}
