/* Objects, arrays and literals of JSON text: see cpl_json_parse in json_file.h.  A container is put into its
 * parent when it opens, so that a list of the open ones is all there is to keep. */
#include "base/json_file.h"
#include "base/json_scan.h"

#include <string.h>

/* Values inside values, the innermost counted. */
enum { MAX_DEPTH = 2048 };

struct decoder {
    struct cpl_json_scan scan;
    struct cpl_buffer key, value; /* strings with escapes */
    json_t *open[MAX_DEPTH];      /* [depth], borrowed from `root` */
    size_t depth;
    json_t *root;
};

/* The byte behind white space; 0 at the end (and for a NUL byte, which is never right). */
static char next_byte(struct cpl_json_scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
    return scan->at < scan->end ? *scan->at : 0;
}

static bool take_byte(struct cpl_json_scan *scan, char byte)
{
    if (next_byte(scan) != byte)
        return false;
    scan->at++;
    return true;
}

static bool read_key(struct decoder *decoder, struct cpl_json_string *key)
{
    struct cpl_json_scan *scan = &decoder->scan;
    if (next_byte(scan) != '"')
        return cpl_json_scan_fail(scan, scan->at, "expected a key in quotes");
    if (!cpl_json_scan_string(scan, key, &decoder->key))
        return false;
    return take_byte(scan, ':') || cpl_json_scan_fail(scan, scan->at, "expected ':'");
}

static bool read_literal(struct cpl_json_scan *scan, json_t **out)
{
    static const char *const names[] = {"null", "true", "false"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(names[i]);
        if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, names[i], length) != 0)
            continue;
        scan->at += length;
        *out = i == 0 ? json_null() : json_boolean(i == 1);
        return true;
    }
    return cpl_json_scan_fail(scan, scan->at, "expected a value");
}

/* A container is only opened: it comes empty, its members are still to be read. */
static bool read_value(struct decoder *decoder, json_t **out)
{
    struct cpl_json_scan *scan = &decoder->scan;
    struct cpl_json_string string;
    char byte = next_byte(scan);
    if (decoder->depth == MAX_DEPTH)
        return cpl_json_scan_fail(scan, scan->at, "more than 2048 values inside each other");
    switch (byte) {
    case '"':
        if (!cpl_json_scan_string(scan, &string, &decoder->value))
            return false;
        *out = json_stringn_nocheck(string.bytes, string.length);
        return *out;
    case '{':
    case '[':
        scan->at++;
        *out = byte == '{' ? json_object() : json_array();
        return *out;
    default:
        if (byte == '-' || (byte >= '0' && byte <= '9'))
            return cpl_json_scan_number(scan, out, &decoder->value);
        return read_literal(scan, out);
    }
}

/* Puts `value` (taken) where it belongs. */
static bool attach(struct decoder *decoder, json_t *parent, const struct cpl_json_string *key,
                   const char *key_at, json_t *value)
{
    if (!parent) {
        decoder->root = value;
        return true;
    }
    if (json_is_array(parent))
        return json_array_append_new(parent, value) == 0;
    size_t before = json_object_size(parent);
    if (json_object_setn_new_nocheck(parent, key->bytes, key->length, value) != 0)
        return false;
    return json_object_size(parent) > before ||
           cpl_json_scan_fail(&decoder->scan, key_at, "duplicate object key");
}

static char closer(const json_t *container) { return json_is_object(container) ? '}' : ']'; }

/* Behind a value: closes what ends here.  True where another member follows or all is closed. */
static bool close_containers(struct decoder *decoder)
{
    struct cpl_json_scan *scan = &decoder->scan;
    while (decoder->depth > 0) {
        char byte = closer(decoder->open[decoder->depth - 1]);
        if (take_byte(scan, ','))
            return true;
        if (!take_byte(scan, byte))
            return cpl_json_scan_fail(
                scan, scan->at, byte == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        decoder->depth--;
    }
    return true;
}

static bool read_text(struct decoder *decoder)
{
    struct cpl_json_scan *scan = &decoder->scan;
    char first = next_byte(scan);
    if (!(scan->flags & JSON_DECODE_ANY) && first != '{' && first != '[')
        return cpl_json_scan_fail(scan, scan->at, "expected '[' or '{'");
    do {
        struct cpl_json_string key = {0};
        json_t *value = NULL;
        json_t *parent = decoder->depth ? decoder->open[decoder->depth - 1] : NULL;
        next_byte(scan);
        const char *key_at = scan->at;
        if ((json_is_object(parent) && !read_key(decoder, &key)) ||
            !read_value(decoder, &value) || !attach(decoder, parent, &key, key_at, value))
            return false;
        bool container = json_is_object(value) || json_is_array(value);
        if (container && !take_byte(scan, closer(value)))
            decoder->open[decoder->depth++] = value;
        else if (!close_containers(decoder))
            return false;
    } while (decoder->depth > 0);
    next_byte(scan);
    return scan->at == scan->end || cpl_json_scan_fail(scan, scan->at, "text behind the value");
}

/* Columns are characters, counted from 1. */
static cpl_status report(const struct cpl_json_scan *scan, const char *where,
                         struct cpl_error *error)
{
    size_t line = 1, column = 1;
    for (const char *at = scan->text; at < scan->fault_at; at++) {
        column += (*at & 0xC0) != 0x80;
        if (*at == '\n') {
            line++;
            column = 1;
        }
    }
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "not valid JSON: line %zu, column %zu: %s", line, column, scan->fault);
}

cpl_status cpl_json_parse(json_t **out, const char *text, size_t length, const char *where,
                          size_t flags, struct cpl_error *error)
{
    struct decoder decoder;
    decoder.key = decoder.value = (struct cpl_buffer){0};
    decoder.depth = 0;
    decoder.root = NULL;
    text = text ? text : "";
    decoder.scan =
        (struct cpl_json_scan){.text = text, .end = text + length, .at = text, .flags = flags};
    bool good = read_text(&decoder);
    cpl_buffer_clear(&decoder.key);
    cpl_buffer_clear(&decoder.value);
    if (good) {
        *out = decoder.root;
        return CPL_OK;
    }
    json_decref(decoder.root);
    if (decoder.scan.fault)
        return report(&decoder.scan, where, error);
    return cpl_error_set(error, CPL_ERROR_SYSTEM, where, "out of memory while reading JSON");
}
