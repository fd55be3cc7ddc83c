/* Cutting a template into tokens, with jinja2's rules for white space: trim_blocks (a line end behind
 * a block or comment goes), lstrip_blocks (spaces before one that begins its line go), and the signs
 * - and + that overrule them. */
#include "chat/syntax.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"
#include "chat/lexer.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { BRACKETS_MAX = 256 };

static cpl_status add_token(struct cpl_lexer *lexer, struct cpl_token token,
                            struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&lexer->token, &lexer->capacity, lexer->count + 1,
                            sizeof *lexer->token, error));
    lexer->token[lexer->count++] = token;
    return CPL_OK;
}

static bool looking_at(const struct cpl_lexer *lexer, size_t at, const char *text)
{
    size_t length = strlen(text);
    return lexer->length - at >= length && memcmp(lexer->source + at, text, length) == 0;
}

static size_t skip_space(const struct cpl_lexer *lexer, size_t at)
{
    while (at < lexer->length) {
        size_t next = at;
        if (!cpl_code_is_blank(cpl_utf8_next(lexer->source, &next)))
            break;
        at = next;
    }
    return at;
}

/* Where the white space that ends at `end` begins, not before `begin`. */
static size_t space_before(const struct cpl_lexer *lexer, size_t begin, size_t end)
{
    while (end > begin) {
        size_t before = cpl_utf8_before(lexer->source, end), at = before;
        if (!cpl_code_is_blank(cpl_utf8_next(lexer->source, &at)))
            break;
        end = before;
    }
    return end;
}

/* The text between two tags, with what the sign of the tag behind it takes away. */
static cpl_status add_data(struct cpl_lexer *lexer, size_t begin, size_t end, char sign,
                           bool block, struct cpl_error *error)
{
    if (sign == '-') {
        end = space_before(lexer, begin, end);
    } else if (sign != '+' && block) {
        size_t line = end;
        while (line > begin && lexer->source[line - 1] != '\n')
            line--;
        if ((line > begin || lexer->line_begins) && space_before(lexer, line, end) == line)
            end = line;
    }
    if (end == begin)
        return CPL_OK;
    return add_token(lexer,
                     (struct cpl_token){.kind = CPL_TOKEN_DATA,
                                        .position = (uint32_t)begin,
                                        .text = lexer->source + begin,
                                        .length = end - begin},
                     error);
}

static char sign_at(const struct cpl_lexer *lexer, size_t at)
{
    char sign = at < lexer->length ? lexer->source[at] : 0;
    return sign == '-' || sign == '+' ? sign : 0;
}

static void move_to(struct cpl_lexer *lexer, size_t at)
{
    lexer->line_begins = at > 0 && lexer->source[at - 1] == '\n';
    lexer->at = at;
}

/* Behind "%}" and its like: `plus` says whether "+%}" is allowed, `trim` whether a line end goes. */
static bool end_of_tag(const struct cpl_lexer *lexer, size_t at, const char *closer, bool plus,
                       bool trim, size_t *after)
{
    char sign = sign_at(lexer, at);
    size_t begin = at + (sign != 0);
    if ((sign == '+' && !plus) || !looking_at(lexer, begin, closer))
        return false;
    *after = begin + strlen(closer);
    if (sign == '-')
        *after = skip_space(lexer, *after);
    else if (sign == 0 && trim && looking_at(lexer, *after, "\n"))
        *after += 1;
    return true;
}

static cpl_status skip_comment(struct cpl_lexer *lexer, size_t begin, struct cpl_error *error)
{
    size_t after;
    if (lexer->at == lexer->length) /* jinja2 lets an empty one at the very end pass */
        return CPL_OK;
    for (size_t at = lexer->at; at < lexer->length; at++)
        if (end_of_tag(lexer, at, "#}", true, true, &after)) {
            move_to(lexer, after);
            return CPL_OK;
        }
    return cpl_template_fail(lexer->chat, (uint32_t)begin, error,
                             "the comment has no end, expected #}");
}

/* Behind the word of "{%- WORD", or 0. */
static size_t word_of_tag(const struct cpl_lexer *lexer, size_t at, const char *word)
{
    if (!looking_at(lexer, at, "{%"))
        return 0;
    at += 2;
    at = skip_space(lexer, at + (sign_at(lexer, at) != 0));
    if (!looking_at(lexer, at, word))
        return 0;
    return skip_space(lexer, at + strlen(word));
}

static cpl_status read_raw(struct cpl_lexer *lexer, size_t begin, struct cpl_error *error)
{
    if (lexer->at == lexer->length)
        return CPL_OK;
    for (size_t at = lexer->at; at < lexer->length; at++) {
        size_t after, behind = word_of_tag(lexer, at, "endraw");
        if (!behind || !end_of_tag(lexer, behind, "%}", true, true, &after))
            continue;
        CPL_TRY(add_data(lexer, lexer->at, at, sign_at(lexer, at + 2), true, error));
        move_to(lexer, after);
        return CPL_OK;
    }
    return cpl_template_fail(lexer->chat, (uint32_t)begin, error,
                             "the raw block has no end, expected {%% endraw %%}");
}

static cpl_status read_operator(struct cpl_lexer *lexer, struct cpl_error *error)
{
    static const char *const operators[] = {"**", "//", "==", "!=", ">=", "<=", "+", "-", "/",
                                            "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                            ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};
    size_t at = lexer->at, k = 0;
    while (k < sizeof operators / sizeof *operators && !looking_at(lexer, at, operators[k]))
        k++;
    if (k == sizeof operators / sizeof *operators)
        return cpl_template_fail(lexer->chat, (uint32_t)at, error, "unexpected character");
    char sign = *operators[k];
    if (strchr("([{", sign)) {
        if (lexer->n_brackets == BRACKETS_MAX)
            return cpl_template_fail(lexer->chat, (uint32_t)at, error,
                                     "more than %d brackets inside each other", BRACKETS_MAX);
        lexer->bracket[lexer->n_brackets++] = sign == '(' ? ')' : sign == '[' ? ']' : '}';
    } else if (strchr(")]}", sign)) {
        if (lexer->n_brackets == 0 || lexer->bracket[--lexer->n_brackets] != sign)
            return cpl_template_fail(lexer->chat, (uint32_t)at, error, "unexpected '%c'", sign);
    }
    lexer->at += strlen(operators[k]);
    return add_token(lexer,
                     (struct cpl_token){.kind = (enum cpl_token_kind)(CPL_TOKEN_POWER + k),
                                        .position = (uint32_t)at},
                     error);
}

/* What stands between "{{" or "{%" and its end. */
static cpl_status read_tag(struct cpl_lexer *lexer, size_t begin, bool block,
                           struct cpl_error *error)
{
    lexer->n_brackets = 0;
    for (;;) {
        size_t after, space;
        if (lexer->n_brackets == 0 &&
            end_of_tag(lexer, lexer->at, block ? "%}" : "}}", block, block, &after)) {
            struct cpl_token end = {.kind = block ? CPL_TOKEN_BLOCK_END : CPL_TOKEN_PRINT_END,
                                    .position = (uint32_t)lexer->at};
            move_to(lexer, after);
            return add_token(lexer, end, error);
        }
        space = skip_space(lexer, lexer->at);
        if (space > lexer->at) {
            lexer->at = space;
            continue;
        }
        if (lexer->at == lexer->length)
            return cpl_template_fail(lexer->chat, (uint32_t)begin, error,
                                     "the tag has no end, expected %s", block ? "%}" : "}}");
        struct cpl_token token = {.position = (uint32_t)lexer->at};
        bool found = false;
        CPL_TRY(cpl_lexer_word(lexer, &token, &found, error));
        CPL_TRY(found ? add_token(lexer, token, error) : read_operator(lexer, error));
    }
}

/* Text up to the next tag, then the tag. */
static cpl_status read_part(struct cpl_lexer *lexer, struct cpl_error *error)
{
    size_t begin = lexer->at, at = begin, after = 0;
    while (at < lexer->length && !(lexer->source[at] == '{' && at + 1 < lexer->length &&
                                   memchr("{%#", lexer->source[at + 1], 3)))
        at++;
    if (at == lexer->length) {
        lexer->at = at;
        return add_data(lexer, begin, at, '+', false, error);
    }
    char kind = lexer->source[at + 1], sign = sign_at(lexer, at + 2);
    CPL_TRY(add_data(lexer, begin, at, sign, kind != '{', error));
    size_t raw = word_of_tag(lexer, at, "raw");
    if (raw && end_of_tag(lexer, raw, "%}", false, false, &after)) {
        move_to(lexer, after);
        return read_raw(lexer, at, error);
    }
    lexer->at = at + 2 + (sign != 0);
    lexer->line_begins = false;
    if (kind == '#')
        return skip_comment(lexer, at, error);
    CPL_TRY(add_token(
        lexer,
        (struct cpl_token){.kind = kind == '%' ? CPL_TOKEN_BLOCK_BEGIN : CPL_TOKEN_PRINT_BEGIN,
                           .position = (uint32_t)at},
        error));
    return read_tag(lexer, at, kind == '%', error);
}

cpl_status cpl_template_tokens(struct cpl_chat_template *chat, struct cpl_token **tokens,
                               size_t *count, struct cpl_error *error)
{
    struct cpl_lexer lexer = {
        .chat = chat, .source = chat->source, .length = chat->length, .line_begins = true};
    char brackets[BRACKETS_MAX];
    lexer.bracket = brackets;
    cpl_status status = CPL_OK;
    while (status == CPL_OK && lexer.at < lexer.length)
        status = read_part(&lexer, error);
    if (status == CPL_OK)
        status =
            add_token(&lexer, (struct cpl_token){.position = (uint32_t)lexer.length}, error);
    if (status != CPL_OK) {
        free(lexer.token);
        return status;
    }
    *tokens = lexer.token;
    *count = lexer.count;
    return CPL_OK;
}
