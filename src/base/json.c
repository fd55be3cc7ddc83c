/* Writing JSON: see <couplet/json.h>. */
#include <couplet/json.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64

struct cpl_json {
    struct cpl_buffer text;
    int indent;
    int depth;
    char closer[MAX_DEPTH]; /* of every open level */
    bool filled[MAX_DEPTH]; /* whether the level has something in it */
    bool misused;           /* closed too often, or too deep */
    bool named;             /* the next value has its key already */
    bool finished;          /* the next value begins a new text */
};

cpl_status cpl_json_new(struct cpl_json **out, int indent, struct cpl_error *error)
{
    cpl_status status = cpl_memory_new(out, 1, sizeof **out, error);
    if (status == CPL_OK)
        (*out)->indent = indent;
    return status;
}

void cpl_json_free(struct cpl_json *json)
{
    if (!json)
        return;
    cpl_buffer_clear(&json->text);
    free(json);
}

static void new_line(struct cpl_json *json)
{
    if (!json->indent)
        return;
    cpl_buffer_add_byte(&json->text, '\n');
    for (int i = 0; i < json->depth * json->indent; i++)
        cpl_buffer_add_byte(&json->text, ' ');
}

/* Comma and line end, before a value or its key; nothing behind a key that is there already. */
static void begin_place(struct cpl_json *json)
{
    if (json->named) {
        json->named = false;
        return;
    }
    if (json->finished) {
        cpl_buffer_reset(&json->text);
        json->finished = false;
    }
    if (json->depth > 0) {
        bool *filled = &json->filled[json->depth - 1];
        if (*filled)
            cpl_buffer_add_text(&json->text, json->indent ? "," : ", ");
        *filled = true;
        new_line(json);
    }
}

void cpl_json_add_key_n(struct cpl_json *json, const char *key, size_t length)
{
    begin_place(json);
    cpl_buffer_add_json_string(&json->text, key, length);
    cpl_buffer_add_text(&json->text, ": ");
    json->named = true;
}

/* Everything before a value: comma, line end, key. */
static void begin_value(struct cpl_json *json, const char *key)
{
    if (key)
        cpl_json_add_key_n(json, key, strlen(key));
    begin_place(json);
}

static void begin_level(struct cpl_json *json, const char *key, char opener, char closer)
{
    begin_value(json, key);
    cpl_buffer_add_byte(&json->text, opener);
    if (json->depth == MAX_DEPTH) {
        json->misused = true;
        return;
    }
    json->closer[json->depth] = closer;
    json->filled[json->depth] = false;
    json->depth++;
}

void cpl_json_begin_object(struct cpl_json *json, const char *key)
{
    begin_level(json, key, '{', '}');
}

void cpl_json_begin_array(struct cpl_json *json, const char *key)
{
    begin_level(json, key, '[', ']');
}

void cpl_json_end(struct cpl_json *json)
{
    if (json->depth == 0) {
        json->misused = true;
        return;
    }
    json->depth--;
    if (json->filled[json->depth])
        new_line(json);
    cpl_buffer_add_byte(&json->text, json->closer[json->depth]);
}

void cpl_json_add_text_n(struct cpl_json *json, const char *key, const char *text,
                         size_t length)
{
    begin_value(json, key);
    cpl_buffer_add_json_string(&json->text, text, length);
}

void cpl_json_add_text(struct cpl_json *json, const char *key, const char *text)
{
    if (text)
        cpl_json_add_text_n(json, key, text, strlen(text));
    else
        cpl_json_add_null(json, key);
}

void cpl_json_add_raw(struct cpl_json *json, const char *key, const char *text)
{
    begin_value(json, key);
    cpl_buffer_add_text(&json->text, text);
}

void cpl_json_add_int(struct cpl_json *json, const char *key, int64_t value)
{
    char digits[20], *first = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--first = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    begin_value(json, key);
    if (value < 0)
        cpl_buffer_add_byte(&json->text, '-');
    cpl_buffer_add(&json->text, first, (size_t)(digits + sizeof digits - first));
}

void cpl_json_add_real(struct cpl_json *json, const char *key, double value)
{
    char text[40];
    cpl_number_print_real(text, sizeof text, value);
    cpl_json_add_raw(json, key, text);
}

void cpl_json_add_bool(struct cpl_json *json, const char *key, bool value)
{
    cpl_json_add_raw(json, key, value ? "true" : "false");
}

void cpl_json_add_null(struct cpl_json *json, const char *key)
{
    cpl_json_add_raw(json, key, "null");
}

cpl_status cpl_json_finish(struct cpl_json *json, const char **text, size_t *length,
                           struct cpl_error *error)
{
    if (json->misused || json->depth)
        return cpl_error_set(error, CPL_ERROR_INTERNAL, NULL,
                             "a JSON text was finished with %d levels open", json->depth);
    cpl_status status = cpl_buffer_check(&json->text, error);
    if (status != CPL_OK)
        return status;
    json->finished = true;
    *text = json->text.data ? json->text.data : "";
    if (length)
        *length = json->text.length;
    return CPL_OK;
}
