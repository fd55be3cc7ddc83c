/* The text of a manual page as it grows: filled paragraphs, verbatim lines, tables. */
#ifndef CPL_CORPUS_MAN_TEXT_H
#define CPL_CORPUS_MAN_TEXT_H

#include "corpus/flow.h"

enum cpl_man_table { CPL_MAN_TABLE_NONE, CPL_MAN_TABLE_FORMAT, CPL_MAN_TABLE_DATA };

struct cpl_man {
    struct cpl_flow flow;
    struct cpl_buffer piece; /* decoded text of one line */
    bool verbatim;           /* no filling */
    bool tag_waits;          /* the next text line is a tag and stands alone */
    bool heading_waits;      /* the next text line is a heading */
    bool last_condition;     /* of the last .ie */
    bool joins;              /* the last text ended in \c */
    int skip_depth;          /* open \{ of a part that is left out */
    enum cpl_man_table table;
    char definition_end[16]; /* what ends the .de or .ig that is being skipped; "": none */
    char page[64];           /* name of the page, for .Nm */
};

/* Puts man->piece into the page as one line of text; `joins`: the next belongs to the same word. */
void cpl_man_put_piece(struct cpl_man *man, bool joins);
/* Arguments of a macro as text, with `between` them. */
void cpl_man_put_arguments(struct cpl_man *man, const char *line, size_t length,
                           const char *between);
/* A line that is no macro; blank ones and those that begin with a blank end a paragraph. */
void cpl_man_put_text(struct cpl_man *man, const char *line, size_t length);
/* A line of mdoc's macros of running text. */
void cpl_man_put_mdoc(struct cpl_man *man, const char *line, size_t length);
/* A line between .TS and .TE, tbl(1): options and formats up to one that ends in '.', then rows of
 * cells parted by tabs; rules are lines of one _ or =. */
void cpl_man_put_table_line(struct cpl_man *man, const char *line, size_t length);

#endif
