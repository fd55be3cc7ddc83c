/* The pieces of an HTML page: tags, comments, text.  Forgiving: any bytes give some pieces. */
#ifndef CPL_CORPUS_HTML_SCAN_H
#define CPL_CORPUS_HTML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum cpl_html_piece_kind { CPL_HTML_TEXT, CPL_HTML_OPEN, CPL_HTML_CLOSE, CPL_HTML_NOTHING };

struct cpl_html_piece {
    enum cpl_html_piece_kind kind;
    const char *text; /* the piece with its brackets */
    size_t length;
    char name[16];  /* of a tag, lower case, cut off beyond 15 */
    bool is_closed; /* <br/> */
};
struct cpl_html_scan {
    const char *text;
    size_t length, at;
};
/* False at the end. */
bool cpl_html_next(struct cpl_html_scan *scan, struct cpl_html_piece *piece);
/* Whether an open tag has an attribute; *value (may be NULL) and *value_length: its value
 * without quotes, empty if it has none. */
bool cpl_html_attribute(const struct cpl_html_piece *tag, const char *name, const char **value,
                        size_t *value_length);
/* Moves behind the end tag of a raw-text element (script, style …) whose open tag was given
 * last. */
void cpl_html_skip_raw(struct cpl_html_scan *scan, const char *name);

#endif
