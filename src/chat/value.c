/* Making values: see value.h. */
#include "chat/chat.h"

#include "base/try.h"

#include <string.h>

const char *cpl_kind_name(unsigned kind)
{
    static const char *const names[] = {[CPL_MISSING] = "nothing",
                                        [CPL_UNDEFINED] = "an undefined value",
                                        [CPL_NONE] = "none",
                                        [CPL_BOOL] = "a boolean",
                                        [CPL_INT] = "an integer",
                                        [CPL_REAL] = "a float",
                                        [CPL_TEXT] = "a text",
                                        [CPL_LIST] = "a list",
                                        [CPL_TUPLE] = "a tuple",
                                        [CPL_DICT] = "a mapping",
                                        [CPL_RANGE] = "a range",
                                        [CPL_VIEW] = "a view of a mapping",
                                        [CPL_ITERATOR] = "a generator",
                                        [CPL_NAMESPACE] = "a namespace",
                                        [CPL_MACRO] = "a macro",
                                        [CPL_FUNCTION] = "a function",
                                        [CPL_METHOD] = "a method",
                                        [CPL_LOOP] = "a loop",
                                        [CPL_CYCLER] = "a cycler",
                                        [CPL_JOINER] = "a joiner"};
    return kind < sizeof names / sizeof *names ? names[kind] : "a value";
}

cpl_status cpl_value_text_of(struct cpl_chat *chat, struct cpl_value *out, const char *data,
                             size_t length)
{
    struct cpl_text *text = NULL;
    CPL_TRY(cpl_chat_spend(chat, length / 8));
    CPL_TRY(cpl_chat_take(chat, &text, 1, sizeof *text));
    text->data = data;
    text->length = length;
    for (size_t i = 0; i < length; i++)
        text->count += ((unsigned char)data[i] & 0xC0) != 0x80;
    *out = (struct cpl_value){.kind = CPL_TEXT, .as.text = text};
    return CPL_OK;
}

cpl_status cpl_value_text(struct cpl_chat *chat, struct cpl_value *out, const char *data,
                          size_t length)
{
    char *copy = NULL;
    CPL_TRY(cpl_chat_take(chat, &copy, length + 1, 1));
    if (length)
        memcpy(copy, data, length);
    return cpl_value_text_of(chat, out, copy, length);
}

cpl_status cpl_value_from_buffer(struct cpl_chat *chat, struct cpl_value *out,
                                 struct cpl_buffer *buffer)
{
    cpl_status status = cpl_chat_check(chat, buffer);
    if (status == CPL_OK)
        status = cpl_value_text(chat, out, buffer->data, buffer->length);
    cpl_buffer_clear(buffer);
    return status;
}

cpl_status cpl_value_list(struct cpl_chat *chat, struct cpl_value *out, struct cpl_list **list,
                          size_t capacity)
{
    struct cpl_list *made = NULL;
    CPL_TRY(cpl_chat_spend(chat, capacity));
    CPL_TRY(cpl_chat_take(chat, &made, 1, sizeof *made));
    if (capacity)
        CPL_TRY(cpl_chat_take(chat, &made->item, capacity, sizeof *made->item));
    *list = made;
    *out = (struct cpl_value){.kind = CPL_LIST, .as.list = made};
    return CPL_OK;
}

cpl_status cpl_value_pair(struct cpl_chat *chat, struct cpl_value *out, struct cpl_value a,
                          struct cpl_value b)
{
    struct cpl_list *pair = NULL;
    CPL_TRY(cpl_value_list(chat, out, &pair, 2));
    out->kind = CPL_TUPLE;
    pair->item[0] = a;
    pair->item[1] = b;
    pair->count = 2;
    return CPL_OK;
}

cpl_status cpl_list_add(struct cpl_chat *chat, struct cpl_list_builder *builder,
                        struct cpl_value item)
{
    struct cpl_list *list = builder->list;
    CPL_TRY(cpl_chat_spend(chat, 1));
    if (list->count >= builder->capacity) {
        struct cpl_value *grown = NULL;
        size_t capacity = builder->capacity < 8 ? 8 : builder->capacity * 2;
        CPL_TRY(cpl_chat_take(chat, &grown, capacity, sizeof *grown));
        if (list->count)
            memcpy(grown, list->item, list->count * sizeof *grown);
        list->item = grown;
        builder->capacity = capacity;
    }
    list->item[list->count++] = item;
    return CPL_OK;
}
