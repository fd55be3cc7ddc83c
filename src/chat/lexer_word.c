/* Numbers, names and texts inside a tag: Python's literals as jinja2 cuts them. */
#include "chat/lexer.h"

#include "base/buffer.h"
#include "base/number.h"
#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <string.h>

static bool is_digit(char c, int base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return value < base;
}

/* Digits with single underscores between them; `begin` when there are none. */
static size_t skip_digits(const struct cpl_lexer *lexer, size_t begin, int base)
{
    size_t at = begin;
    while (at < lexer->length &&
           (is_digit(lexer->source[at], base) ||
            (at > begin && lexer->source[at] == '_' && at + 1 < lexer->length &&
             is_digit(lexer->source[at + 1], base))))
        at++;
    return at;
}

/* Where the floating-point literal at `at` ends: digits, then a fraction or an exponent or both;
 * `at` if there is none. */
static size_t end_of_real(const struct cpl_lexer *lexer, size_t at)
{
    size_t end = skip_digits(lexer, at, 10), fraction = end, exponent;
    if (at > 0 && lexer->source[at - 1] == '.')
        return at;
    if (end < lexer->length && lexer->source[end] == '.') {
        fraction = skip_digits(lexer, end + 1, 10);
        if (fraction == end + 1)
            fraction = end;
    }
    if (fraction < lexer->length && (lexer->source[fraction] | 32) == 'e') {
        exponent = fraction + 1;
        if (exponent < lexer->length &&
            (lexer->source[exponent] == '+' || lexer->source[exponent] == '-'))
            exponent++;
        size_t behind = skip_digits(lexer, exponent, 10);
        if (behind > exponent)
            return behind;
    }
    return fraction > end ? fraction : at;
}

/* Digits of [begin, end) without underscores, as a text for the number parsers. */
static cpl_status plain_digits(const struct cpl_lexer *lexer, size_t begin, size_t end,
                               struct cpl_buffer *out, struct cpl_error *error)
{
    for (size_t i = begin; i < end; i++)
        if (lexer->source[i] != '_')
            cpl_buffer_add_byte(out, lexer->source[i]);
    return cpl_buffer_check(out, error);
}

static bool parse_based(const char *digits, int base, int64_t *out)
{
    int64_t value = 0;
    for (; *digits; digits++) {
        int digit = *digits <= '9' ? *digits - '0' : (*digits | 32) - 'a' + 10;
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = value;
    return true;
}

static cpl_status read_number(struct cpl_lexer *lexer, struct cpl_token *token,
                              struct cpl_error *error)
{
    size_t at = lexer->at, end = end_of_real(lexer, at), digits = at;
    struct cpl_buffer text = {0};
    int base = 10;
    bool real = end > at, fits;
    if (!real) {
        char second = at + 1 < lexer->length ? (char)(lexer->source[at + 1] | 32) : 0;
        base = second == 'x' ? 16 : second == 'o' ? 8 : second == 'b' ? 2 : 10;
        if (lexer->source[at] != '0')
            base = 10;
        digits =
            base == 10 ? at : at + 2 + (at + 2 < lexer->length && lexer->source[at + 2] == '_');
        end = skip_digits(lexer, digits, base);
        if (base != 10 && end == digits) { /* "0x" without digits: a zero and a name */
            base = 10;
            digits = at;
            end = at + 1;
        } else if (base == 10 && lexer->source[at] == '0') { /* 012 is two numbers */
            for (end = at + 1; end < lexer->length && lexer->source[end] == '0'; end++)
                ;
        }
    }
    cpl_status status = plain_digits(lexer, digits, end, &text, error);
    token->kind = real ? CPL_TOKEN_REAL : CPL_TOKEN_INT;
    if (status == CPL_OK) {
        fits = real ? cpl_number_parse_real(&token->real, text.data)
                    : parse_based(text.data, base, &token->integer);
        if (!fits)
            status = cpl_template_fail(lexer->chat, token->position, error,
                                       "the number is too large");
    }
    cpl_buffer_clear(&text);
    lexer->at = end;
    return status;
}

static void read_name(struct cpl_lexer *lexer, struct cpl_token *token)
{
    size_t at = lexer->at;
    while (at < lexer->length) {
        size_t next = at;
        if (!cpl_code_is_name(cpl_utf8_next(lexer->source, &next), at == lexer->at))
            break;
        at = next;
    }
    token->kind = CPL_TOKEN_NAME;
    token->text = lexer->source + lexer->at;
    token->length = at - lexer->at;
    lexer->at = at;
}

/* Up to `most` digits of `base` at *at; how many there were. */
static int read_code(const char *text, size_t length, size_t *at, int base, int most,
                     uint32_t *code)
{
    int n = 0;
    for (*code = 0; n < most && *at < length && is_digit(text[*at], base); n++, ++*at) {
        char c = text[*at];
        *code = *code * (uint32_t)base + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return n;
}

/* A character behind a backslash that is none of Python's escapes: both stay.  jinja2 writes those
 * beyond ASCII as \x, \u or \U first, and the backslash before eats that one's. */
static void add_unknown_escape(struct cpl_buffer *out, uint32_t code)
{
    if (code < 0x80)
        cpl_buffer_format(out, "\\%c", (int)code);
    else
        cpl_buffer_format(out,
                          code < 0x100     ? "\\x%02x"
                          : code < 0x10000 ? "\\u%04x"
                                           : "\\U%08x",
                          code);
}

/* One escape, *at behind the backslash; false when it is malformed. */
static bool add_escape(struct cpl_buffer *out, const char *text, size_t length, size_t *at)
{
    static const char letters[] = "abfnrtv\\'\"", meaning[] = "\a\b\f\n\r\t\v\\'\"";
    char letter = text[*at], encoded[4];
    const char *known = letter ? strchr(letters, letter) : NULL;
    uint32_t code;
    if (known || letter == '\n') {
        *at += 1;
        if (known)
            cpl_buffer_add_byte(out, meaning[known - letters]);
        return true;
    }
    if (is_digit(letter, 8)) {
        read_code(text, length, at, 8, 3, &code);
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
        int digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
        *at += 1;
        if (read_code(text, length, at, 16, digits, &code) != digits)
            return false;
    } else if (letter == 'N') {
        return false;
    } else {
        add_unknown_escape(out, cpl_utf8_next(text, at));
        return true;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return false;
    cpl_buffer_add(out, encoded, cpl_utf8_encode(encoded, code));
    return true;
}

static cpl_status read_text(struct cpl_lexer *lexer, struct cpl_token *token,
                            struct cpl_error *error)
{
    char quote = lexer->source[lexer->at];
    size_t begin = lexer->at + 1, end = begin, at = 0;
    while (end < lexer->length && lexer->source[end] != quote)
        end += lexer->source[end] == '\\' ? 2 : 1;
    if (end >= lexer->length)
        return cpl_template_fail(lexer->chat, token->position, error,
                                 "the text has no end, expected %c", quote);
    struct cpl_buffer out = {0};
    const char *text = lexer->source + begin;
    size_t length = end - begin;
    bool good = true;
    while (good && at < length) {
        const char *escape = memchr(text + at, '\\', length - at);
        size_t plain = escape ? (size_t)(escape - text) : length;
        cpl_buffer_add(&out, text + at, plain - at);
        at = plain + 1;
        if (escape)
            good = add_escape(&out, text, length, &at);
    }
    cpl_status status = cpl_buffer_check(&out, error);
    if (!good && status == CPL_OK)
        status = cpl_template_fail(lexer->chat, (uint32_t)(begin + at), error,
                                   "malformed escape in a text");
    char *copy = NULL;
    if (status == CPL_OK)
        status = cpl_pool_take(&lexer->chat->pool, &copy, out.length + 1, error);
    if (status == CPL_OK && out.length)
        memcpy(copy, out.data, out.length);
    token->kind = CPL_TOKEN_TEXT;
    token->text = copy;
    token->length = out.length;
    cpl_buffer_clear(&out);
    lexer->at = end + 1;
    return status;
}

cpl_status cpl_lexer_word(struct cpl_lexer *lexer, struct cpl_token *token, bool *found,
                          struct cpl_error *error)
{
    size_t at = lexer->at;
    char c = lexer->source[at];
    *found = true;
    if (is_digit(c, 10))
        return read_number(lexer, token, error);
    if (c == '\'' || c == '"')
        return read_text(lexer, token, error);
    if (cpl_code_is_name(cpl_utf8_next(lexer->source, &at), true))
        read_name(lexer, token);
    else
        *found = false;
    return CPL_OK;
}
