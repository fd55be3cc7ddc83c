/* The comparison as JSON: compare.json, with every figure and both curves. */
#include "compare/comparison.h"

#include "base/memory.h"
#include "base/try.h"

#include <couplet/json.h>
#include <math.h>

/* A whole number that the records hold as any other; null when they lack it. */
static void add_count(struct cpl_json *json, const char *key, double value)
{
    if (isfinite(value) && fabs(value) < 9e15)
        cpl_json_add_int(json, key, (int64_t)value);
    else
        cpl_json_add_real(json, key, value);
}

static void add_curve(struct cpl_json *json, const char *key, const struct cpl_curve *curve)
{
    cpl_json_begin_array(json, key);
    for (size_t i = 0; i < curve->count; i++) {
        const struct cpl_curve_point *point = &curve->point[i];
        cpl_json_begin_object(json, NULL);
        add_count(json, "step", point->step);
        add_count(json, "tokens", point->tokens);
        cpl_json_add_real(json, "time_s", point->seconds);
        cpl_json_add_real(json, "flops", point->flops);
        cpl_json_add_real(json, "loss", point->loss);
        cpl_json_end(json);
    }
    cpl_json_end(json);
}

static void add_samples(struct cpl_json *json, const struct cpl_side *side)
{
    cpl_json_begin_array(json, "samples");
    for (int i = 0; i < side->n_samples; i++) {
        cpl_json_begin_object(json, NULL);
        cpl_json_add_text(json, "given", side->sample[i].given);
        cpl_json_add_text(json, "made", side->sample[i].made);
        if (side->sample[i].truth)
            cpl_json_add_text(json, "truth", side->sample[i].truth);
        cpl_json_end(json);
    }
    cpl_json_end(json);
}

static void add_side(struct cpl_json *json, const char *key, const struct cpl_side *side)
{
    cpl_json_begin_object(json, key);
    cpl_json_add_text(json, "run", side->run);
    cpl_json_add_text(json, "family", cpl_model_family(side->model));
    cpl_json_add_text(json, "kind", side->masked ? "encoder" : "decoder");
    cpl_json_add_text(json, "objective", side->masked ? "mlm" : "clm");
    cpl_json_add_int(json, "parameters", cpl_model_parameter_count(side->model));
    cpl_json_add_int(json, "layers", side->model->config.layers);
    cpl_json_add_int(json, "width", side->model->config.width);
    add_count(json, "steps", side->steps);
    add_count(json, "tokens", side->tokens);
    cpl_json_add_real(json, "flops", side->flops);
    cpl_json_add_real(json, "time_s", side->seconds);
    cpl_json_add_real(json, "tokens_per_s", side->tokens_per_s);
    add_count(json, "peak_memory_bytes", side->peak_memory_bytes);
    cpl_json_add_real(json, "loss", side->loss);
    cpl_json_add_real(json, "accuracy", side->accuracy);
    cpl_json_add_real(json, "unigram_loss", side->unigram_loss);
    cpl_json_add_real(json, "most_frequent_accuracy", side->most_frequent_accuracy);
    cpl_json_add_int(json, "blanks", side->blanks);
    cpl_json_add_int(json, "blanks_recovered", side->recovered);
    cpl_json_add_int(json, "blank_tokens", side->characters);
    cpl_json_add_int(json, "blank_tokens_recovered", side->characters_recovered);
    cpl_json_add_text(json, "bits_kind", side->masked ? "pseudo-likelihood" : "likelihood");
    cpl_json_add_real(json, "bits_per_character",
                      side->bits_characters > 0 ? side->bits / side->bits_characters : NAN);
    add_count(json, "bits_characters", side->bits_characters);
    cpl_json_add_real(json, "unknown_bits", side->unknown_bits);
    cpl_json_add_real(json, "recovery_seconds", side->recovery_seconds);
    if (side->masked)
        cpl_json_add_real(json, "fill_seconds", side->fill_seconds);
    else
        cpl_json_add_real(json, "generated_tokens_per_s", side->generated_tokens_per_s);
    add_curve(json, "training", &side->training);
    add_curve(json, "evaluation", &side->evaluation);
    add_samples(json, side);
    cpl_json_end(json);
}

cpl_status cpl_comparison_json(const struct cpl_comparison *comparison, char **json,
                               struct cpl_error *error)
{
    struct cpl_json *writer = NULL;
    const char *text = NULL;
    CPL_TRY(cpl_json_new(&writer, 2, error));
    cpl_json_begin_object(writer, NULL);
    cpl_json_add_int(writer, "format_version", 1);
    cpl_json_add_text(writer, "corpus", comparison->corpus);
    cpl_json_add_text(writer, "tokenizer", comparison->tokenizer_path);
    cpl_json_add_int(writer, "vocab_size", comparison->vocab_size);
    cpl_json_add_int(writer, "train_characters", comparison->train_characters);
    cpl_json_add_int(writer, "test_characters", comparison->test_characters);
    cpl_json_add_text(writer, "machine", comparison->machine);
    cpl_json_add_int(writer, "threads", comparison->threads);
    cpl_json_add_text(writer, "dtype", comparison->dtype);
    cpl_json_add_int(writer, "seed", (int64_t)comparison->seed);
    cpl_json_add_real(writer, "parameters_ratio", cpl_comparison_parameters_ratio(comparison));
    cpl_json_add_real(writer, "flops_ratio", cpl_comparison_flops_ratio(comparison));
    char note[CPL_COMPARISON_NOTE];
    cpl_comparison_note(comparison, note, sizeof note);
    cpl_json_add_text(writer, "note", note[0] ? note : NULL);
    add_side(writer, "encoder", &comparison->side[CPL_ENCODER]);
    add_side(writer, "decoder", &comparison->side[CPL_DECODER]);
    cpl_json_end(writer);
    cpl_status status = cpl_json_finish(writer, &text, NULL, error);
    if (status == CPL_OK)
        status = cpl_text_copy(json, text, error);
    cpl_json_free(writer);
    return status;
}
