/* BERT's normalizer and pre-tokenizer as stages: see pipeline.h and bert_characters.h.
 *
 * Canonical order: within a run of characters with combining classes, lower classes come first and
 * equal ones keep their order (Unicode Standard, section 3.11). */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bert_characters.h"
#include "tokenizer/normal_form.h"
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

/* Class after class, in linear time: there are 255 of them at most. */
static cpl_status end_run(struct normalization *work, struct cpl_error *error)
{
    size_t left = work->n_run;
    for (int combining_class = 0; left > 0 && combining_class < 256; combining_class++)
        for (size_t i = 0; i < work->n_run; i++)
            if (work->run[i].combining_class == combining_class) {
                CPL_TRY(put(work->normal, &work->run[i], error));
                left--;
            }
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
    work->run[work->n_run++] = place;
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

/* Where marks change places, Hugging Face's tokenizers keeps the places of their ranks (normal_form.h),
 * marks that are stripped counted; so such texts go through its steps one by one. */
struct normalizer {
    struct cpl_bert_characters all; /* first: the state is read as this, too */
    struct cpl_bert_characters clean, strip;
};

static const struct cpl_pieces no_pieces;

static void free_normalizer(void *state)
{
    struct normalizer *normalizer = state;
    if (!normalizer)
        return;
    cpl_bert_characters_clear(&normalizer->all);
    cpl_bert_characters_clear(&normalizer->clean);
    cpl_bert_characters_clear(&normalizer->strip);
    free(normalizer);
}

static cpl_status new_normalizer(void **state, const struct cpl_bert_options *all,
                                 struct cpl_error *error)
{
    struct cpl_bert_options clean = {all->clean_text, all->handle_chinese_chars, false, false};
    struct cpl_bert_options strip = {false, false, true, all->lowercase};
    struct normalizer *normalizer = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&normalizer, 1, sizeof *normalizer, error));
    CPL_TRY_GOTO(cpl_bert_characters_init(&normalizer->all, all, &no_pieces, 0, error));
    if (all->strip_accents) {
        CPL_TRY_GOTO(
            cpl_bert_characters_init(&normalizer->clean, &clean, &no_pieces, 0, error));
        CPL_TRY_GOTO(
            cpl_bert_characters_init(&normalizer->strip, &strip, &no_pieces, 0, error));
    }
    *state = normalizer;
    normalizer = NULL;
done:
    free_normalizer(normalizer);
    return status;
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
    return new_normalizer(state, &bert, error);
}

static bool is_ordered(const struct cpl_bert_characters *characters, uint32_t code)
{
    return (cpl_bert_info(characters, code) & CPL_CHARACTER_KIND_MASK) == CPL_CHARACTER_ORDERED;
}

/* Whether a mark that stays may change places. */
static bool has_ordered(const struct cpl_bert_characters *characters,
                        const struct cpl_normal_text *text)
{
    bool found = false;
    for (size_t at = 0; at < text->n_bytes && !found;) {
        uint32_t code = cpl_utf8_next(text->bytes, &at), image[4];
        if (code < 0x80)
            continue;
        uint32_t kind = cpl_bert_info(characters, code) & CPL_CHARACTER_KIND_MASK;
        size_t n =
            kind == CPL_CHARACTER_SEQUENCE ? cpl_bert_sequence(characters, image, code) : 0;
        found = kind == CPL_CHARACTER_ORDERED;
        for (size_t i = 0; i < n; i++)
            found |= is_ordered(characters, image[i]);
    }
    return found;
}

static cpl_status normalize_all(const struct cpl_bert_characters *characters,
                                struct cpl_work *work, struct cpl_error *error)
{
    cpl_work_empty_spare(work);
    CPL_TRY(cpl_bert_normalize(characters, &work->spare, work->text.bytes, 0,
                               work->text.n_bytes, error));
    cpl_work_compose_text(work);
    return CPL_OK;
}

static cpl_status normalizer_apply(const void *state, struct cpl_work *work,
                                   struct cpl_error *error)
{
    const struct normalizer *normalizer = state;
    if (!normalizer->all.options.strip_accents || !has_ordered(&normalizer->all, &work->text))
        return normalize_all(&normalizer->all, work, error);
    CPL_TRY(normalize_all(&normalizer->clean, work, error));
    cpl_work_empty_spare(work);
    CPL_TRY(cpl_work_normal_form(work, false, false, error));
    return normalize_all(&normalizer->strip, work, error);
}

const struct cpl_stage_kind cpl_normalizer_bert = {"BertNormalizer", normalizer_read,
                                                   normalizer_apply, free_normalizer};

/* ---- BertPreTokenizer: words between white space, punctuation alone --------------------------- */

static void free_characters(void *state)
{
    if (state)
        cpl_bert_characters_clear(state);
    free(state);
}

static cpl_status pre_tokenizer_read(void **state, const json_t *section, const char *where,
                                     struct cpl_error *error)
{
    static const struct cpl_bert_options splits_only = {false, false, false, false};
    struct cpl_bert_characters *characters = NULL;
    (void)section;
    (void)where;
    CPL_TRY(cpl_memory_new(&characters, 1, sizeof *characters, error));
    cpl_status status =
        cpl_bert_characters_init(characters, &splits_only, &no_pieces, 0, error);
    if (status == CPL_OK)
        *state = characters;
    else
        free(characters);
    return status;
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
