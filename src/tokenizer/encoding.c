/* From text to ids: added tokens are cut out, the model encodes what lies between, a template may go
 * around it. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

void cpl_encoding_clear(struct cpl_encoding *encoding)
{
    free(encoding->id);
    free(encoding->span);
    free(encoding->type);
    free(encoding->source);
    cpl_encode_scratch_free(encoding->scratch);
    *encoding = (struct cpl_encoding){0};
}

static cpl_status reserve(struct cpl_encoding *encoding, size_t needed, struct cpl_error *error)
{
    size_t capacity[4] = {encoding->capacity, encoding->capacity, encoding->capacity,
                          encoding->capacity};
    CPL_TRY(cpl_memory_grow(&encoding->id, &capacity[0], needed, sizeof *encoding->id, error));
    CPL_TRY(
        cpl_memory_grow(&encoding->span, &capacity[1], needed, sizeof *encoding->span, error));
    CPL_TRY(cpl_memory_grow(&encoding->type, &capacity[2], needed, 1, error));
    CPL_TRY(cpl_memory_grow(&encoding->source, &capacity[3], needed, 1, error));
    encoding->capacity = capacity[0];
    return CPL_OK;
}

cpl_status cpl_encoding_grow(struct cpl_encoding *encoding, struct cpl_error *error)
{
    return reserve(encoding, encoding->count + 1, error);
}

static cpl_status encode_section(const struct cpl_tokenizer *tokenizer,
                                 struct cpl_encoding *encoding, const char *text, size_t begin,
                                 size_t end, struct cpl_error *error)
{
    if (begin >= end)
        return CPL_OK;
    if (tokenizer->fused)
        return tokenizer->fused->encode(tokenizer, tokenizer->fused_state, encoding, text,
                                        begin, end, begin == 0, error);
    return cpl_pipeline_encode(tokenizer, encoding, text, begin, end, begin == 0, error);
}

static cpl_status encode_text(const struct cpl_tokenizer *tokenizer,
                              struct cpl_encoding *encoding, const char *text, size_t length,
                              struct cpl_error *error)
{
    size_t valid = cpl_utf8_valid_prefix(text, length);
    if (valid != length)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "the text is not UTF-8 at byte %zu",
                             valid);
    struct cpl_added_search search = {0};
    const struct cpl_added_token *token;
    size_t begin, end, done = 0;
    while (
        cpl_added_tokens_find(&tokenizer->raw, &search, text, length, &token, &begin, &end)) {
        CPL_TRY(encode_section(tokenizer, encoding, text, done, begin, error));
        CPL_TRY(cpl_encoding_add(encoding, token->id, begin, end, error));
        done = end;
    }
    return encode_section(tokenizer, encoding, text, done, length, error);
}

static void mark(struct cpl_encoding *encoding, size_t begin, uint8_t type, uint8_t source)
{
    if (encoding->count == begin)
        return;
    memset(encoding->type + begin, type, encoding->count - begin);
    memset(encoding->source + begin, source, encoding->count - begin);
}

/* Tokens that the template puts between texts are from no place. */
static cpl_status fill_template(const struct cpl_tokenizer *tokenizer,
                                const struct cpl_template *template,
                                struct cpl_encoding *encoding, const char *const text[2],
                                const size_t length[2], struct cpl_error *error)
{
    for (size_t i = 0; i < template->n; i++) {
        struct cpl_template_item item = template->item[i];
        size_t begin = encoding->count, k = item.id == CPL_TEMPLATE_SECOND;
        if (item.id >= 0)
            CPL_TRY(cpl_encoding_add(encoding, item.id, 0, 0, error));
        else
            CPL_TRY(encode_text(tokenizer, encoding, text[k], length[k], error));
        mark(encoding, begin, item.type, item.id >= 0 ? CPL_SOURCE_NONE : (uint8_t)k);
    }
    return CPL_OK;
}

cpl_status cpl_tokenizer_encode(const struct cpl_tokenizer *tokenizer,
                                struct cpl_encoding *encoding, const char *text, size_t length,
                                struct cpl_error *error)
{
    encoding->count = 0;
    CPL_TRY(encode_text(tokenizer, encoding, text, length, error));
    mark(encoding, 0, 0, 0);
    return CPL_OK;
}

cpl_status cpl_tokenizer_encode_special(const struct cpl_tokenizer *tokenizer,
                                        struct cpl_encoding *encoding, const char *text,
                                        size_t length, struct cpl_error *error)
{
    encoding->count = 0;
    return fill_template(tokenizer, &tokenizer->single, encoding,
                         (const char *const[]){text, ""}, (const size_t[]){length, 0}, error);
}

cpl_status cpl_tokenizer_encode_pair(const struct cpl_tokenizer *tokenizer,
                                     struct cpl_encoding *encoding, const char *const text[2],
                                     const size_t length[2], bool special,
                                     struct cpl_error *error)
{
    static const struct cpl_template bare = {
        {{CPL_TEMPLATE_FIRST, 0}, {CPL_TEMPLATE_SECOND, 1}}, 2};
    encoding->count = 0;
    return fill_template(tokenizer, special ? &tokenizer->pair : &bare, encoding, text, length,
                         error);
}
