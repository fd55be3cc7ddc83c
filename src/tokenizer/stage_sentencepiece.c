/* The normalizer "SentencePiece" of our own: what a .model says about normalising, as JSON.
 *
 *     {"type": "SentencePiece", "precompiled_charsmap": base64, "add_dummy_prefix": …,
 *      "remove_extra_whitespaces": …, "escape_whitespaces": …, "treat_whitespace_as_suffix": …,
 *      "first_only": …, "user_defined": [text, …]} */
#include "base/base64.h"
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include <stdlib.h>
#include <string.h>

static void rules_free(void *state)
{
    struct cpl_sentence_rules *rules = state;
    if (!rules)
        return;
    cpl_charsmap_clear(&rules->map);
    cpl_piece_trie_clear(&rules->user);
    free(rules->kind);
    free(rules);
}

static cpl_status rules_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    struct cpl_sentence_pass pass = {
        .rules = state, .text = work->text.bytes, .end = work->text.n_bytes};
    struct cpl_sentence_text out = {0};
    bool empty;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_sentence_start(&pass, &out, work->first, &empty, error));
    if (!empty) {
        CPL_TRY_GOTO(cpl_sentence_continue(&pass, &out, SIZE_MAX, error));
        CPL_TRY_GOTO(cpl_sentence_finish(&pass, &out, error));
    }
    CPL_TRY_GOTO(cpl_normal_text_reserve(&work->spare, out.n, error));
    for (size_t i = 0; i < out.n; i++) {
        work->spare.bytes[i] = out.bytes[i];
        work->spare.begin[i] = out.origin[i];
        work->spare.end[i] = out.origin[i + 1];
    }
    work->spare.n_bytes = out.n;
    cpl_work_compose_text(work);
done:
    cpl_sentence_text_clear(&out);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static cpl_status read_map(struct cpl_sentence_rules *rules, const json_t *section,
                           const char *where, struct cpl_error *error)
{
    const char *text = NULL;
    unsigned char *blob = NULL;
    size_t n_bytes = 0;
    CPL_TRY(cpl_json_get_text(&text, section, "precompiled_charsmap", where, error));
    if (!text || !text[0])
        return CPL_OK;
    CPL_TRY(cpl_base64_decode(&blob, &n_bytes, text, where, error));
    cpl_status status = cpl_charsmap_init(&rules->map, blob, n_bytes, where, error);
    free(blob);
    return status;
}

static cpl_status read_user(struct cpl_sentence_rules *rules, const json_t *list,
                            const char *where, struct cpl_error *error)
{
    struct cpl_trie_piece *pieces = NULL;
    size_t n = json_array_size(list);
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&pieces, n, sizeof *pieces, error));
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text || !text[0]) {
            status = cpl_error_set(error, CPL_ERROR_INPUT, where,
                                   "user_defined has an entry that is no text");
            goto done;
        }
        pieces[i] = (struct cpl_trie_piece){text, strlen(text), 0};
        size_t at = 0;
        rules->kind[cpl_utf8_next(text, &at)] = CPL_CHARSMAP_MAPPED;
    }
    rules->has_user = n > 0;
    status = cpl_piece_trie_build(&rules->user, pieces, n, error);
done:
    free(pieces);
    return status;
}

static cpl_status fill_rules(struct cpl_sentence_rules *rules, const json_t *section,
                             const char *where, struct cpl_error *error)
{
    const struct {
        const char *key;
        bool *flag;
    } flags[] = {{"add_dummy_prefix", &rules->dummy},
                 {"remove_extra_whitespaces", &rules->remove_extra},
                 {"escape_whitespaces", &rules->escape},
                 {"treat_whitespace_as_suffix", &rules->suffix},
                 {"first_only", &rules->first_only}};
    rules->dummy = rules->remove_extra = rules->escape = true;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        CPL_TRY(cpl_json_get_bool(flags[i].flag, section, flags[i].key, where, error));
    CPL_TRY(cpl_memory_new(&rules->kind, CPL_CODE_POINTS, 1, error));
    CPL_TRY(read_map(rules, section, where, error));
    if (rules->map.kind)
        memcpy(rules->kind, rules->map.kind, CPL_CODE_POINTS);
    return read_user(rules, json_object_get(section, "user_defined"), where, error);
}

static cpl_status rules_read(void **state, const json_t *section, const char *where,
                             struct cpl_error *error)
{
    struct cpl_sentence_rules *rules = NULL;
    CPL_TRY(cpl_memory_new(&rules, 1, sizeof *rules, error));
    cpl_status status = fill_rules(rules, section, where, error);
    if (status == CPL_OK)
        *state = rules;
    else
        rules_free(rules);
    return status;
}

const struct cpl_stage_kind cpl_normalizer_sentencepiece = {"SentencePiece", rules_read,
                                                            rules_apply, rules_free};
