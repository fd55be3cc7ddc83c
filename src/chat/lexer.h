/* What the two files of the lexer share. */
#ifndef CPL_CHAT_LEXER_H
#define CPL_CHAT_LEXER_H

#include "chat/syntax.h"

struct cpl_lexer {
    struct cpl_chat_template *chat;
    const char *source;
    size_t length, at;
    bool line_begins; /* the last match ended with a line end, or it is the first */
    char *bracket;    /* closers of the open brackets */
    size_t n_brackets;
    struct cpl_token *token; /* heap */
    size_t count, capacity;
};

/* A number, name or text at lexer->at, and moves behind it; *found = false for operators. */
cpl_status cpl_lexer_word(struct cpl_lexer *lexer, struct cpl_token *token, bool *found,
                          struct cpl_error *error);

#endif
