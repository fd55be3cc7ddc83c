/* The normalizer "Precompiled": SentencePiece's map of characters as Hugging Face's tokenizers applies it
 * (normalizers/precompiled.rs): an extended grapheme cluster of less than six bytes becomes what the
 * shortest entry that it begins with says, all of it; other clusters go character by character. */
#include "base/base64.h"
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/charsmap.h"
#include "tokenizer/grapheme_newer.h"
#include "tokenizer/pipeline.h"
#include <couplet/text.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { LONGEST_CLUSTER = 5 };

/* What may be done with a character whose neighbour behind is no part of its cluster, see `kind`. */
enum kind {
    KIND_SAME,   /* it stays as it is */
    KIND_MAPPED, /* it may have an entry */
    KIND_JOINS   /* it may be a part of the cluster before or behind it */
};
struct precompiled {
    struct cpl_charsmap map;
    uint8_t *kind; /* [CPL_CODE_POINTS] enum kind */
};

static void precompiled_free(void *state)
{
    struct precompiled *own = state;
    if (own) {
        cpl_charsmap_clear(&own->map);
        free(own->kind);
    }
    free(own);
}

/* ---- grapheme clusters ------------------------------------------------------------------------ */

static bool is_in(const uint32_t (*ranges)[2], size_t n, uint32_t code)
{
    for (size_t i = 0; i < n; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}
#define IS_IN(ranges, code) is_in(ranges, sizeof ranges / sizeof *ranges, code)

static bool is_control(uint32_t code)
{
    int kind = utf8proc_get_property((utf8proc_int32_t)code)->boundclass;
    return kind >= UTF8PROC_BOUNDCLASS_CR && kind <= UTF8PROC_BOUNDCLASS_CONTROL;
}

/* Whether tokenizers' newer Unicode says otherwise than utf8proc about the border of two characters. */
static bool is_other(uint32_t last, uint32_t code, bool breaks)
{
    if (last < 0x300 && code < 0x300)
        return false;
    if (!breaks)
        return IS_IN(apart_behind, last) &&
               utf8proc_grapheme_break('x', (utf8proc_int32_t)code);
    return (IS_IN(joins_before, code) && !is_control(last)) ||
           (IS_IN(joins_behind, last) && !is_control(code));
}

/* Where the cluster that begins at `at` ends. */
static size_t cluster_end(const char *text, size_t at, size_t n_bytes)
{
    utf8proc_int32_t state = 0;
    uint32_t last = cpl_utf8_next(text, &at);
    while (at < n_bytes) {
        size_t next = at;
        uint32_t code = cpl_utf8_next(text, &next);
        bool breaks = utf8proc_grapheme_break_stateful((utf8proc_int32_t)last,
                                                       (utf8proc_int32_t)code, &state);
        if (breaks != is_other(last, code, breaks))
            break;
        last = code;
        at = next;
    }
    return at;
}

/* Whether it can share a cluster with another character. */
static bool may_join(uint32_t code)
{
    int kind = utf8proc_get_property((utf8proc_int32_t)code)->boundclass;
    return (kind != UTF8PROC_BOUNDCLASS_START && kind != UTF8PROC_BOUNDCLASS_OTHER) ||
           IS_IN(joins_before, code) || IS_IN(joins_behind, code);
}

/* ---- reading --------------------------------------------------------------------------------- */

static cpl_status fill(struct precompiled *own, const unsigned char *blob, size_t n_bytes,
                       const char *where, struct cpl_error *error)
{
    CPL_TRY(cpl_charsmap_init(&own->map, blob, n_bytes, where, error));
    CPL_TRY(cpl_memory_new(&own->kind, CPL_CODE_POINTS, 1, error));
    for (uint32_t code = 0; code < CPL_CODE_POINTS; code++)
        own->kind[code] = (uint8_t)(may_join(code)                               ? KIND_JOINS
                                    : own->map.kind[code] != CPL_CHARSMAP_MAPPED ? KIND_SAME
                                                                                 : KIND_MAPPED);
    return CPL_OK;
}

static cpl_status precompiled_read(void **state, const json_t *section, const char *where,
                                   struct cpl_error *error)
{
    const char *text = NULL;
    unsigned char *blob = NULL;
    size_t n_bytes = 0;
    struct precompiled *own = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_json_get_text(&text, section, "precompiled_charsmap", where, error));
    if (!text || !text[0])
        return CPL_OK; /* a map without entries */
    CPL_TRY_GOTO(cpl_base64_decode(&blob, &n_bytes, text, where, error));
    CPL_TRY_GOTO(cpl_memory_new(&own, 1, sizeof *own, error));
    CPL_TRY_GOTO(fill(own, blob, n_bytes, where, error));
    *state = own;
    own = NULL;
done:
    precompiled_free(own);
    free(blob);
    return status;
}

/* ---- rewriting ------------------------------------------------------------------------------- */

/* How places move (tokenizer/normalizer.rs, transform): each new character says how many old ones it
 * takes.  0: one, which is its place; more below 0: as many further ones, which vanish; 1: none, its place
 * is that of the old one before.  The last new character waits, since what vanishes behind it is taken by
 * it; where there is none yet nobody takes it, and all that follows is off by it. */
struct rewriting {
    struct cpl_work *work;
    size_t at; /* of the old text */
    char waiting[4];
    size_t n_waiting; /* bytes; 0: none */
    int change;
};

static cpl_status add_waiting(struct rewriting *rewriting, struct cpl_error *error)
{
    const struct cpl_normal_text *text = &rewriting->work->text;
    size_t begin = rewriting->at, end = begin, n = rewriting->n_waiting;
    int left = 1 - rewriting->change;
    rewriting->n_waiting = 0;
    if (n == 0)
        return CPL_OK;
    if (rewriting->change > 0 && begin > 0)
        begin = cpl_utf8_before(text->bytes, begin);
    else if (rewriting->change <= 0 && begin < text->n_bytes)
        cpl_utf8_next(text->bytes, &end);
    for (; left > 0 && rewriting->at < text->n_bytes; left--)
        cpl_utf8_next(text->bytes, &rewriting->at);
    return cpl_normal_text_add(&rewriting->work->spare, rewriting->waiting, n, begin, end,
                               error);
}

/* `n_old` characters become `image`. */
static cpl_status add_image(struct rewriting *rewriting, const char *image, size_t length,
                            size_t n_old, struct cpl_error *error)
{
    size_t n_new = 0;
    for (size_t i = 0, next = 0; i < length; i = next) {
        CPL_TRY(add_waiting(rewriting, error));
        cpl_utf8_next(image, &next);
        memcpy(rewriting->waiting, image + i, next - i);
        rewriting->n_waiting = next - i;
        rewriting->change = n_new++ < n_old ? 0 : 1;
    }
    if (n_new < n_old)
        rewriting->change -= (int)(n_old - n_new);
    return CPL_OK;
}

/* Bytes [begin, end), whose places are their own. */
static cpl_status add_unchanged(struct rewriting *rewriting, size_t begin, size_t end,
                                struct cpl_error *error)
{
    const char *bytes = rewriting->work->text.bytes;
    struct cpl_normal_text *out = &rewriting->work->spare;
    if (begin == end)
        return CPL_OK;
    CPL_TRY(cpl_normal_text_reserve(out, end - begin, error));
    memcpy(out->bytes + out->n_bytes, bytes + begin, end - begin);
    for (size_t from = begin, to = begin; from < end; from = to) {
        cpl_utf8_next(bytes, &to);
        for (size_t i = from; i < to; i++) {
            out->begin[out->n_bytes] = (uint32_t)from;
            out->end[out->n_bytes++] = (uint32_t)to;
        }
    }
    rewriting->at = end;
    return CPL_OK;
}

static cpl_status add_cluster(const struct cpl_charsmap *map, struct rewriting *rewriting,
                              size_t from, size_t to, struct cpl_error *error)
{
    const char *text = rewriting->work->text.bytes, *image = NULL;
    if (to - from <= LONGEST_CLUSTER)
        image = cpl_charsmap_shortest(map, text + from, to - from);
    if (image)
        return add_image(rewriting, image, strlen(image),
                         cpl_utf8_count(text + from, to - from), error);
    for (size_t at = from; at < to;) {
        size_t begin = at;
        cpl_utf8_next(text, &at);
        image = cpl_charsmap_shortest(map, text + begin, at - begin);
        if (image)
            CPL_TRY(add_image(rewriting, image, strlen(image), 1, error));
        else
            CPL_TRY(add_image(rewriting, text + begin, at - begin, 1, error));
    }
    return CPL_OK;
}

/* Characters from rewriting->at on that stay as they are are copied together, but for the last of them,
 * which waits; *at moves behind it. */
static cpl_status copy_same(const struct precompiled *own, struct rewriting *rewriting,
                            size_t *at, struct cpl_error *error)
{
    const struct cpl_normal_text *text = &rewriting->work->text;
    size_t begin = *at, last = *at, end = *at;
    while (end < text->n_bytes) {
        size_t next = end;
        if (own->kind[cpl_utf8_next(text->bytes, &next)] != KIND_SAME)
            break;
        last = end;
        end = next;
    }
    if (end < text->n_bytes) { /* what comes may join the last one */
        size_t next = end;
        if (own->kind[cpl_utf8_next(text->bytes, &next)] == KIND_JOINS && end > begin) {
            end = last;
            last = end > begin ? cpl_utf8_before(text->bytes, end) : end;
        }
    }
    if (end == begin)
        return CPL_OK;
    CPL_TRY(add_waiting(rewriting, error));
    if (rewriting->at != begin) { /* places are off: one by one */
        for (size_t from = begin, to = begin; from < end; from = to) {
            cpl_utf8_next(text->bytes, &to);
            CPL_TRY(add_image(rewriting, text->bytes + from, to - from, 1, error));
        }
        *at = end;
        return CPL_OK;
    }
    CPL_TRY(add_unchanged(rewriting, begin, last, error));
    *at = end;
    return add_image(rewriting, text->bytes + last, end - last, 1, error);
}

static cpl_status precompiled_apply(const void *state, struct cpl_work *work,
                                    struct cpl_error *error)
{
    const struct precompiled *own = state;
    struct rewriting rewriting = {.work = work};
    if (!own)
        return CPL_OK;
    for (size_t at = 0; at < work->text.n_bytes;) {
        CPL_TRY(copy_same(own, &rewriting, &at, error));
        if (at == work->text.n_bytes)
            break;
        size_t end = cluster_end(work->text.bytes, at, work->text.n_bytes);
        CPL_TRY(add_cluster(&own->map, &rewriting, at, end, error));
        at = end;
    }
    CPL_TRY(add_waiting(&rewriting, error));
    cpl_work_compose_text(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_normalizer_precompiled = {"Precompiled", precompiled_read,
                                                          precompiled_apply, precompiled_free};
