/* BERT's normalizer and pre-tokenizer as stages: see pipeline.h and bert_characters.h.
 *
 * Canonical order: within a run of characters with combining classes, lower classes come first and
 * equal ones keep their order (Unicode Standard, section 3.11). */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bert_characters.h"
#include "tokenizer/pipeline.h"
#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t code;
    int combining_class; /* 0: starts a run */
    size_t begin, end;
};
struct normalization {
    const struct cpl_bert_characters *characters;
    struct cpl_normal_text *normal;
    struct place *run; /* waits until its order is certain */
    size_t n_run, run_capacity;
};

static cpl_status put(struct cpl_normal_text *normal, const struct place *place,
                      struct cpl_error *error)
{
    char bytes[4];
    size_t n = cpl_utf8_encode(bytes, place->code);
    return cpl_normal_text_add(normal, bytes, n, place->begin, place->end, error);
}

static cpl_status end_run(struct normalization *work, struct cpl_error *error)
{
    for (size_t i = 0; i < work->n_run; i++)
        CPL_TRY(put(work->normal, &work->run[i], error));
    work->n_run = 0;
    return CPL_OK;
}

static cpl_status add(struct normalization *work, uint32_t code, size_t begin, size_t end,
                      struct cpl_error *error)
{
    struct place place = {code, 0, begin, end};
    if (work->characters->options.strip_accents)
        place.combining_class = cpl_bert_combining_class(code);
    if (place.combining_class == 0)
        CPL_TRY(end_run(work, error));
    CPL_TRY(
        cpl_memory_grow(&work->run, &work->run_capacity, work->n_run + 1, sizeof place, error));
    size_t at = work->n_run++;
    for (; at > 0 && work->run[at - 1].combining_class > place.combining_class; at--)
        work->run[at] = work->run[at - 1];
    work->run[at] = place;
    return CPL_OK;
}

static cpl_status normalize_code(struct normalization *work, uint32_t code, size_t begin,
                                 size_t end, struct cpl_error *error)
{
    const struct cpl_bert_characters *characters = work->characters;
    uint32_t info = cpl_bert_info(characters, code), image[4] = {code};
    size_t n = 1;
    switch ((enum cpl_character_kind)(info & CPL_CHARACTER_KIND_MASK)) {
    case CPL_CHARACTER_DROPPED: return CPL_OK;
    case CPL_CHARACTER_BREAK: return end_run(work, error);
    case CPL_CHARACTER_SPACE: image[0] = characters->options.clean_text ? ' ' : code; break;
    case CPL_CHARACTER_SEQUENCE: n = cpl_bert_sequence(characters, image, code); break;
    default: image[0] = cpl_bert_image(characters, code);
    }
    bool apart = characters->options.handle_chinese_chars && cpl_bert_is_chinese(code);
    if (apart)
        CPL_TRY(add(work, ' ', begin, end, error));
    for (size_t i = 0; i < n; i++)
        CPL_TRY(add(work, image[i], begin, end, error));
    return apart ? add(work, ' ', begin, end, error) : CPL_OK;
}

cpl_status cpl_bert_normalize(const struct cpl_bert_characters *characters,
                              struct cpl_normal_text *normal, const char *text, size_t begin,
                              size_t end, struct cpl_error *error)
{
    struct normalization work = {.characters = characters, .normal = normal};
    cpl_status status = CPL_OK;
    while (begin < end && status == CPL_OK) {
        size_t at = begin;
        uint32_t code = cpl_utf8_next(text, &begin);
        status = normalize_code(&work, code, at, begin, error);
    }
    if (status == CPL_OK)
        status = end_run(&work, error);
    free(work.run);
    return status;
}

/* ---- BertNormalizer -------------------------------------------------------------------------- */

static cpl_status new_characters(void **state, const struct cpl_bert_options *options,
                                 struct cpl_error *error)
{
    static const struct cpl_pieces none = {0};
    struct cpl_bert_characters *characters = NULL;
    CPL_TRY(cpl_memory_new(&characters, 1, sizeof *characters, error));
    *state = characters;
    cpl_status status = cpl_bert_characters_init(characters, options, &none, 0, error);
    if (status != CPL_OK) {
        free(characters);
        *state = NULL;
    }
    return status;
}

static void free_characters(void *state)
{
    if (state)
        cpl_bert_characters_clear(state);
    free(state);
}

static cpl_status normalizer_read(void **state, const json_t *section, const char *where,
                                  struct cpl_error *error)
{
    struct cpl_bert_options bert = {true, true, false, true};
    CPL_TRY(cpl_json_get_bool(&bert.clean_text, section, "clean_text", where, error));
    CPL_TRY(cpl_json_get_bool(&bert.handle_chinese_chars, section, "handle_chinese_chars",
                              where, error));
    CPL_TRY(cpl_json_get_bool(&bert.lowercase, section, "lowercase", where, error));
    bert.strip_accents = bert.lowercase; /* what null means */
    CPL_TRY(cpl_json_get_bool(&bert.strip_accents, section, "strip_accents", where, error));
    return new_characters(state, &bert, error);
}

static cpl_status normalizer_apply(const void *state, struct cpl_work *work,
                                   struct cpl_error *error)
{
    CPL_TRY(cpl_bert_normalize(state, &work->spare, work->text.bytes, 0, work->text.n_bytes,
                               error));
    cpl_work_compose_text(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_normalizer_bert = {"BertNormalizer", normalizer_read,
                                                   normalizer_apply, free_characters};

/* ---- BertPreTokenizer: words between white space, punctuation alone --------------------------- */

static cpl_status pre_tokenizer_read(void **state, const json_t *section, const char *where,
                                     struct cpl_error *error)
{
    static const struct cpl_bert_options splits_only = {false, false, false, false};
    (void)section;
    (void)where;
    return new_characters(state, &splits_only, error);
}

static cpl_status split_word(const struct cpl_bert_characters *characters,
                             struct cpl_work *work, struct cpl_span word,
                             struct cpl_error *error)
{
    size_t begin = word.begin;
    for (size_t at = word.begin; at < word.end;) {
        size_t from = at;
        uint32_t code = cpl_utf8_next(work->text.bytes, &at);
        uint32_t kind = cpl_bert_info(characters, code) & CPL_CHARACTER_KIND_MASK;
        if (kind != CPL_CHARACTER_SPACE && kind != CPL_CHARACTER_ALONE)
            continue;
        CPL_TRY(cpl_work_add_word(work, begin, from, error));
        if (kind == CPL_CHARACTER_ALONE)
            CPL_TRY(cpl_work_add_word(work, from, at, error));
        begin = at;
    }
    return cpl_work_add_word(work, begin, word.end, error);
}

static cpl_status pre_tokenizer_apply(const void *state, struct cpl_work *work,
                                      struct cpl_error *error)
{
    for (size_t i = 0; i < work->words.count; i++)
        CPL_TRY(split_word(state, work, work->words.span[i], error));
    cpl_work_swap_words(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_pre_tokenizer_bert = {"BertPreTokenizer", pre_tokenizer_read,
                                                      pre_tokenizer_apply, free_characters};
