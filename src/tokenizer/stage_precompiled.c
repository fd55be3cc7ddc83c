/* The normalizer "Precompiled": SentencePiece's map of characters as Hugging Face's tokenizers applies it
 * (normalizers/precompiled.rs): an extended grapheme cluster of less than six bytes becomes what the
 * shortest entry that it begins with says, all of it; other clusters go character by character. */
#include "base/base64.h"
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/charsmap.h"
#include "tokenizer/pipeline.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { LONGEST_CLUSTER = 5 };

static void precompiled_free(void *state)
{
    if (state)
        cpl_charsmap_clear(state);
    free(state);
}

static cpl_status precompiled_read(void **state, const json_t *section, const char *where,
                                   struct cpl_error *error)
{
    const char *text = NULL;
    unsigned char *blob = NULL;
    size_t n_bytes = 0;
    struct cpl_charsmap *map = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_json_get_text(&text, section, "precompiled_charsmap", where, error));
    if (!text || !text[0])
        return CPL_OK; /* a map without entries */
    CPL_TRY_GOTO(cpl_base64_decode(&blob, &n_bytes, text, where, error));
    CPL_TRY_GOTO(cpl_memory_new(&map, 1, sizeof *map, error));
    CPL_TRY_GOTO(cpl_charsmap_init(map, blob, n_bytes, where, error));
    *state = map;
    map = NULL;
done:
    free(map);
    free(blob);
    return status;
}

/* Where the cluster that begins at `at` ends. */
static size_t cluster_end(const char *text, size_t at, size_t n_bytes)
{
    utf8proc_int32_t state = 0;
    uint32_t last = cpl_utf8_next(text, &at);
    while (at < n_bytes) {
        size_t next = at;
        uint32_t code = cpl_utf8_next(text, &next);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)last, (utf8proc_int32_t)code,
                                             &state))
            break;
        last = code;
        at = next;
    }
    return at;
}

/* Bytes [from, to) of the text become `image`: its characters stand for the old ones one by one; more
 * of them stand for the last old one, and what is left of the old ones belongs to the last new one, as
 * in the original, whose places are those of the first of them. */
static cpl_status add_image(struct cpl_work *work, const char *image, size_t from, size_t to,
                            struct cpl_error *error)
{
    const char *text = work->text.bytes;
    size_t length = strlen(image), at = from, begin = from, end = from;
    for (size_t i = 0; i < length;) {
        size_t next = i;
        cpl_utf8_next(image, &next);
        if (at < to) {
            begin = at;
            cpl_utf8_next(text, &at);
            end = at;
        }
        CPL_TRY(cpl_normal_text_add(&work->spare, image + i, next - i, begin, end, error));
        i = next;
    }
    return CPL_OK;
}

static cpl_status add_cluster(const struct cpl_charsmap *map, struct cpl_work *work,
                              size_t from, size_t to, struct cpl_error *error)
{
    const char *text = work->text.bytes, *image = NULL;
    if (to - from <= LONGEST_CLUSTER)
        image = cpl_charsmap_shortest(map, text + from, to - from);
    if (image)
        return add_image(work, image, from, to, error);
    for (size_t at = from; at < to;) {
        size_t begin = at;
        cpl_utf8_next(text, &at);
        image = cpl_charsmap_shortest(map, text + begin, at - begin);
        if (image)
            CPL_TRY(add_image(work, image, begin, at, error));
        else
            CPL_TRY(
                cpl_normal_text_add(&work->spare, text + begin, at - begin, begin, at, error));
    }
    return CPL_OK;
}

static cpl_status precompiled_apply(const void *state, struct cpl_work *work,
                                    struct cpl_error *error)
{
    if (!state)
        return CPL_OK;
    for (size_t at = 0; at < work->text.n_bytes;) {
        size_t end = cluster_end(work->text.bytes, at, work->text.n_bytes);
        CPL_TRY(add_cluster(state, work, at, end, error));
        at = end;
    }
    cpl_work_compose_text(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_normalizer_precompiled = {"Precompiled", precompiled_read,
                                                          precompiled_apply, precompiled_free};
