/* SentencePiece models as a model of tokenizer.json: see sentencepiece.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/sentencepiece.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void sentencepiece_free(void *state)
{
    struct cpl_sentencepiece *model = state;
    if (!model)
        return;
    json_decref(model->source);
    free(model->type);
    free(model->score);
    cpl_pieces_clear(&model->own);
    cpl_pieces_clear(&model->reserved);
    cpl_viterbi_clear(&model->unigram);
    cpl_piece_trie_clear(&model->user);
    free(model);
}

/* ---- reading pieces -------------------------------------------------------------------------- */

static bool is_own(enum cpl_piece_type type)
{
    return type == CPL_TYPE_NORMAL || type == CPL_TYPE_USER || type == CPL_TYPE_UNUSED;
}

static cpl_status read_piece(struct cpl_sentencepiece *model, struct cpl_pieces *all,
                             const json_t *entry, int32_t id, const char *where,
                             struct cpl_error *error)
{
    const char *text = json_string_value(json_array_get(entry, 0));
    const json_t *score = json_array_get(entry, 1), *type = json_array_get(entry, 2);
    size_t length = json_string_length(json_array_get(entry, 0));
    json_int_t number = json_is_integer(type) ? json_integer_value(type) : 0;
    if (!text || length == 0 || !json_is_number(score) || number < CPL_TYPE_NORMAL ||
        number > CPL_TYPE_BYTE || !isfinite((float)json_number_value(score)))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "piece %d is not a text with score and type", (int)id);
    model->score[id] = (float)json_number_value(score);
    model->type[id] = (uint8_t)number;
    model->has_unused |= number == CPL_TYPE_UNUSED;
    struct cpl_pieces *table =
        is_own((enum cpl_piece_type)number) ? &model->own : &model->reserved;
    if (cpl_pieces_find(table, text, length) >= 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "piece %d, \"%.100s\", is there twice", (int)id, text);
    CPL_TRY(cpl_pieces_set(table, id, text, length, error));
    return cpl_pieces_set(all, id, text, length, error);
}

static cpl_status check_reserved(struct cpl_sentencepiece *model, const char *where,
                                 struct cpl_error *error)
{
    int n_unknown = 0;
    cpl_viterbi_find_bytes(model->unigram.byte_id, &model->reserved);
    for (int32_t id = 0; id < model->n_pieces; id++)
        if (model->type[id] == CPL_TYPE_UNKNOWN) {
            model->unigram.unknown_id = id;
            n_unknown++;
        }
    if (n_unknown != 1)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "%d pieces of type \"unknown\", expected 1", n_unknown);
    for (int byte = 0; byte < 256 && model->unigram.byte_fallback; byte++) {
        int32_t id = model->unigram.byte_id[byte];
        if (id < 0 || model->type[id] != CPL_TYPE_BYTE)
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 "byte_fallback is set but there is no piece <0x%02X> of type "
                                 "\"byte\"",
                                 (unsigned)byte);
    }
    return CPL_OK;
}

static cpl_status read_pieces(struct cpl_sentencepiece *model, struct cpl_pieces *all,
                              const json_t *list, const char *where, struct cpl_error *error)
{
    size_t n = json_array_size(list);
    if (n == 0 || n >= INT32_MAX / 8)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.sentencepiece.pieces is not a list of pieces");
    CPL_TRY(cpl_memory_new(&model->score, n, sizeof *model->score, error));
    CPL_TRY(cpl_memory_new(&model->type, n, 1, error));
    model->n_pieces = (int32_t)n;
    for (int32_t id = 0; id < model->n_pieces; id++)
        CPL_TRY(read_piece(model, all, json_array_get(list, (size_t)id), id, where, error));
    return check_reserved(model, where, error);
}

/* ---- what searches need ---------------------------------------------------------------------- */

/* User-defined pieces win against all others by what they cost. */
static cpl_status build_unigram(struct cpl_sentencepiece *model, const char *where,
                                struct cpl_error *error)
{
    struct cpl_viterbi *unigram = &model->unigram;
    float lowest = FLT_MAX;
    uint8_t *use = NULL;
    CPL_TRY(cpl_memory_new(&unigram->score, (size_t)model->n_pieces, sizeof *unigram->score,
                           error));
    unigram->n_scores = model->n_pieces;
    unigram->narrow = true;
    for (int32_t id = 0; id < model->n_pieces; id++)
        if (model->type[id] == CPL_TYPE_NORMAL)
            lowest = fminf(lowest, model->score[id]);
    unigram->unknown_score = lowest - 10.0f;
    CPL_TRY(cpl_memory_new(&use, (size_t)model->n_pieces, 1, error));
    for (int32_t id = 0; id < model->own.count; id++) {
        double length = (double)model->own.length[id];
        use[id] = model->type[id] == CPL_TYPE_NORMAL || model->type[id] == CPL_TYPE_USER;
        unigram->score[id] = model->type[id] == CPL_TYPE_USER
                                 ? (double)(float)(0.1 * (length - 1))
                                 : (double)model->score[id];
    }
    cpl_status status = cpl_viterbi_build(unigram, &model->own, use, where, error);
    free(use);
    return status;
}

static cpl_status build_user(struct cpl_sentencepiece *model, struct cpl_error *error)
{
    struct cpl_trie_piece *list = NULL;
    size_t n = 0;
    CPL_TRY(cpl_memory_new(&list, (size_t)model->n_pieces, sizeof *list, error));
    for (int32_t id = 0; id < model->own.count; id++)
        if (model->type[id] == CPL_TYPE_USER)
            list[n++] = (struct cpl_trie_piece){cpl_pieces_text(&model->own, id),
                                                model->own.length[id], id};
    cpl_status status = cpl_piece_trie_build(&model->user, list, n, error);
    free(list);
    return status;
}

static cpl_status read_kind(struct cpl_sentencepiece *model, const json_t *source,
                            const char *where, struct cpl_error *error)
{
    static const char *const names[] = {[CPL_SENTENCEPIECE_UNIGRAM] = "unigram",
                                        [CPL_SENTENCEPIECE_BPE] = "bpe",
                                        [CPL_SENTENCEPIECE_WORD] = "word",
                                        [CPL_SENTENCEPIECE_CHAR] = "char"};
    const char *kind = NULL;
    CPL_TRY(cpl_json_get_text(&kind, source, "kind", where, error));
    for (int i = CPL_SENTENCEPIECE_UNIGRAM; kind && i <= CPL_SENTENCEPIECE_CHAR; i++)
        if (strcmp(kind, names[i]) == 0)
            model->kind = (enum cpl_sentencepiece_kind)i;
    if (model->kind)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "model.sentencepiece.kind is not unigram, bpe, word or char");
}

static cpl_status sentencepiece_read(struct cpl_tokenizer *tokenizer, const json_t *section,
                                     const char *where, struct cpl_error *error)
{
    const json_t *source = json_object_get(section, "sentencepiece");
    struct cpl_sentencepiece *model = NULL;
    if (!json_is_object(source))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.sentencepiece is not an object");
    CPL_TRY(cpl_memory_new(&model, 1, sizeof *model, error));
    tokenizer->state = model;
    model->source = json_incref((json_t *)source);
    CPL_TRY(read_kind(model, source, where, error));
    CPL_TRY(cpl_json_get_bool(&model->unigram.byte_fallback, source, "byte_fallback", where,
                              error));
    CPL_TRY(read_pieces(model, &tokenizer->pieces, json_object_get(source, "pieces"), where,
                        error));
    CPL_TRY(build_user(model, error));
    return model->kind == CPL_SENTENCEPIECE_UNIGRAM ? build_unigram(model, where, error)
                                                    : CPL_OK;
}

static cpl_status sentencepiece_write(const struct cpl_tokenizer *tokenizer, json_t *model,
                                      struct cpl_error *error)
{
    const struct cpl_sentencepiece *state = tokenizer->state;
    CPL_TRY(cpl_sentencepiece_add_vocabulary(tokenizer, model, error));
    if (json_object_set(model, "sentencepiece", state->source) != 0)
        return cpl_out_of_memory(error);
    return CPL_OK;
}

/* ---- small questions ------------------------------------------------------------------------- */

static size_t sentencepiece_mark_length(const struct cpl_tokenizer *tokenizer,
                                        const char *piece)
{
    (void)tokenizer;
    (void)piece;
    return 0;
}

static uint64_t sentencepiece_hash(const struct cpl_tokenizer *tokenizer)
{
    const struct cpl_sentencepiece *model = tokenizer->state;
    size_t n = (size_t)model->n_pieces;
    uint64_t part[2] = {model->kind, model->unigram.byte_fallback};
    uint64_t hash = XXH64(part, sizeof part, 0);
    hash = XXH64(model->score, n * sizeof *model->score, hash);
    hash = XXH64(model->type, n, hash);
    char *rules =
        json_dumps(json_object_get(model->source, "normalizer"), JSON_SORT_KEYS | JSON_COMPACT);
    hash = rules ? XXH64(rules, strlen(rules), hash) : 0;
    free(rules);
    return hash;
}

static void sentencepiece_mark_special(struct cpl_tokenizer *tokenizer)
{
    const struct cpl_sentencepiece *model = tokenizer->state;
    for (int32_t id = 0; id < model->n_pieces; id++)
        if (model->type[id] == CPL_TYPE_CONTROL)
            tokenizer->flags[id] |= CPL_PIECE_SPECIAL;
        else if (!(tokenizer->flags[id] & CPL_PIECE_ADDED))
            tokenizer->flags[id] |= CPL_PIECE_SHOWN;
}

const struct cpl_tokenizer_model cpl_tokenizer_sentencepiece = {
    .type = "SentencePiece",
    .read = sentencepiece_read,
    .write = sentencepiece_write,
    .encode_word = cpl_sentencepiece_encode_word,
    .mark_length = sentencepiece_mark_length,
    .hash = sentencepiece_hash,
    .free_state = sentencepiece_free,
    .mark_special = sentencepiece_mark_special,
};
