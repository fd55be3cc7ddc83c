/* Reading chains of decoders and running them: see decoder.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/decoder.h"
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_SEQUENCE = 8, MOST_DECODERS = 64 };
/* A decoder may give this much, and so much more for every byte of the tokens. */
enum { MOST_BYTES = 1 << 20, MOST_GROWTH = 16 };

static const struct cpl_decoder_kind *const kinds[] = {
#define DECODER(type, symbol) &cpl_decoder_##symbol,
#include "tokenizer/decoders.def"
#undef DECODER
};
static const char known[] =
#define DECODER(type, symbol) " " #type
#include "tokenizer/decoders.def"
#undef DECODER
    ;

/* ---- reading --------------------------------------------------------------------------------- */

static cpl_status add_decoder(struct cpl_decoders *decoders,
                              const struct cpl_decoder_kind *kind, void *state,
                              struct cpl_error *error)
{
    cpl_status status = cpl_memory_grow(&decoders->decoder, &decoders->capacity,
                                        decoders->n + 1, sizeof *decoders->decoder, error);
    if (status == CPL_OK)
        decoders->decoder[decoders->n++] = (struct cpl_decoder){kind, state};
    else if (kind->free_state)
        kind->free_state(state);
    return status;
}

static cpl_status read_one(struct cpl_decoders *decoders, const char *type,
                           const json_t *section, const char *where, struct cpl_error *error)
{
    const struct cpl_decoder_kind *kind = NULL;
    void *state = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !kind; i++)
        kind = strcmp(kinds[i]->type, type) == 0 ? kinds[i] : NULL;
    if (!kind)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "decoder of type \"%.50s\"; known are:%s", type, known);
    if (decoders->n == MOST_DECODERS)
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "decoder: more than %d of them",
                             MOST_DECODERS);
    if (kind->read)
        CPL_TRY(kind->read(&state, section, where, error));
    return add_decoder(decoders, kind, state, error);
}

static cpl_status read_section(struct cpl_decoders *decoders, const json_t *section, int depth,
                               const char *where, struct cpl_error *error)
{
    const char *type = NULL;
    if (!json_is_object(section))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "decoder is not an object");
    CPL_TRY(cpl_json_get_text(&type, section, "type", where, error));
    if (!type)
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "decoder has no \"type\"");
    if (strcmp(type, "Sequence") != 0)
        return read_one(decoders, type, section, where, error);
    const json_t *members = json_object_get(section, "decoders");
    if (!json_is_array(members) || depth == DEEPEST_SEQUENCE)
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "decoder: a Sequence %s",
                             depth == DEEPEST_SEQUENCE ? "is nested too deeply"
                                                       : "without its list");
    for (size_t i = 0; i < json_array_size(members); i++)
        CPL_TRY(read_section(decoders, json_array_get(members, i), depth + 1, where, error));
    return CPL_OK;
}

/* The pairs are replaced in all of the text, one pair after the other. */
static cpl_status add_cleanup(struct cpl_decoders *decoders, struct cpl_error *error)
{
    CPL_TRY(add_decoder(decoders, &cpl_decoder_fuse, NULL, error));
    for (size_t i = 0; cpl_decoder_cleanup_pairs[i][0]; i++) {
        void *state = NULL;
        CPL_TRY(cpl_decoder_new_replace(&state, cpl_decoder_cleanup_pairs[i][0],
                                        cpl_decoder_cleanup_pairs[i][1], error));
        CPL_TRY(add_decoder(decoders, &cpl_decoder_replace, state, error));
    }
    return CPL_OK;
}

cpl_status cpl_decoders_read(struct cpl_decoders *decoders, const json_t *section, bool cleanup,
                             const char *where, struct cpl_error *error)
{
    if (!section || json_is_null(section))
        CPL_TRY(add_decoder(decoders, &cpl_decoder_spaces, NULL, error));
    else
        CPL_TRY(read_section(decoders, section, 0, where, error));
    return cleanup ? add_cleanup(decoders, error) : CPL_OK;
}

void cpl_decoders_clear(struct cpl_decoders *decoders)
{
    for (size_t i = 0; i < decoders->n; i++)
        if (decoders->decoder[i].kind->free_state)
            decoders->decoder[i].kind->free_state(decoders->decoder[i].state);
    free(decoders->decoder);
    *decoders = (struct cpl_decoders){0};
}

/* ---- running --------------------------------------------------------------------------------- */

static void take(struct cpl_decoder_link *link, const char *text, size_t length, bool ends)
{
    const struct cpl_decoder *decoder = link->decoder;
    bool gathering = decoder->kind->wants_whole && (!ends || link->gathered.length > 0);
    if (gathering) {
        cpl_buffer_add(&link->gathered, text, length);
        text = link->gathered.data;
        length = link->gathered.length;
    }
    if (!gathering || (ends && link->gathered.status == CPL_OK))
        decoder->kind->take(decoder->state, link, text, length, ends);
    if (ends)
        cpl_buffer_reset(&link->gathered);
    link->n_tokens += ends;
    link->inside = !ends;
}

void cpl_decoder_give(struct cpl_decoder_link *link, const char *text, size_t length, bool ends)
{
    link->given += length;
    if (link->given > link->most)
        link->one.status = CPL_ERROR_INPUT;
    else if (!link->next)
        cpl_buffer_add(link->out, text, length);
    else if (length > 0 || ends)
        take(link->next, text, length, ends);
}

cpl_status cpl_decoding_begin(struct cpl_decoding *decoding,
                              const struct cpl_decoders *decoders, struct cpl_buffer *out,
                              struct cpl_error *error)
{
    CPL_TRY(cpl_memory_new(&decoding->link, decoders->n, sizeof *decoding->link, error));
    decoding->n = decoders->n;
    for (size_t i = 0; i < decoding->n; i++) {
        decoding->link[i].decoder = &decoders->decoder[i];
        decoding->link[i].next = i + 1 < decoding->n ? &decoding->link[i + 1] : NULL;
        decoding->link[i].out = out;
        decoding->link[i].most = MOST_BYTES;
    }
    return CPL_OK;
}

void cpl_decoding_take(struct cpl_decoding *decoding, const char *token, size_t length)
{
    for (size_t i = 0; i < decoding->n; i++)
        decoding->link[i].most += MOST_GROWTH * (length + 1);
    take(&decoding->link[0], token, length, true);
}

void cpl_decoding_finish(struct cpl_decoding *decoding)
{
    for (size_t i = 0; i < decoding->n; i++) {
        struct cpl_decoder_link *link = &decoding->link[i];
        if (link->decoder->kind->finish)
            link->decoder->kind->finish(link->decoder->state, link);
        cpl_buffer_reset(&link->held);
        link->n_tokens = link->count = link->given = 0;
        link->most = MOST_BYTES;
        link->inside = false;
    }
}

cpl_status cpl_decoding_check(const struct cpl_decoding *decoding, struct cpl_error *error)
{
    for (size_t i = 0; i < decoding->n; i++) {
        CPL_TRY(cpl_buffer_check(&decoding->link[i].gathered, error));
        CPL_TRY(cpl_buffer_check(&decoding->link[i].held, error));
        if (decoding->link[i].one.status == CPL_ERROR_INPUT)
            return cpl_error_set(error, CPL_ERROR_INPUT, "decoder",
                                 "replacements make the text too long or take too many steps");
        CPL_TRY(cpl_buffer_check(&decoding->link[i].one, error));
        CPL_TRY(cpl_buffer_check(&decoding->link[i].two, error));
    }
    return CPL_OK;
}

void cpl_decoding_clear(struct cpl_decoding *decoding)
{
    for (size_t i = 0; i < decoding->n; i++) {
        cpl_buffer_clear(&decoding->link[i].gathered);
        cpl_buffer_clear(&decoding->link[i].held);
        cpl_buffer_clear(&decoding->link[i].one);
        cpl_buffer_clear(&decoding->link[i].two);
    }
    free(decoding->link);
    *decoding = (struct cpl_decoding){0};
}
