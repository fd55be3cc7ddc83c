/* From text to ids: added tokens are cut out, the model encodes what lies between, the post-processor
 * puts special tokens around it. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <assert.h>
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
    if (length > CPL_LONGEST_TEXT)
        return cpl_error_set(
            error, CPL_ERROR_INPUT, NULL,
            "the text has %zu bytes, more than the %d MiB that are encoded at once", length,
            CPL_LONGEST_TEXT >> 20);
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

static void mark(struct cpl_encoding *encoding, const struct cpl_template_item *item,
                 size_t begin, size_t end)
{
    uint8_t source = item->id >= 0 ? CPL_SOURCE_NONE : item->id == CPL_TEMPLATE_SECOND;
    if (begin == end)
        return;
    memset(encoding->type + begin, item->type, end - begin);
    memset(encoding->source + begin, source, end - begin);
}

/* Tokens that the template puts between texts are from no place. */
static cpl_status fill_plan(const struct cpl_tokenizer *tokenizer,
                            const struct cpl_template *plan, struct cpl_layout *layout,
                            struct cpl_encoding *encoding, const char *const *text,
                            const size_t *length, struct cpl_error *error)
{
    for (size_t i = 0; i < plan->n; i++) {
        size_t k = plan->item[i].id == CPL_TEMPLATE_SECOND;
        layout->begin[i] = encoding->count;
        if (plan->item[i].id >= 0)
            CPL_TRY(cpl_encoding_add(encoding, plan->item[i].id, 0, 0, error));
        else
            CPL_TRY(encode_text(tokenizer, encoding, text[k], length[k], error));
        layout->end[i] = encoding->count;
    }
    return CPL_OK;
}

cpl_status cpl_tokenizer_encode_with(const struct cpl_tokenizer *tokenizer,
                                     struct cpl_encoding *encoding, const char *const *text,
                                     const size_t *length, size_t n_texts,
                                     const struct cpl_encode_options *options,
                                     struct cpl_error *error)
{
    const struct cpl_post_processor *processor = &tokenizer->processor;
    const struct cpl_template *plan = &processor->plan[options->special][n_texts == 2];
    struct cpl_layout layout;
    assert(n_texts == 1 || n_texts == 2);
    encoding->count = 0;
    CPL_TRY(fill_plan(tokenizer, plan, &layout, encoding, text, length, error));
    if (options->max_length > 0)
        CPL_TRY(cpl_layout_truncate(processor, plan, &layout, encoding, options, n_texts == 2,
                                    error));
    for (size_t i = 0; i < plan->n; i++) {
        int32_t id = plan->item[i].id;
        for (size_t t = layout.begin[i]; id < 0 && processor->n_trims && t < layout.end[i]; t++)
            cpl_span_trim(tokenizer, encoding->id[t], &encoding->span[t], t == layout.begin[i],
                          text[id == CPL_TEMPLATE_SECOND]);
        mark(encoding, &plan->item[i], layout.begin[i], layout.end[i]);
    }
    return CPL_OK;
}

cpl_status cpl_tokenizer_encode(const struct cpl_tokenizer *tokenizer,
                                struct cpl_encoding *encoding, const char *text, size_t length,
                                struct cpl_error *error)
{
    static const struct cpl_encode_options options = {0};
    return cpl_tokenizer_encode_with(tokenizer, encoding, &text, &length, 1, &options, error);
}

cpl_status cpl_tokenizer_encode_special(const struct cpl_tokenizer *tokenizer,
                                        struct cpl_encoding *encoding, const char *text,
                                        size_t length, struct cpl_error *error)
{
    static const struct cpl_encode_options options = {.special = true};
    return cpl_tokenizer_encode_with(tokenizer, encoding, &text, &length, 1, &options, error);
}

cpl_status cpl_tokenizer_encode_pair(const struct cpl_tokenizer *tokenizer,
                                     struct cpl_encoding *encoding, const char *const text[2],
                                     const size_t length[2], bool special,
                                     struct cpl_error *error)
{
    struct cpl_encode_options options = {.special = special};
    return cpl_tokenizer_encode_with(tokenizer, encoding, text, length, 2, &options, error);
}
