/* Tokens as parts of words: see fill_words.h. */
#include "generate/fill_words.h"

#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"
#include <string.h>
#include <utf8proc.h>

enum { LONGEST_PIECE = 256 };

static bool is_letter(uint32_t code)
{
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return true;
    default: return false;
    }
}

static bool is_inside(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

bool cpl_fill_is_word_part(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    char text[LONGEST_PIECE];
    size_t length = cpl_piece_text(tokenizer, id, text, sizeof text);
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t n = cpl_utf8_decode(&code, text + at, length - at);
        if (n == 0 || is_letter(code))
            return true;
        at += n;
    }
    return false;
}

bool cpl_fill_begins_word(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    char first = 0;
    cpl_piece_text(tokenizer, id, &first, 1);
    return !cpl_tokenizer_continues(tokenizer, id) && !is_inside(first);
}

static bool is_chinese(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    char text[LONGEST_PIECE];
    size_t length = cpl_piece_text(tokenizer, id, text, sizeof text), at = 0;
    while (at < length) {
        uint32_t code;
        size_t n = cpl_utf8_decode(&code, text + at, length - at);
        if (n == 0 || !cpl_code_is_han(code))
            return false;
        at += n;
    }
    return length > 0;
}

bool cpl_fill_joins(const struct cpl_tokenizer *tokenizer, int32_t previous, int32_t next)
{
    char first[4] = {0};
    if (cpl_tokenizer_continues(tokenizer, next))
        return true;
    if (cpl_pieces_mark_spaces(tokenizer))
        return cpl_piece_text(tokenizer, next, first, sizeof first) > 0 && first[0] != ' ';
    return is_chinese(tokenizer, previous) && is_chinese(tokenizer, next);
}

void cpl_fill_trim(char *text)
{
    size_t begin = strspn(text, " \t\r\n"), length = strlen(text + begin);
    while (length > 0 && strchr(" \t\r\n", text[begin + length - 1]))
        length--;
    memmove(text, text + begin, length);
    text[length] = 0;
}

/* The text's characters; *chinese: one of them is. */
static bool is_whole(const char *text, bool *chinese)
{
    bool letters = false;
    *chinese = false;
    for (size_t at = 0; text[at];) {
        uint32_t code = cpl_utf8_next(text, &at);
        if (code == CPL_REPLACEMENT_CODE)
            return false;
        letters = letters || is_letter(code);
        *chinese = *chinese || cpl_code_is_han(code);
    }
    return letters;
}

cpl_status cpl_fill_is_word(bool *word, const struct cpl_segmenter *segmenter, const char *text,
                            int n_tokens, struct cpl_error *error)
{
    struct cpl_spans words = {0};
    bool chinese;
    *word = is_whole(text, &chinese);
    if (!*word || n_tokens == 1 || !segmenter)
        return CPL_OK;
    *word = cpl_segmenter_has(segmenter, text, strlen(text));
    if (*word || chinese)
        return CPL_OK;
    cpl_status status = cpl_segment(segmenter, &words, text, strlen(text), error);
    *word = status == CPL_OK && words.count == 1;
    cpl_spans_clear(&words);
    return status;
}
