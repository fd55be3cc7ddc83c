/* The whole comparison, and its three forms. */
#ifndef CPL_COMPARE_COMPARISON_H
#define CPL_COMPARE_COMPARISON_H

#include "base/buffer.h"
#include "compare/side.h"

enum { CPL_ENCODER, CPL_DECODER };

struct cpl_comparison {
    struct cpl_side side[2]; /* CPL_ENCODER, CPL_DECODER */
    char *corpus, *tokenizer_path;
    uint64_t seed;
    int64_t train_characters, test_characters;
    int32_t vocab_size;
    const char *machine; /* processor and instruction set */
    int threads;
    const char *dtype;
};

/* The decoder's parameters, and its needed arithmetic of training, over the encoder's; NaN when the
 * records do not tell. */
double cpl_comparison_parameters_ratio(const struct cpl_comparison *comparison);
double cpl_comparison_flops_ratio(const struct cpl_comparison *comparison);
/* A sentence for people when one of them is off by more than 2 %; empty when both are equal. */
#define CPL_COMPARISON_TOLERANCE 0.02
#define CPL_COMPARISON_NOTE 320
void cpl_comparison_note(const struct cpl_comparison *comparison, char *out, size_t size);

/* A row of the table: what, and the text of both sides ("–" where it does not apply). */
struct cpl_comparison_row {
    const char *group; /* heading it stands under */
    char name[64];
    char cell[2][48];
    const char *note; /* what exactly was measured; NULL: nothing to add */
};
#define CPL_COMPARISON_ROWS 40
/* Fills rows and returns how many. */
int cpl_comparison_rows(const struct cpl_comparison *comparison,
                        struct cpl_comparison_row *rows);

void cpl_comparison_table(const struct cpl_comparison *comparison, struct cpl_buffer *out);
/* *json: heap text. */
cpl_status cpl_comparison_json(const struct cpl_comparison *comparison, char **json,
                               struct cpl_error *error);
/* One self-contained HTML page: no script, nothing fetched, curves as SVG. */
void cpl_comparison_page(const struct cpl_comparison *comparison, struct cpl_buffer *out);

#endif
