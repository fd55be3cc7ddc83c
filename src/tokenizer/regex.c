/* Compiling with PCRE2, and walking over matches: see regex.h.
 *
 * Every place where a search may turn back calls count_turn, so that a pattern that explodes ends after
 * a number of steps that depends on the text and nothing else. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "tokenizer/regex.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_TURNS = 100000000,  /* and for each byte of text */
    MOST_TURNS_A_BYTE = 100, /* so many more */
    MOST_HEAP_KIB = 65536,   /* of PCRE2 without JIT */
    JIT_STACK_BYTES = 1 << 20,
    MOST_MATCH_STEPS = 200000000 /* PCRE2's own count within one match */
};

struct cpl_regex {
    pcre2_code *code;
    char *pattern; /* its beginning, for messages */
};

struct cpl_regex_search {
    const struct cpl_regex *regex;
    const char *text;
    size_t length;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* NULL until the usual one does not do */
    uint64_t turns_left;
    size_t next;     /* the search goes on here */
    size_t last_end; /* of the match before */
    bool has_last;
};

/* ---- compiling ------------------------------------------------------------------------------- */

/* PCRE2's tables must be those that regex_unicode.h compares with. */
static bool tables_are_known(void)
{
    char version[64] = {0};
    int n = pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, NULL);
    if (n <= 0 || n >= (int)sizeof version)
        return false;
    pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, version);
    return strcmp(version, "14.0.0") == 0;
}

static cpl_status compile(struct cpl_regex *regex, const struct cpl_buffer *pattern,
                          const char *where, struct cpl_error *error)
{
    int code = 0;
    size_t at = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, where, "out of memory");
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_bsr(context, PCRE2_BSR_UNICODE);
    regex->code = pcre2_compile(
        (PCRE2_SPTR)(pattern->data ? pattern->data : ""), pattern->length,
        PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NO_UTF_CHECK, &code, &at, context);
    pcre2_compile_context_free(context);
    if (!regex->code) {
        PCRE2_UCHAR message[200] = {0};
        pcre2_get_error_message(code, message, sizeof message);
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "regular expression \"%.60s\": %s",
                             regex->pattern, (const char *)message);
    }
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without, it is only slower */
    return CPL_OK;
}

static cpl_status new_regex(struct cpl_regex **out, const struct cpl_buffer *pattern,
                            const char *shown, size_t length, const char *where,
                            struct cpl_error *error)
{
    struct cpl_regex *regex = NULL;
    CPL_TRY(cpl_memory_new(&regex, 1, sizeof *regex, error));
    cpl_status status = cpl_text_copy_n(&regex->pattern, shown, length, error);
    if (status == CPL_OK)
        status = compile(regex, pattern, where, error);
    if (status == CPL_OK)
        *out = regex;
    else
        cpl_regex_free(regex);
    return status;
}

cpl_status cpl_regex_compile(struct cpl_regex **out, const char *pattern, size_t length,
                             const char *where, struct cpl_error *error)
{
    struct cpl_buffer translated = {0};
    cpl_status status =
        cpl_regex_translate(&translated, pattern, length, tables_are_known(), where, error);
    if (status == CPL_OK)
        status = new_regex(out, &translated, pattern, length, where, error);
    cpl_buffer_clear(&translated);
    return status;
}

cpl_status cpl_regex_compile_literal(struct cpl_regex **out, const char *text, size_t length,
                                     const char *where, struct cpl_error *error)
{
    struct cpl_buffer pattern = {0};
    for (size_t at = 0; at < length;)
        cpl_buffer_format(&pattern, "\\x{%x}", (unsigned)cpl_utf8_next(text, &at));
    cpl_status status = cpl_buffer_check(&pattern, error);
    if (status == CPL_OK)
        status = new_regex(out, &pattern, text, length, where, error);
    cpl_buffer_clear(&pattern);
    return status;
}

void cpl_regex_free(struct cpl_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    free(regex->pattern);
    free(regex);
}

/* ---- searching ------------------------------------------------------------------------------- */

static int count_turn(pcre2_callout_block *block, void *search)
{
    uint64_t *left = &((struct cpl_regex_search *)search)->turns_left;
    (void)block;
    if (*left == 0)
        return PCRE2_ERROR_MATCHLIMIT;
    --*left;
    return 0;
}

cpl_status cpl_regex_search_new(struct cpl_regex_search **out, const struct cpl_regex *regex,
                                const char *text, size_t length, struct cpl_error *error)
{
    struct cpl_regex_search *search = NULL;
    CPL_TRY(cpl_memory_new(&search, 1, sizeof *search, error));
    search->regex = regex;
    search->data = pcre2_match_data_create(1, NULL);
    search->context = pcre2_match_context_create(NULL);
    if (!search->data || !search->context) {
        cpl_regex_search_free(search);
        return cpl_out_of_memory(error);
    }
    pcre2_set_callout(search->context, count_turn, search);
    pcre2_set_match_limit(search->context, MOST_MATCH_STEPS);
    pcre2_set_heap_limit(search->context, MOST_HEAP_KIB);
    cpl_regex_search_restart(search, text, length);
    *out = search;
    return CPL_OK;
}

void cpl_regex_search_restart(struct cpl_regex_search *search, const char *text, size_t length)
{
    search->text = text;
    search->length = length;
    search->turns_left = MOST_TURNS + (uint64_t)MOST_TURNS_A_BYTE * length;
    search->next = search->last_end = 0;
    search->has_last = false;
}

void cpl_regex_search_free(struct cpl_regex_search *search)
{
    if (!search)
        return;
    pcre2_match_data_free(search->data);
    pcre2_match_context_free(search->context);
    pcre2_jit_stack_free(search->stack);
    free(search);
}

static int match_from(const struct cpl_regex_search *search, size_t at, uint32_t options)
{
    return pcre2_match(search->regex->code, (PCRE2_SPTR)search->text, search->length, at,
                       PCRE2_NO_UTF_CHECK | options, search->data, search->context);
}

/* With JIT on its usual stack, then on a larger one, then without JIT on the heap. */
static int match_somehow(struct cpl_regex_search *search, size_t at)
{
    int found = match_from(search, at, 0);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT && !search->stack) {
        search->stack = pcre2_jit_stack_create(JIT_STACK_BYTES / 4, JIT_STACK_BYTES, NULL);
        if (search->stack) {
            pcre2_jit_stack_assign(search->context, NULL, search->stack);
            found = match_from(search, at, 0);
        }
    }
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found = match_from(search, at, PCRE2_NO_JIT);
    return found;
}

static cpl_status explain(const struct cpl_regex_search *search, int code,
                          struct cpl_error *error)
{
    if (code == PCRE2_ERROR_NOMEMORY)
        return cpl_out_of_memory(error);
    const char *what = code == PCRE2_ERROR_MATCHLIMIT  ? "steps"
                       : code == PCRE2_ERROR_HEAPLIMIT ? "memory"
                                                       : NULL;
    if (what)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "the regular expression \"%.60s\" takes too %s %s on this text",
                             search->regex->pattern, what[0] == 's' ? "many" : "much", what);
    PCRE2_UCHAR message[200] = {0};
    pcre2_get_error_message(code, message, sizeof message);
    return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "regular expression \"%.60s\": %s",
                         search->regex->pattern, (const char *)message);
}

/* The walk of Rust's onig crate: an empty match right behind another match does not count. */
cpl_status cpl_regex_search_next(struct cpl_regex_search *search, size_t *begin, size_t *end,
                                 bool *found, struct cpl_error *error)
{
    *found = false;
    while (search->next <= search->length) {
        int code = match_somehow(search, search->next);
        if (code == PCRE2_ERROR_NOMATCH)
            break;
        if (code < 0)
            return explain(search, code, error);
        const size_t *place = pcre2_get_ovector_pointer(search->data);
        if (place[0] != place[1] || !search->has_last || search->last_end != place[1]) {
            *begin = place[0];
            *end = place[1];
            *found = search->has_last = true;
            search->next = search->last_end = place[1];
            return CPL_OK;
        }
        if (search->next == search->length)
            break;
        cpl_utf8_next(search->text, &search->next);
    }
    search->next = search->length + 1;
    return CPL_OK;
}
