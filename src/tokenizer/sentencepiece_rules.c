/* SentencePiece's normaliser (normalizer.cc): see sentencepiece.h.
 *
 * At each place a user-defined piece passes unchanged; else the longest entry of the map of characters is
 * replaced; else a character is copied.  Spaces are thinned out on the way and written U+2581. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include <stdlib.h>
#include <string.h>

void cpl_sentence_text_clear(struct cpl_sentence_text *text)
{
    free(text->bytes);
    free(text->origin);
    *text = (struct cpl_sentence_text){0};
}

void cpl_sentence_text_drop(struct cpl_sentence_text *text, size_t n_bytes)
{
    text->n -= n_bytes;
    memmove(text->bytes, text->bytes + n_bytes, text->n);
    memmove(text->origin, text->origin + n_bytes, (text->n + 1) * sizeof *text->origin);
}

/* One more origin than bytes. */
static cpl_status reserve(struct cpl_sentence_text *out, size_t more, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&out->bytes, &out->capacity, out->n + more, 1, error));
    return cpl_memory_grow(&out->origin, &out->origin_capacity, out->n + more + 1,
                           sizeof *out->origin, error);
}

static void put(struct cpl_sentence_text *out, const char *bytes, size_t n, size_t origin)
{
    for (size_t i = 0; i < n; i++) {
        out->bytes[out->n] = bytes[i];
        out->origin[out->n++] = (uint32_t)origin;
    }
}

static cpl_status add_space(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                            struct cpl_error *error)
{
    CPL_TRY(reserve(out, sizeof CPL_META, error));
    if (pass->rules->escape)
        put(out, CPL_META, strlen(CPL_META), pass->at);
    else
        put(out, " ", 1, pass->at);
    return CPL_OK;
}

/* ---- one step -------------------------------------------------------------------------------- */

/* What the text at pass->at becomes; *n bytes of it. */
struct step {
    const char *image;
    size_t n, consumed;
};

static struct step next_step(const struct cpl_sentence_pass *pass)
{
    const struct cpl_sentence_rules *rules = pass->rules;
    const char *text = pass->text + pass->at, *image = NULL;
    size_t left = pass->end - pass->at, matched = 0;
    if (rules->has_user && cpl_piece_trie_longest(&rules->user, 0, text, left, &matched) >= 0)
        return (struct step){text, matched, matched};
    if (rules->map.n_units > 0)
        image = cpl_charsmap_longest(&rules->map, text, left, &matched);
    if (image)
        return (struct step){image, strlen(image), matched};
    cpl_utf8_next(text, &matched);
    return (struct step){text, matched, matched};
}

static cpl_status take_step(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                            struct cpl_error *error)
{
    struct step step = next_step(pass);
    while (pass->previous_space && step.n > 0 && step.image[0] == ' ') {
        step.image++;
        step.n--;
    }
    CPL_TRY(reserve(out, step.n * strlen(CPL_META), error));
    for (size_t i = 0; i < step.n; i++)
        if (step.image[i] == ' ' && pass->rules->escape)
            put(out, CPL_META, strlen(CPL_META), pass->at);
        else
            put(out, step.image + i, 1, pass->at);
    if (step.n > 0)
        pass->previous_space = pass->rules->remove_extra && step.image[step.n - 1] == ' ';
    pass->at += step.consumed;
    return CPL_OK;
}

/* Whether nothing is done to a character of that kind before text[next]. */
static inline bool is_plain(uint8_t kind, const char *text, size_t next, size_t end)
{
    return kind == CPL_CHARSMAP_PLAIN ||
           (kind == CPL_CHARSMAP_LONGER && (next == end || (unsigned char)text[next] < 0x80));
}

/* Copies characters that nothing is done to, and spaces, as far as they go and there is room for a
 * character more. */
static void copy_plain(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                       size_t room)
{
    const struct cpl_sentence_rules *rules = pass->rules;
    const char *text = pass->text;
    size_t at = pass->at, end = pass->end, n = out->n;
    bool previous_space = pass->previous_space;
    while (at < end && n + 4 <= room) {
        size_t next = at, length;
        uint32_t code = cpl_utf8_next(text, &next);
        if (!is_plain(rules->kind[code], text, next, end))
            break;
        const char *bytes = text + at;
        length = next - at;
        if (code == ' ') {
            bytes = rules->escape ? CPL_META : " ";
            length = previous_space ? 0 : rules->escape ? strlen(CPL_META) : 1;
        }
        for (size_t i = 0; i < length; i++) {
            out->bytes[n] = bytes[i];
            out->origin[n++] = (uint32_t)at;
        }
        previous_space = code == ' ' && rules->remove_extra;
        at = next;
    }
    out->n = n;
    pass->at = at;
    pass->previous_space = previous_space;
}

/* ---- one text -------------------------------------------------------------------------------- */

cpl_status cpl_sentence_start(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                              bool first, bool *empty, struct cpl_error *error)
{
    const struct cpl_sentence_rules *rules = pass->rules;
    out->n = 0;
    pass->dummy = rules->dummy && (first || !rules->first_only);
    pass->previous_space = rules->remove_extra;
    while (rules->remove_extra && pass->at < pass->end) {
        struct step step = next_step(pass);
        if (step.n != 1 || step.image[0] != ' ')
            break;
        pass->at += step.consumed;
    }
    *empty = pass->at == pass->end;
    CPL_TRY(reserve(out, 0, error));
    return !*empty && pass->dummy && !rules->suffix ? add_space(pass, out, error) : CPL_OK;
}

cpl_status cpl_sentence_continue(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                                 size_t enough, struct cpl_error *error)
{
    while (pass->at < pass->end && out->n < enough) {
        size_t room =
            enough - out->n < pass->end - pass->at ? enough - out->n : pass->end - pass->at;
        CPL_TRY(reserve(out, room + 4, error));
        copy_plain(pass, out, out->n + room + 4);
        if (pass->at < pass->end && out->n < enough)
            CPL_TRY(take_step(pass, out, error));
    }
    out->origin[out->n] = (uint32_t)pass->at;
    return CPL_OK;
}

/* Whether the first n bytes end with a space, of *length bytes. */
static bool ends_with_space(const struct cpl_sentence_rules *rules,
                            const struct cpl_sentence_text *out, size_t n, size_t *length)
{
    const char *space = rules->escape ? CPL_META : " ";
    *length = strlen(space);
    return n >= *length && memcmp(out->bytes + n - *length, space, *length) == 0;
}

size_t cpl_sentence_certain(const struct cpl_sentence_pass *pass,
                            const struct cpl_sentence_text *out)
{
    size_t n = out->n, length;
    while (pass->rules->remove_extra && ends_with_space(pass->rules, out, n, &length))
        n -= length;
    return n;
}

cpl_status cpl_sentence_finish(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                               struct cpl_error *error)
{
    out->n = cpl_sentence_certain(pass, out);
    if (pass->rules->suffix && pass->dummy) {
        size_t at = pass->at;
        pass->at = out->origin[out->n];
        CPL_TRY(add_space(pass, out, error));
        out->origin[out->n] = (uint32_t)pass->at;
        pass->at = at;
    }
    return CPL_OK;
}
