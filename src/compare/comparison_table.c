/* The comparison as text for the terminal. */
#include "compare/comparison.h"

#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum { NAME_COLUMNS = 30, CELL_COLUMNS = 22, LINE_COLUMNS = 76 };

static int code_columns(uint32_t code) { return utf8proc_charwidth((utf8proc_int32_t)code); }

static int columns(const char *text)
{
    int n = 0;
    for (size_t at = 0; text[at];)
        n += code_columns(cpl_utf8_next(text, &at));
    return n;
}

/* Behind text of so many columns: up to `wanted`, and at least one. */
static void pad(struct cpl_buffer *out, int wanted, int taken)
{
    do {
        cpl_buffer_add_byte(out, ' ');
    } while (++taken < wanted);
}

static void add_row(struct cpl_buffer *out, const char *name, const char *const cell[2])
{
    cpl_buffer_format(out, "  %s", name);
    int taken = columns(name);
    for (int side = 0; side < 2; side++) {
        int own = columns(cell[side]);
        pad(out, NAME_COLUMNS + (side + 1) * CELL_COLUMNS, taken + own);
        cpl_buffer_add_text(out, cell[side]);
        taken = NAME_COLUMNS + (side + 1) * CELL_COLUMNS;
    }
    cpl_buffer_add_byte(out, '\n');
}

/* Words of `text` in lines of at most LINE_COLUMNS. */
static void add_wrapped(struct cpl_buffer *out, const char *text)
{
    int taken = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (taken > 0 && taken + 1 + (int)length > LINE_COLUMNS) {
            cpl_buffer_add_byte(out, '\n');
            taken = 0;
        } else if (taken > 0) {
            cpl_buffer_add_byte(out, ' ');
            taken++;
        }
        cpl_buffer_add(out, text, length);
        taken += (int)length;
        text += length + (text[length] == ' ');
    }
    cpl_buffer_add_byte(out, '\n');
}

/* On one line: line breaks as ⏎, none at the beginning or the end. */
static void add_line(struct cpl_buffer *out, const char *text)
{
    text += strspn(text, "\n");
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        length--;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\n')
            cpl_buffer_add_text(out, "⏎");
        else
            cpl_buffer_add_byte(out, text[i]);
}

static void add_sample(struct cpl_buffer *out, const char *mark, const char *text)
{
    cpl_buffer_format(out, "  %s ", mark);
    add_line(out, text);
    cpl_buffer_add_byte(out, '\n');
}

static void add_samples(const struct cpl_side *side, struct cpl_buffer *out)
{
    for (int i = 0; i < side->n_samples; i++) {
        const struct cpl_side_sample *sample = &side->sample[i];
        if (side->masked) {
            add_sample(out, " ", sample->given);
            add_sample(out, ">", sample->made);
        } else {
            cpl_buffer_add_text(out, "  ");
            add_line(out, sample->given);
            cpl_buffer_add_byte(out, '|');
            add_line(out, sample->made[0] ? sample->made : "(ends at once)");
            cpl_buffer_add_byte(out, '\n');
        }
        if (sample->truth)
            add_sample(out, "=", sample->truth);
    }
}

void cpl_comparison_table(const struct cpl_comparison *comparison, struct cpl_buffer *out)
{
    static const char *const head[2] = {"encoder", "decoder"};
    struct cpl_comparison_row rows[CPL_COMPARISON_ROWS];
    int count = cpl_comparison_rows(comparison, rows);
    const char *group = NULL;
    char note[CPL_COMPARISON_NOTE];
    add_row(out, "", head);
    for (int i = 0; i < count; i++) {
        const char *const cell[2] = {rows[i].cell[0], rows[i].cell[1]};
        if (rows[i].group != group)
            cpl_buffer_format(out, "%s\n", group = rows[i].group);
        add_row(out, rows[i].name, cell);
    }
    add_wrapped(out,
                "Bits per character: the encoder's are of the pseudo-likelihood, each token "
                "hidden in turn, the decoder's of the likelihood; not the same quantity. An "
                "unknown character costs 20 bits, line breaks count.");
    cpl_comparison_note(comparison, note, sizeof note);
    if (note[0])
        add_wrapped(out, note);
    cpl_buffer_add_text(out, "\nThe encoder fills in (> filled, = what stood there)\n");
    add_samples(&comparison->side[CPL_ENCODER], out);
    cpl_buffer_add_text(out, "\nThe decoder writes on behind |\n");
    add_samples(&comparison->side[CPL_DECODER], out);
}
