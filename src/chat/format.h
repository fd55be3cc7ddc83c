/* One value in a field, as both kinds of formatting need it. */
#ifndef CPL_CHAT_FORMAT_H
#define CPL_CHAT_FORMAT_H

#include "chat/chat.h"

/* Python's format specification: [[fill]align][sign][#][0][width][,][.precision][type]. */
struct cpl_field {
    char fill[5]; /* one character, UTF-8; "": a space */
    char align;   /* < > ^ =, or 0 for the type's own */
    char sign;    /* + - or a space, or 0 */
    bool alternate, zero;
    char group;               /* , _ or 0 */
    int64_t width, precision; /* precision -1: none */
    char type;                /* or 0 */
};
cpl_status cpl_field_integer(struct cpl_chat *chat, struct cpl_buffer *out, int64_t value,
                             const struct cpl_field *field);
cpl_status cpl_field_real(struct cpl_chat *chat, struct cpl_buffer *out, double value,
                          const struct cpl_field *field);
/* Cut to the precision in characters. */
cpl_status cpl_field_text(struct cpl_chat *chat, struct cpl_buffer *out, const char *data,
                          size_t length, const struct cpl_field *field);

#endif
