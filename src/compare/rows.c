/* The rows of the comparison's table: every figure of the terminal and of the page. */
#include "compare/comparison.h"

#include "base/number.h"

#include <assert.h>
#include <math.h>

struct rows {
    struct cpl_comparison_row *row;
    int count;
    const char *group;
};

static void print(char *out, size_t size, const char *format, ...) CPL_PRINTF(3, 4);
static void print(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cpl_number_format(out, size, format, arguments);
    va_end(arguments);
}

static struct cpl_comparison_row *row_add(struct rows *rows, const char *name, const char *note)
{
    assert(rows->count < CPL_COMPARISON_ROWS);
    struct cpl_comparison_row *row = &rows->row[rows->count++];
    *row = (struct cpl_comparison_row){.group = rows->group, .note = note};
    print(row->name, sizeof row->name, "%s", name);
    return row;
}

static void row_texts(struct rows *rows, const char *name, const char *encoder,
                      const char *decoder, const char *note)
{
    struct cpl_comparison_row *row = row_add(rows, name, note);
    print(row->cell[0], sizeof row->cell[0], "%s", encoder);
    print(row->cell[1], sizeof row->cell[1], "%s", decoder);
}

/* NaN where it does not apply. */
static void cell_number(char *cell, size_t size, double value, const char *format)
{
    if (!isfinite(value))
        print(cell, size, "–");
    else
        print(cell, size, format, value);
}

static void row_numbers(struct rows *rows, const char *name, const char *format, double encoder,
                        double decoder, const char *note)
{
    struct cpl_comparison_row *row = row_add(rows, name, note);
    cell_number(row->cell[0], sizeof row->cell[0], encoder, format);
    cell_number(row->cell[1], sizeof row->cell[1], decoder, format);
}

static double ratio(double a, double b) { return b > 0 ? a / b : NAN; }

/* Figures of the records are 0 when a run has none. */
static double known(double value) { return value > 0 ? value : NAN; }

double cpl_comparison_parameters_ratio(const struct cpl_comparison *comparison)
{
    return ratio((double)cpl_model_parameter_count(comparison->side[CPL_DECODER].model),
                 (double)cpl_model_parameter_count(comparison->side[CPL_ENCODER].model));
}

double cpl_comparison_flops_ratio(const struct cpl_comparison *comparison)
{
    return ratio(known(comparison->side[CPL_DECODER].flops),
                 comparison->side[CPL_ENCODER].flops);
}

/* "12.5 % more parameters"; empty within the tolerance. */
static void print_difference(char *out, size_t size, double decoder_over_encoder,
                             const char *what)
{
    double difference = decoder_over_encoder - 1;
    out[0] = '\0';
    if (!isfinite(difference))
        print(out, size, "an unknown share of the %s", what);
    else if (fabs(difference) > CPL_COMPARISON_TOLERANCE)
        print(out, size, "%.1f %% %s %s", 100 * fabs(difference),
              difference > 0 ? "more" : "less", what);
}

void cpl_comparison_note(const struct cpl_comparison *comparison, char *out, size_t size)
{
    char parameters[80], arithmetic[80];
    print_difference(parameters, sizeof parameters, cpl_comparison_parameters_ratio(comparison),
                     "parameters");
    print_difference(arithmetic, sizeof arithmetic, cpl_comparison_flops_ratio(comparison),
                     "training arithmetic");
    out[0] = '\0';
    if (parameters[0] || arithmetic[0])
        print(out, size,
              "Not of equal size: the decoder has %s%s%s, compared with the encoder; read the "
              "figures with that in mind.",
              parameters, parameters[0] && arithmetic[0] ? " and " : "", arithmetic);
}

static void rows_design(struct rows *rows, const struct cpl_side *e, const struct cpl_side *d)
{
    rows->group = "Design";
    row_texts(rows, "family", cpl_model_family(e->model), cpl_model_family(d->model), NULL);
    row_texts(rows, "kind", "masked (mlm)", "autoregressive (clm)",
              "encoder: sees both sides of a blank; decoder: sees what stands before");
    struct cpl_comparison_row *row = row_add(rows, "layers x width, heads", NULL);
    for (int i = 0; i < 2; i++) {
        const struct cpl_config *config = &(i == 0 ? e : d)->model->config;
        print(row->cell[i], sizeof row->cell[i], "%lld x %lld, %lld", (long long)config->layers,
              (long long)config->width, (long long)config->heads);
    }
    row_numbers(rows, "parameters, millions", "%.3f",
                1e-6 * (double)cpl_model_parameter_count(e->model),
                1e-6 * (double)cpl_model_parameter_count(d->model),
                "tied embeddings counted once");
}

static void rows_training(struct rows *rows, const struct cpl_side *e, const struct cpl_side *d)
{
    rows->group = "Training";
    row_numbers(
        rows, "steps", "%.0f", known(e->steps), known(d->steps),
        "equal arithmetic makes them differ: a decoder predicts every token, an encoder "
        "the hidden ones");
    row_numbers(rows, "tokens read, millions", "%.3f", 1e-6 * known(e->tokens),
                1e-6 * known(d->tokens), NULL);
    row_numbers(rows, "needed arithmetic, TFLOP", "%#.4g", 1e-12 * known(e->flops),
                1e-12 * known(d->flops),
                "6 per weight and token, attention and predicted rows of the vocabulary");
    row_numbers(rows, "time, s", "%.0f", known(e->seconds), known(d->seconds), NULL);
    row_numbers(rows, "tokens/s", "%.0f", known(e->tokens_per_s), known(d->tokens_per_s), NULL);
    row_numbers(rows, "needed GFLOP/s", "%.0f", ratio(1e-9 * e->flops, e->seconds),
                ratio(1e-9 * d->flops, d->seconds), NULL);
    row_numbers(rows, "peak memory, MB", "%.0f", 1e-6 * known(e->peak_memory_bytes),
                1e-6 * known(d->peak_memory_bytes), "of the program while it trained");
}

static void rows_own_objective(struct rows *rows, const struct cpl_side *e,
                               const struct cpl_side *d)
{
    rows->group = "Held-out text, each its own objective";
    row_numbers(rows, "cross-entropy, nats a token", "%.3f", e->loss, d->loss,
                "encoder: hidden tokens; decoder: every next token");
    row_numbers(rows, "… guessing by frequency", "%.3f", e->unigram_loss, d->unigram_loss,
                "unigram distribution of the training text on the same targets");
    row_numbers(rows, "… lower by", "%.1f %%", 100 * (1 - ratio(e->loss, e->unigram_loss)),
                100 * (1 - ratio(d->loss, d->unigram_loss)), NULL);
    row_numbers(rows, "tokens right", "%.1f %%", 100 * e->accuracy, 100 * d->accuracy, NULL);
    row_numbers(rows, "… always the most frequent", "%.1f %%", 100 * e->most_frequent_accuracy,
                100 * d->most_frequent_accuracy, NULL);
    row_numbers(rows, "… times as often", "%.1f", ratio(e->accuracy, e->most_frequent_accuracy),
                ratio(d->accuracy, d->most_frequent_accuracy), NULL);
}

static void rows_same_work(struct rows *rows, const struct cpl_side *e,
                           const struct cpl_side *d)
{
    rows->group = "Held-out text, the same work for both";
    row_numbers(rows, "hidden words", "%.0f", e->blanks, d->blanks, NULL);
    row_numbers(
        rows, "words put back", "%.1f %%", 100 * ratio(e->recovered, e->blanks),
        100 * ratio(d->recovered, d->blanks),
        "encoder: all tokens at once; decoder: its 16 likeliest words, judged with both "
        "sides; the word's length in tokens is given");
    row_numbers(rows, "tokens of words put back", "%.1f %%",
                100 * ratio(e->characters_recovered, e->characters),
                100 * ratio(d->characters_recovered, d->characters), NULL);
    row_numbers(rows, "ms a word", "%.1f", 1e3 * ratio(e->recovery_seconds, e->blanks),
                1e3 * ratio(d->recovery_seconds, d->blanks), NULL);
    row_numbers(
        rows, "bits per character", "%.3f", ratio(e->bits, e->bits_characters),
        ratio(d->bits, d->bits_characters),
        "encoder: pseudo-likelihood, each token hidden in turn; decoder: likelihood; not "
        "the same quantity; unknown characters cost 20 bits, line breaks count");
    row_texts(rows, "… which is its", "pseudo-likelihood", "likelihood", NULL);
    row_numbers(rows, "… of it for unknown ones", "%.3f",
                ratio(e->unknown_bits, e->bits_characters),
                ratio(d->unknown_bits, d->bits_characters), NULL);
    row_numbers(rows, "characters measured", "%.0f", e->bits_characters, d->bits_characters,
                NULL);
}

static void rows_use(struct rows *rows, const struct cpl_side *e, const struct cpl_side *d)
{
    rows->group = "Use";
    row_numbers(rows, "a blank filled in, ms", "%.1f", 1e3 * e->fill_seconds, NAN, NULL);
    row_numbers(rows, "tokens written a second", "%.0f", NAN, d->generated_tokens_per_s,
                "one text at a time, with the key/value cache");
}

int cpl_comparison_rows(const struct cpl_comparison *comparison, struct cpl_comparison_row *row)
{
    struct rows rows = {.row = row};
    const struct cpl_side *e = &comparison->side[CPL_ENCODER];
    const struct cpl_side *d = &comparison->side[CPL_DECODER];
    rows_design(&rows, e, d);
    rows_training(&rows, e, d);
    rows_own_objective(&rows, e, d);
    rows_same_work(&rows, e, d);
    rows_use(&rows, e, d);
    return rows.count;
}
