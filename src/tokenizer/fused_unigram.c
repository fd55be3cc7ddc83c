/* Hugging Face's Unigram models with Metaspace, long texts a part at a time: words begin at spaces, so the
 * pipeline may take a text apart at a space that stands between two ASCII letters or digits, which no
 * normalizer of the list below looks past.  Memory is then that of a part. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/unigram.h"
#include <stdlib.h>
#include <string.h>

enum { PART = 8192 };

static bool is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/* Where a part may end, at least PART bytes on; `end` if nowhere. */
static size_t part_end(const char *text, size_t begin, size_t end)
{
    for (size_t at = begin + PART; at + 1 < end; at++) {
        const char *space = memchr(text + at, ' ', end - at);
        if (!space)
            return end;
        at = (size_t)(space - text);
        if (at + 1 < end && is_plain(text[at - 1]) && is_plain(text[at + 1]))
            return at;
    }
    return end;
}

/* A first character that a normalizer drops would move the places of all that follow. */
static bool begins_plain(const char *text, size_t begin)
{
    size_t at = begin;
    uint32_t code = cpl_utf8_next(text, &at);
    return (code < 0x80 && is_plain((char)code)) || cpl_code_is_han(code);
}

static cpl_status fused_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error)
{
    (void)state;
    if (end - begin > PART && !begins_plain(text, begin))
        return cpl_pipeline_encode(tokenizer, encoding, text, begin, end, first, error);
    for (size_t next; begin < end; begin = next, first = false) {
        next = part_end(text, begin, end);
        CPL_TRY(cpl_pipeline_encode(tokenizer, encoding, text, begin, next, first, error));
    }
    return CPL_OK;
}

/* ---- which tokenizers ------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_one_of(const char *type, const char *const *types)
{
    while (*types && strcmp(*types, type) != 0)
        types++;
    return *types != NULL;
}

/* Normalizers that look at a character and what joins it, or at spaces side by side. */
static bool is_local(const json_t *normalizer)
{
    static const char *const types[] = {
        "Precompiled", "Nmt", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", NULL};
    const json_t *members = json_object_get(normalizer, "normalizers");
    const char *type = text_of(normalizer, "type");
    bool local = true;
    if (strcmp(type, "Replace") == 0)
        return strcmp(text_of(json_object_get(normalizer, "pattern"), "Regex"), " {2,}") == 0 &&
               strcmp(text_of(normalizer, "content"), " ") == 0;
    if (strcmp(type, "Sequence") != 0)
        return is_one_of(type, types);
    for (size_t i = 0; i < json_array_size(members); i++)
        local = local && is_local(json_array_get(members, i));
    return local;
}

/* Metaspace that splits, alone or behind WhitespaceSplit. */
static bool splits_at_spaces(const json_t *pre_tokenizer)
{
    const json_t *members = json_object_get(pre_tokenizer, "pretokenizers");
    if (strcmp(text_of(pre_tokenizer, "type"), "Sequence") == 0)
        return json_array_size(members) == 2 &&
               strcmp(text_of(json_array_get(members, 0), "type"), "WhitespaceSplit") == 0 &&
               splits_at_spaces(json_array_get(members, 1));
    return strcmp(text_of(pre_tokenizer, "type"), "Metaspace") == 0 &&
           !json_is_false(json_object_get(pre_tokenizer, "split"));
}

static cpl_status fused_attach(void **state, const struct cpl_tokenizer *tokenizer,
                               struct cpl_error *error)
{
    const json_t *sections = tokenizer->sections;
    if (tokenizer->model != &cpl_tokenizer_unigram || tokenizer->normalized.n > 0 ||
        (tokenizer->normalizers.n > 0 && !is_local(json_object_get(sections, "normalizer"))) ||
        !splits_at_spaces(json_object_get(sections, "pre_tokenizer")))
        return CPL_OK;
    return cpl_memory_new(state, 1, 1, error);
}

const struct cpl_fused_encoder cpl_fused_unigram = {"unigram", fused_attach, fused_encode,
                                                    free};
