/* What walks through a value: see value_iterate.c and generators.c. */
#ifndef CPL_CHAT_ITERATOR_H
#define CPL_CHAT_ITERATOR_H

#include "chat/chat.h"

enum cpl_iterator_kind {
    ITERATE_LIST,
    ITERATE_TEXT,
    ITERATE_DICT,
    ITERATE_RANGE,
    ITERATE_MAP,
    ITERATE_SELECT,
    ITERATE_LOOP_TEST
};
struct cpl_iterator {
    enum cpl_iterator_kind kind;
    bool backward, over;
    bool attribute, want; /* of select */
    enum cpl_view_part part;
    struct cpl_value value;
    size_t at; /* items, or bytes of a text, done */
    struct cpl_iterator *source;
    struct cpl_call call;
    const struct cpl_builtin *builtin; /* of map and select; NULL: path or truth */
    struct cpl_value path, fallback;
    const struct cpl_node *loop;
    struct cpl_scope *scope; /* of the loop's test */
};

cpl_status cpl_iterator_make(struct cpl_chat *chat, enum cpl_iterator_kind kind,
                             struct cpl_value value, struct cpl_iterator **out);
/* The next item of the kinds that evaluate something. */
cpl_status cpl_iterator_next_mapped(struct cpl_chat *chat, struct cpl_iterator *iterator,
                                    struct cpl_value *out, bool *more);
cpl_status cpl_iterator_next_selected(struct cpl_chat *chat, struct cpl_iterator *iterator,
                                      struct cpl_value *out, bool *more);
cpl_status cpl_iterator_next_tested(struct cpl_chat *chat, struct cpl_iterator *iterator,
                                    struct cpl_value *out, bool *more);

#endif
