/* The model "Unigram" of tokenizer.json: vocabulary with scores, unk_id, byte_fallback. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/unigram.h"
#include "tokenizer/unigram_emit.h"
#include "tokenizer/word_cache.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Unknown characters cost this much more than the rarest piece. */
static const double unknown_penalty = 10;

static void unigram_free(void *state)
{
    if (state)
        cpl_viterbi_clear(state);
    free(state);
}

/* ---- files ----------------------------------------------------------------------------------- */

static cpl_status read_piece(struct cpl_tokenizer *tokenizer, struct cpl_viterbi *unigram,
                             const json_t *entry, int32_t id, const char *where,
                             struct cpl_error *error)
{
    const char *text = json_string_value(json_array_get(entry, 0));
    const json_t *score = json_array_get(entry, 1);
    if (json_array_size(entry) != 2 || !text || !json_is_number(score))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.vocab: entry %d is not a piece with its score", (int)id);
    size_t length = json_string_length(json_array_get(entry, 0));
    if (cpl_pieces_find(&tokenizer->pieces, text, length) >= 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.vocab: entry %d, \"%.100s\", is there twice", (int)id,
                             text);
    unigram->score[id] = json_number_value(score);
    if (!isfinite(unigram->score[id]))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.vocab: the score of \"%.100s\" is not a finite number",
                             text);
    return cpl_pieces_set(&tokenizer->pieces, id, text, length, error);
}

static cpl_status read_vocabulary(struct cpl_tokenizer *tokenizer, struct cpl_viterbi *unigram,
                                  const json_t *list, const char *where,
                                  struct cpl_error *error)
{
    size_t n = json_array_size(list);
    if (n == 0 || n >= INT32_MAX / 4)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.vocab is not a list of pieces with scores");
    CPL_TRY(cpl_memory_new(&unigram->score, n, sizeof *unigram->score, error));
    unigram->n_scores = (int32_t)n;
    double lowest = INFINITY;
    for (int32_t id = 0; id < unigram->n_scores; id++) {
        CPL_TRY(
            read_piece(tokenizer, unigram, json_array_get(list, (size_t)id), id, where, error));
        lowest = unigram->score[id] < lowest ? unigram->score[id] : lowest;
    }
    unigram->unknown_score = lowest - unknown_penalty;
    return CPL_OK;
}

static cpl_status unigram_read(struct cpl_tokenizer *tokenizer, const json_t *model,
                               const char *where, struct cpl_error *error)
{
    struct cpl_viterbi *unigram = NULL;
    uint8_t *use = NULL;
    int64_t unknown = -1;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&unigram, 1, sizeof *unigram, error));
    tokenizer->state = unigram;
    CPL_TRY_GOTO(
        cpl_json_get_bool(&unigram->byte_fallback, model, "byte_fallback", where, error));
    CPL_TRY_GOTO(
        read_vocabulary(tokenizer, unigram, json_object_get(model, "vocab"), where, error));
    CPL_TRY_GOTO(
        cpl_json_get_int(&unknown, model, "unk_id", 0, unigram->n_scores - 1, where, error));
    unigram->unknown_id = (int32_t)unknown;
    cpl_viterbi_find_bytes(unigram->byte_id, &tokenizer->pieces);
    CPL_TRY_GOTO(cpl_memory_new(&use, (size_t)unigram->n_scores, 1, error));
    memset(use, 1, (size_t)unigram->n_scores);
    status = cpl_viterbi_build(unigram, &tokenizer->pieces, use, where, error);
done:
    free(use);
    return status;
}

static cpl_status unigram_write(const struct cpl_tokenizer *tokenizer, json_t *model,
                                struct cpl_error *error)
{
    const struct cpl_viterbi *unigram = tokenizer->state;
    json_t *list = json_array();
    for (int32_t id = 0; id < unigram->n_scores; id++)
        json_array_append_new(list, json_pack("[s, f]", cpl_pieces_text(&tokenizer->pieces, id),
                                              unigram->score[id]));
    json_object_set_new(model, "unk_id",
                        unigram->unknown_id >= 0 ? json_integer(unigram->unknown_id)
                                                 : json_null());
    json_object_set_new(model, "vocab", list);
    if (json_object_set_new(model, "byte_fallback", json_boolean(unigram->byte_fallback)) !=
            0 ||
        json_array_size(list) != (size_t)unigram->n_scores)
        return cpl_out_of_memory(error);
    return CPL_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* What is kept from word to word: sums begin at 0 with each, so a word always has the same tokens. */
struct work {
    struct cpl_viterbi_search search;
    struct cpl_word_cache cache;
};

static void free_work(void *state)
{
    struct work *work = state;
    if (!work)
        return;
    cpl_viterbi_search_clear(&work->search);
    cpl_word_cache_clear(&work->cache);
    free(work);
}

static cpl_status find_work(struct work **work, const struct cpl_tokenizer *tokenizer,
                            struct cpl_encoding *encoding, struct cpl_error *error)
{
    struct cpl_encode_scratch *scratch;
    CPL_TRY(cpl_encoding_scratch(&scratch, tokenizer, encoding, error));
    CPL_TRY(cpl_kept_find(work, &scratch->model_work, sizeof **work, free_work, error));
    return cpl_word_cache_init(&(*work)->cache, error);
}

/* Keeps the tokens [from, count) of the word [begin, end) when they follow one another. */
static void keep(struct cpl_cached_word *place, const uint64_t key[3],
                 const struct cpl_viterbi *unigram, const struct cpl_encoding *encoding,
                 size_t from, size_t begin, size_t end)
{
    size_t n = encoding->count - from, at = begin;
    if (n == 0 || n > CPL_CACHED_TOKENS)
        return;
    for (size_t i = from; i < encoding->count; i++) {
        if (encoding->span[i].begin != at || encoding->id[i] == unigram->unknown_id)
            return;
        at = encoding->span[i].end;
    }
    if (at != end)
        return;
    memcpy(place->key, key, sizeof place->key);
    place->n = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        place->id[i] = encoding->id[from + i];
        if (i + 1 < n)
            place->end[i] = (uint8_t)(encoding->span[from + i].end - begin);
    }
}

static cpl_status add_cached(struct cpl_encoding *encoding, const struct cpl_cached_word *word,
                             size_t begin, size_t end, struct cpl_error *error)
{
    size_t at = begin;
    for (size_t i = 0; i + 1u < word->n; i++) {
        CPL_TRY(cpl_encoding_add(encoding, word->id[i], at, begin + word->end[i], error));
        at = begin + word->end[i];
    }
    return cpl_encoding_add(encoding, word->id[word->n - 1], at, end, error);
}

static cpl_status unigram_encode_word(const struct cpl_tokenizer *tokenizer,
                                      struct cpl_encoding *encoding, const char *bytes,
                                      size_t begin, size_t end, struct cpl_error *error)
{
    struct cpl_viterbi_emit emit = {.unigram = tokenizer->state, .encoding = encoding};
    struct cpl_cached_word *place = NULL;
    struct work *work;
    uint64_t key[3];
    size_t from = encoding->count, length = end - begin;
    CPL_TRY(find_work(&work, tokenizer, encoding, error));
    if (length <= CPL_CACHED_BYTES) {
        cpl_word_key(key, bytes + begin, length, length);
        place = cpl_word_place(&work->cache, key);
        if (cpl_word_same(place, key))
            return add_cached(encoding, place, begin, end, error);
    }
    CPL_TRY(cpl_viterbi_encode(&emit, &work->search, bytes, begin, end, error));
    if (place)
        keep(place, key, emit.unigram, encoding, from, begin, end);
    return CPL_OK;
}

/* ---- small questions ------------------------------------------------------------------------- */

static size_t unigram_mark_length(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    (void)tokenizer;
    (void)piece;
    return 0;
}

static uint64_t unigram_hash(const struct cpl_tokenizer *tokenizer)
{
    const struct cpl_viterbi *unigram = tokenizer->state;
    int64_t part[2] = {unigram->unknown_id, unigram->byte_fallback};
    return XXH64(unigram->score, (size_t)unigram->n_scores * sizeof *unigram->score,
                 XXH64(part, sizeof part, 0));
}

const struct cpl_tokenizer_model cpl_tokenizer_unigram = {
    .type = "Unigram",
    .read = unigram_read,
    .write = unigram_write,
    .encode_word = unigram_encode_word,
    .mark_length = unigram_mark_length,
    .hash = unigram_hash,
    .free_state = unigram_free,
};
