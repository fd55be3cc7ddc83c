/* Markdown inside a line: links, emphasis, code, escapes. */
#ifndef CPL_CORPUS_MARKDOWN_INLINE_H
#define CPL_CORPUS_MARKDOWN_INLINE_H

#include "corpus/flow.h"

struct cpl_markdown {
    struct cpl_flow flow;
    int nesting;     /* of links inside links' texts */
    char fence;      /* '`' or '~' inside a fenced block, else 0 */
    bool in_comment; /* inside <!-- … --> */
};

/* Adds the text of a piece of a line without its marks. */
void cpl_markdown_add_inline(struct cpl_markdown *page, const char *line, size_t length);
/* Place behind the bracket that closes the one at `at`; 0 if none does nearby. */
size_t cpl_markdown_behind_bracket(const char *line, size_t length, size_t at, char open,
                                   char close);

#endif
