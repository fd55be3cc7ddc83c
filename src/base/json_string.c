/* Strings of JSON text: see json_scan.h.  Most hold no escape and are taken where they are. */
#include "base/json_scan.h"

#include <stdint.h>
#include <string.h>

bool cpl_json_scan_fail(struct cpl_json_scan *scan, const char *at, const char *fault)
{
    scan->fault_at = at;
    scan->fault = fault;
    return false;
}

/* The first byte from `at` that is a quote, a backslash, a control character or not ASCII; `end` if
 * there is none.  A byte of `marks` has its high bit where that holds; the borrow of a subtraction
 * spoils only bytes behind the first. */
static const char *skip_plain(const char *at, const char *end)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
            word = __builtin_bswap64(word);
        uint64_t quote = word ^ '"' * ones, backslash = word ^ '\\' * ones;
        uint64_t marks =
            ((word - 0x20 * ones) | (quote - ones) | (backslash - ones) | word) & high;
        if (marks)
            return at + __builtin_ctzll(marks) / 8;
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

/* Moves scan->at to the next quote or backslash. */
static bool skip_text(struct cpl_json_scan *scan)
{
    const char *at = scan->at;
    for (;;) {
        at = skip_plain(at, scan->end);
        if (at == scan->end)
            return cpl_json_scan_fail(scan, at, "the text ends inside a string");
        if (*at == '"' || *at == '\\')
            break;
        if ((unsigned char)*at < 0x20)
            return cpl_json_scan_fail(scan, at, "a control character inside a string");
        while (at < scan->end && (unsigned char)*at >= 0x80) {
            size_t length = cpl_buffer_utf8_length(at, (size_t)(scan->end - at));
            if (length == 0)
                return cpl_json_scan_fail(scan, at, "not UTF-8");
            at += length;
        }
    }
    scan->at = at;
    return true;
}

/* The four digits of \uXXXX with the backslash at `at`; -1 when they are not there. */
static int32_t read_unit(const char *at, const char *end)
{
    int32_t unit = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        char digit = at[i], letter = (char)(digit | 0x20);
        if (digit >= '0' && digit <= '9')
            unit = unit * 16 + digit - '0';
        else if (letter >= 'a' && letter <= 'f')
            unit = unit * 16 + letter - 'a' + 10;
        else
            return -1;
    }
    return unit;
}

static void add_code(struct cpl_buffer *buffer, int32_t code)
{
    char out[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(lead[n] | code);
    cpl_buffer_add(buffer, out, n);
}

static bool add_unicode_escape(struct cpl_json_scan *scan, struct cpl_buffer *buffer)
{
    int32_t code = read_unit(scan->at, scan->end);
    if (code < 0)
        return cpl_json_scan_fail(scan, scan->at, "\\u without four hexadecimal digits");
    if (code == 0 && !(scan->flags & JSON_ALLOW_NUL))
        return cpl_json_scan_fail(scan, scan->at, "\\u0000 is not allowed here");
    size_t used = 6;
    if (code >= 0xD800 && code < 0xE000) {
        int32_t low = code < 0xDC00 ? read_unit(scan->at + 6, scan->end) : -1;
        if (low < 0xDC00 || low > 0xDFFF)
            return cpl_json_scan_fail(scan, scan->at, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        used = 12;
    }
    add_code(buffer, code);
    scan->at += used;
    return true;
}

/* The escape at scan->at, which is moved behind it. */
static bool add_escape(struct cpl_json_scan *scan, struct cpl_buffer *buffer)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    char name = scan->end - scan->at >= 2 ? scan->at[1] : 0;
    if (name == 'u')
        return add_unicode_escape(scan, buffer);
    const char *found = name ? strchr(names, name) : NULL;
    if (!found)
        return cpl_json_scan_fail(scan, scan->at, "an unknown escape");
    cpl_buffer_add_byte(buffer, bytes[found - names]);
    scan->at += 2;
    return true;
}

bool cpl_json_scan_string(struct cpl_json_scan *scan, struct cpl_json_string *out,
                          struct cpl_buffer *buffer)
{
    const char *begin = ++scan->at;
    if (!skip_text(scan))
        return false;
    if (*scan->at == '"') {
        *out = (struct cpl_json_string){begin, (size_t)(scan->at++ - begin)};
        return true;
    }
    cpl_buffer_reset(buffer);
    for (;;) {
        cpl_buffer_add(buffer, begin, (size_t)(scan->at - begin));
        if (*scan->at == '"')
            break;
        if (!add_escape(scan, buffer))
            return false;
        begin = scan->at;
        if (!skip_text(scan))
            return false;
    }
    scan->at++;
    *out = (struct cpl_json_string){buffer->data, buffer->length};
    return buffer->status == CPL_OK;
}
