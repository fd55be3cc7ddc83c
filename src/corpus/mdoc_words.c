/* Lines of mdoc(7) macros as running text: "Op Fl f Ar file" is [-f file]. */
#include "corpus/mdoc_words.h"

#include "corpus/roff_text.h"

#include <string.h>

static const struct mdoc_row {
    const char *name, *before, *each, *after;
} mdoc_rows[] = {
#define MDOC(name, before, each, after) {name, before, each, after},
#include "corpus/mdoc_words.def"
#undef MDOC
};

static const struct mdoc_row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof mdoc_rows / sizeof *mdoc_rows; i++)
        if (strlen(mdoc_rows[i].name) == length && memcmp(mdoc_rows[i].name, name, length) == 0)
            return &mdoc_rows[i];
    return NULL;
}

bool cpl_mdoc_is_word(const char *name, size_t length)
{
    return find_row(name, length) != NULL;
}

struct words {
    struct cpl_buffer *out;
    const struct mdoc_row *row;
    bool glued; /* no blank before the next word */
    int count;  /* words since the macro */
};

static void add_blank(struct words *words)
{
    size_t length = words->out->length;
    if (!words->glued && length > 0 && words->out->data[length - 1] != ' ')
        cpl_buffer_add_byte(words->out, ' ');
    words->glued = false;
}

static void begin_macro(struct words *words, const struct mdoc_row *row)
{
    words->row = row;
    words->count = 0;
    if (strcmp(row->name, "Ns") == 0 || strcmp(row->name, "Ap") == 0)
        words->glued = true;
    if (row->before[0] == 0)
        return;
    add_blank(words);
    cpl_buffer_add_text(words->out, row->before);
    words->glued = row->after[0] != 0;
}

static void add_word(struct words *words, const char *word, size_t length)
{
    bool closing = length == 1 && strchr(".,:;)]?!", word[0]);
    bool section = words->row && strcmp(words->row->name, "Xr") == 0 && words->count == 1;
    words->glued = words->glued || closing || section;
    add_blank(words);
    if (words->row && !closing)
        cpl_buffer_add_text(words->out, words->row->each);
    if (section && !closing)
        cpl_buffer_add_byte(words->out, '(');
    cpl_roff_decode(words->out, NULL, word, length);
    if (section && !closing)
        cpl_buffer_add_byte(words->out, ')');
    words->glued = length == 1 && (word[0] == '(' || word[0] == '[');
    bool prefix = words->row && strcmp(words->row->name, "Pf") == 0 && words->count == 0;
    words->glued = words->glued || prefix;
    words->count++;
}

void cpl_mdoc_add_line(struct cpl_buffer *out, const char *line, size_t length,
                       const char *page)
{
    struct words words = {.out = out, .glued = true};
    const char *after[8];
    int n_after = 0;
    size_t at = 0, begin, end;
    while (cpl_roff_argument(line, length, &at, &begin, &end)) {
        const struct mdoc_row *row = find_row(line + begin, end - begin);
        if (!row) {
            add_word(&words, line + begin, end - begin);
            continue;
        }
        begin_macro(&words, row);
        size_t next = at, next_begin, next_end;
        bool alone = !cpl_roff_argument(line, length, &next, &next_begin, &next_end);
        if (alone && strcmp(row->name, "Nm") == 0)
            add_word(&words, page, strlen(page));
        if (alone && strcmp(row->name, "Fl") == 0)
            add_word(&words, "", 0);
        if (row->after[0] && n_after < 8)
            after[n_after++] = row->after;
    }
    while (n_after > 0)
        cpl_buffer_add_text(out, after[--n_after]);
}
