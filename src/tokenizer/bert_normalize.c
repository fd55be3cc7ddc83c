/* BERT's normalizer as a text of its own, and encoding by way of it: see wordpiece.h.
 *
 * Canonical order: within a run of characters with combining classes, lower classes come first and
 * equal ones keep their order (Unicode Standard, section 3.11). */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/wordpiece.h"
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

void cpl_normal_text_clear(struct cpl_normal_text *normal)
{
    free(normal->bytes);
    free(normal->begin);
    free(normal->end);
    *normal = (struct cpl_normal_text){0};
}

static cpl_status put(struct cpl_normal_text *normal, const struct place *place,
                      struct cpl_error *error)
{
    size_t needed = normal->n_bytes + 4;
    CPL_TRY(cpl_memory_grow(&normal->bytes, &normal->capacity, needed, 1, error));
    CPL_TRY(cpl_memory_grow(&normal->begin, &normal->begin_capacity, needed,
                            sizeof *normal->begin, error));
    CPL_TRY(cpl_memory_grow(&normal->end, &normal->end_capacity, needed, sizeof *normal->end,
                            error));
    size_t n = cpl_utf8_encode(normal->bytes + normal->n_bytes, place->code);
    for (size_t i = 0; i < n; i++) {
        normal->begin[normal->n_bytes] = place->begin;
        normal->end[normal->n_bytes++] = place->end;
    }
    return CPL_OK;
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

/* ---- encoding -------------------------------------------------------------------------------- */

/* Words and pieces of normal->bytes[from, to). */
static cpl_status encode_words(const struct cpl_wordpiece *wordpiece,
                               struct cpl_encoding *encoding,
                               const struct cpl_normal_text *normal, size_t from, size_t to,
                               struct cpl_error *error)
{
    struct cpl_wordpiece_word word;
    word.n_bytes = word.n_characters = 0;
    while (from < to) {
        size_t at = from;
        uint32_t code = cpl_utf8_next(normal->bytes, &from);
        uint32_t info = cpl_bert_info(&wordpiece->characters, code);
        uint32_t kind = info & CPL_CHARACTER_KIND_MASK;
        if (kind != CPL_CHARACTER_SPACE && kind != CPL_CHARACTER_ALONE) {
            cpl_wordpiece_append(&word, code, normal->begin[at], normal->end[at],
                                 wordpiece->max_characters);
            continue;
        }
        CPL_TRY(cpl_wordpiece_flush(wordpiece, encoding, &word, error));
        if (kind == CPL_CHARACTER_ALONE)
            CPL_TRY(cpl_encoding_add(encoding, (int32_t)(info >> CPL_CHARACTER_KIND_BITS),
                                     normal->begin[at], normal->end[at], error));
    }
    return cpl_wordpiece_flush(wordpiece, encoding, &word, error);
}

static cpl_status encode_normal(const struct cpl_tokenizer *tokenizer,
                                struct cpl_encoding *encoding,
                                const struct cpl_normal_text *normal, struct cpl_error *error)
{
    struct cpl_added_search search = {0};
    const struct cpl_added_token *token;
    size_t begin, end, done = 0;
    while (cpl_added_tokens_find(&tokenizer->normalized, &search, normal->bytes,
                                 normal->n_bytes, &token, &begin, &end)) {
        if (done < begin)
            CPL_TRY(encode_words(tokenizer->state, encoding, normal, done, begin, error));
        CPL_TRY(cpl_encoding_add(encoding, token->id, normal->begin[begin],
                                 normal->end[end - 1], error));
        done = end;
    }
    return encode_words(tokenizer->state, encoding, normal, done, normal->n_bytes, error);
}

cpl_status cpl_wordpiece_encode_normalized(const struct cpl_tokenizer *tokenizer,
                                           struct cpl_encoding *encoding, const char *text,
                                           size_t begin, size_t end, struct cpl_error *error)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    struct cpl_normal_text normal = {0};
    cpl_status status =
        cpl_bert_normalize(&wordpiece->characters, &normal, text, begin, end, error);
    if (status == CPL_OK)
        status = encode_normal(tokenizer, encoding, &normal, error);
    cpl_normal_text_clear(&normal);
    return status;
}
