/* Compiling a template: see <couplet/chat.h>. */
#include "chat/syntax.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"
#include "text/utf8.h"

#include <couplet/chat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_MAX ((size_t)4 << 20)
#define TEMPLATE_MEMORY ((size_t)256 << 20)

void cpl_template_place(const struct cpl_chat_template *chat, uint32_t position, char *out,
                        size_t size)
{
    size_t line = 1, begin = 0, column = 1;
    for (size_t i = 0; i < position && i < chat->length; i++)
        if (chat->source[i] == '\n') {
            line++;
            begin = i + 1;
        }
    for (size_t i = begin; i < position && i < chat->length; i++)
        column += ((unsigned char)chat->source[i] & 0xC0) != 0x80;
    snprintf(out, size, "chat template:%zu:%zu", line, column);
}

cpl_status cpl_template_fail(const struct cpl_chat_template *chat, uint32_t position,
                             struct cpl_error *error, const char *format, ...)
{
    char where[80], message[800];
    va_list arguments;
    if (!error)
        return CPL_ERROR_INPUT;
    cpl_template_place(chat, position, where, sizeof where);
    va_start(arguments, format);
    cpl_number_format(message, sizeof message, format, arguments);
    va_end(arguments);
    return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s", message);
}

static uint32_t hash_name(const char *text, size_t length)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

struct cpl_name *cpl_template_find_name(const struct cpl_chat_template *chat, const char *text,
                                        size_t length)
{
    struct cpl_name *name = chat->bucket[hash_name(text, length) % CPL_NAME_BUCKETS];
    while (name && !(name->length == length && memcmp(name->text, text, length) == 0))
        name = name->next;
    return name;
}

cpl_status cpl_template_name(struct cpl_chat_template *chat, struct cpl_name **out,
                             const char *text, size_t length, struct cpl_error *error)
{
    struct cpl_name *name = cpl_template_find_name(chat, text, length);
    char *copy = NULL;
    if (!name) {
        struct cpl_name **bucket = &chat->bucket[hash_name(text, length) % CPL_NAME_BUCKETS];
        int chain = 0;
        for (const struct cpl_name *other = *bucket; other; other = other->next)
            chain++;
        if (chain == CPL_NAME_CHAIN)
            return cpl_error_set(error, CPL_ERROR_INPUT, "chat template", "too many names");
        CPL_TRY(cpl_pool_take(&chat->pool, &name, sizeof *name, error));
        CPL_TRY(cpl_pool_take(&chat->pool, &copy, length + 1, error));
        memcpy(copy, text, length);
        name->text = copy;
        name->length = length;
        name->next = *bucket;
        *bucket = name;
    }
    *out = name;
    return CPL_OK;
}

/* A copy with \n as the only line end and without the last one. */
static cpl_status copy_source(struct cpl_chat_template *chat, const char *source, size_t length,
                              struct cpl_error *error)
{
    char *copy = NULL;
    size_t n = 0;
    CPL_TRY(cpl_pool_take(&chat->pool, &copy, length + 1, error));
    for (size_t i = 0; i < length; i++) {
        if (source[i] == '\r' && i + 1 < length && source[i + 1] == '\n')
            continue;
        copy[n++] = source[i] == '\r' ? '\n' : source[i];
    }
    if (n > 0 && copy[n - 1] == '\n')
        n--;
    copy[n] = 0;
    chat->source = copy;
    chat->length = n;
    return CPL_OK;
}

static cpl_status check_source(const char *source, size_t length, struct cpl_error *error)
{
    uint32_t code;
    if (length > SOURCE_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, "chat template",
                             "%zu bytes long, at most %zu are taken", length, SOURCE_MAX);
    for (size_t at = 0; at < length;) {
        size_t step = cpl_utf8_decode(&code, source + at, length - at);
        if (step == 0)
            return cpl_error_set(error, CPL_ERROR_INPUT, "chat template",
                                 "byte %zu is not valid UTF-8", at);
        at += step;
    }
    return CPL_OK;
}

cpl_status cpl_chat_template_new(struct cpl_chat_template **out, const char *source,
                                 size_t length, struct cpl_error *error)
{
    struct cpl_chat_template *chat = NULL;
    cpl_status status;
    CPL_TRY(check_source(source, length, error));
    CPL_TRY(cpl_memory_new(&chat, 1, sizeof *chat, error));
    chat->pool.limit = TEMPLATE_MEMORY;
    CPL_TRY_GOTO(copy_source(chat, source, length, error));
    CPL_TRY_GOTO(cpl_template_parse(chat, error));
    CPL_TRY_GOTO(cpl_template_scopes(chat, error));
    chat->loop = cpl_template_find_name(chat, "loop", 4);
    *out = chat;
    return CPL_OK;
done:
    cpl_chat_template_free(chat);
    return status;
}

void cpl_chat_template_free(struct cpl_chat_template *chat)
{
    if (!chat)
        return;
    cpl_pool_clear(&chat->pool);
    free(chat);
}

bool cpl_chat_template_reads(const struct cpl_chat_template *chat, const char *name)
{
    const struct cpl_name *found = cpl_template_find_name(chat, name, strlen(name));
    return found && found->read;
}

bool cpl_chat_template_marks(const struct cpl_chat_template *chat) { return chat->marks; }
