/* The rows of the comparison's table: every figure of the terminal and of the page. */
#include "compare/comparison.h"

#include <math.h>
#include <stdio.h>

struct rows {
    struct cpl_comparison_row *row;
    int count;
    const char *group;
};

static struct cpl_comparison_row *row_add(struct rows *rows, const char *name, const char *note)
{
    struct cpl_comparison_row *row = &rows->row[rows->count++];
    *row = (struct cpl_comparison_row){.group = rows->group, .note = note};
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

static void cell_number(char *cell, size_t size, double value, const char *format)
{
    if (!isfinite(value))
        snprintf(cell, size, "–");
    else
        snprintf(cell, size, format, value);
}

/* One number a side; NaN where it does not apply. */
static void row_numbers(struct rows *rows, const char *name, const char *format, double encoder,
                        double decoder, const char *note)
{
    struct cpl_comparison_row *row = row_add(rows, name, note);
    cell_number(row->cell[0], sizeof row->cell[0], encoder, format);
    cell_number(row->cell[1], sizeof row->cell[1], decoder, format);
}

static double ratio(double a, double b) { return b > 0 ? a / b : NAN; }

static void rows_design(struct rows *rows, const struct cpl_side *e, const struct cpl_side *d)
{
    rows->group = "Design";
    struct cpl_comparison_row *row = row_add(rows, "family", NULL);
    snprintf(row->cell[0], sizeof row->cell[0], "%s, sees both sides",
             cpl_model_family(e->model));
    snprintf(row->cell[1], sizeof row->cell[1], "%s, sees the left",
             cpl_model_family(d->model));
    row = row_add(rows, "layers x width, heads", NULL);
    for (int i = 0; i < 2; i++) {
        const struct cpl_config *config = &(i == 0 ? e : d)->model->config;
        snprintf(row->cell[i], sizeof row->cell[i], "%lld x %lld, %lld",
                 (long long)config->layers, (long long)config->width, (long long)config->heads);
    }
    row_numbers(rows, "parameters, millions", "%.3f",
                1e-6 * (double)cpl_model_parameter_count(e->model),
                1e-6 * (double)cpl_model_parameter_count(d->model),
                "tied embeddings counted once");
}

static void rows_training(struct rows *rows, const struct cpl_side *e, const struct cpl_side *d)
{
    rows->group = "Training";
    row_numbers(rows, "steps", "%.0f", e->steps, d->steps, NULL);
    row_numbers(rows, "tokens read, millions", "%.3f", 1e-6 * e->tokens, 1e-6 * d->tokens,
                NULL);
    row_numbers(rows, "needed arithmetic, TFLOP", "%.2f", 1e-12 * e->flops, 1e-12 * d->flops,
                "6 per weight and token, attention and predicted rows of the vocabulary");
    row_numbers(rows, "time, s", "%.0f", e->seconds, d->seconds, NULL);
    row_numbers(rows, "tokens/s", "%.0f", e->tokens_per_s, d->tokens_per_s, NULL);
    row_numbers(rows, "needed GFLOP/s", "%.0f", ratio(1e-9 * e->flops, e->seconds),
                ratio(1e-9 * d->flops, d->seconds), NULL);
    row_numbers(rows, "peak memory, MB", "%.0f",
                e->peak_memory_bytes > 0 ? 1e-6 * e->peak_memory_bytes : NAN,
                d->peak_memory_bytes > 0 ? 1e-6 * d->peak_memory_bytes : NAN, NULL);
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
    row_numbers(rows, "… of it for unknown ones", "%.3f",
                ratio(e->unknown_bits, e->bits_characters),
                ratio(d->unknown_bits, d->bits_characters), NULL);
    row_numbers(rows, "characters measured", "%.0f", e->bits_characters, d->bits_characters,
                NULL);
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
    return rows.count;
}

/* Columns that a UTF-8 text takes on a terminal: what is in the table is narrow but for "–" and
 * "…", which are one column and three bytes. */
static int columns(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void pad(struct cpl_buffer *out, int n)
{
    for (int i = 0; i < n; i++)
        cpl_buffer_add_byte(out, ' ');
}

static void add_samples(const struct cpl_side *side, struct cpl_buffer *out)
{
    for (int i = 0; i < side->n_samples; i++) {
        const struct cpl_side_sample *sample = &side->sample[i];
        cpl_buffer_format(out, side->masked ? "  %s\n  -> %s\n" : "  %s|%s\n", sample->given,
                          sample->made);
        if (sample->truth)
            cpl_buffer_format(out, "  was %s\n", sample->truth);
    }
}

void cpl_comparison_table(const struct cpl_comparison *comparison, struct cpl_buffer *out)
{
    struct cpl_comparison_row rows[CPL_COMPARISON_ROWS];
    int count = cpl_comparison_rows(comparison, rows);
    const char *group = NULL;
    cpl_buffer_format(out, "%-34s%24s%24s\n", "", "encoder (masked)", "decoder (next token)");
    for (int i = 0; i < count; i++) {
        if (rows[i].group != group) {
            group = rows[i].group;
            cpl_buffer_format(out, "%s\n", group);
        }
        cpl_buffer_add_text(out, "  ");
        cpl_buffer_add_text(out, rows[i].name);
        pad(out, 32 - columns(rows[i].name));
        for (int side = 0; side < 2; side++) {
            pad(out, 24 - columns(rows[i].cell[side]));
            cpl_buffer_add_text(out, rows[i].cell[side]);
        }
        cpl_buffer_add_byte(out, '\n');
    }
    cpl_buffer_add_text(out, "Samples: the encoder fills in\n");
    add_samples(&comparison->side[CPL_ENCODER], out);
    cpl_buffer_add_text(out, "Samples: the decoder writes on behind |\n");
    add_samples(&comparison->side[CPL_DECODER], out);
}
