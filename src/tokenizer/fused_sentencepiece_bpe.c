/* SentencePiece's BPE models in windows: normalised text is cut where no piece reaches over; what lies
 * between is a character, a word that was met before, or is searched (bpe_search.h).
 *
 * Some models have pieces that were added later with the lowest score, all the same (Llama 2: runs of
 * spaces).  The search refuses them, but as their turn comes last they can be merged behind it. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bpe_search.h"
#include "tokenizer/piece_borders.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/word_cache.h"
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 4096, SINGLES = 0x10000 };

struct fused {
    const struct cpl_sentence_rules *rules;
    const struct cpl_sentencepiece *model;
    struct cpl_borders borders;
    struct cpl_bpe_pairs pairs,
        late; /* late: of the lowest score, when the search does not take them */
    struct cpl_bpe_search search;
    bool has_late;
    int32_t *single; /* [SINGLES] id of a character that is a piece, -1 */
};
struct engine {
    struct cpl_sentence_text text;
    struct cpl_bpe_search_memory search;
    struct cpl_word_cache cache;
};

/* ---- words ------------------------------------------------------------------------------------ */

/* Where the tokens of a window go. */
struct output {
    const struct fused *fused;
    struct engine *engine;
    struct cpl_encoding *encoding;
    struct cpl_sentence_tokens tokens;
};

static cpl_status add(struct output *output, int32_t id, size_t begin, size_t end,
                      struct cpl_error *error)
{
    const size_t *origin = output->engine->text.origin;
    return cpl_encoding_add(output->encoding, id, origin[begin], origin[end], error);
}

/* The character at bytes[begin, end) has no piece. */
static cpl_status add_unknown(struct output *output, size_t begin, size_t end,
                              struct cpl_error *error)
{
    const struct cpl_sentence_text *text = &output->engine->text;
    struct cpl_encoding *encoding = output->encoding;
    size_t from = encoding->count;
    bool after = output->tokens.after_unknown;
    int32_t unknown = output->fused->model->unigram.unknown_id;
    CPL_TRY(cpl_sentence_token(&output->tokens, unknown, text->bytes, begin, end, error));
    if (from == encoding->count && after)
        encoding->span[from - 1].end = text->origin[end];
    for (size_t i = from; i < encoding->count; i++) {
        struct cpl_span *span = &encoding->span[i];
        *span = (struct cpl_span){text->origin[begin],
                                  text->origin[span->end > begin ? end : begin]};
    }
    return CPL_OK;
}

static void keep(struct cpl_cached_word *word, const uint64_t key[3],
                 const struct cpl_bpe_token *token, size_t n)
{
    if (n == 0 || n > CPL_CACHED_TOKENS)
        return;
    memcpy(word->key, key, sizeof word->key);
    word->n = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        word->id[i] = token[i].id;
        if (i + 1 < n)
            word->end[i] = (uint8_t)token[i].end;
    }
}

static cpl_status add_cached(struct output *output, const struct cpl_cached_word *word,
                             size_t begin, size_t end, struct cpl_error *error)
{
    size_t at = begin;
    for (size_t i = 0; i + 1u < word->n; i++) {
        CPL_TRY(add(output, word->id[i], at, begin + word->end[i], error));
        at = begin + word->end[i];
    }
    output->tokens.after_unknown = false;
    return add(output, word->id[word->n - 1], at, end, error);
}

/* Makes the late merges in token[from, n), the leftmost first. */
static void merge_late(const struct fused *fused, struct cpl_bpe_search_memory *memory,
                       size_t from)
{
    size_t n = from;
    for (size_t i = from; i < memory->n; i++) {
        const struct cpl_bpe_merge *merge;
        memory->token[n++] = memory->token[i];
        while (n - from >= 2 &&
               (merge = cpl_bpe_pairs_find(&fused->late, memory->token[n - 2].id,
                                           memory->token[n - 1].id))) {
            memory->token[n - 2] =
                (struct cpl_bpe_token){merge->merged, memory->token[n - 1].end};
            n--;
        }
    }
    memory->n = n;
}

/* Tokens of bytes[begin, end), in which no user-defined piece is; *whole: no unknown character either. */
static cpl_status add_searched(struct output *output, size_t begin, size_t end, bool *whole,
                               struct cpl_error *error)
{
    struct cpl_bpe_search_memory *memory = &output->engine->search;
    const char *word = output->engine->text.bytes + begin;
    size_t length = end - begin, at = 0, last = 0;
    *whole = true;
    memory->n = 0;
    while (at < length) {
        size_t known = memory->n;
        CPL_TRY(cpl_bpe_search_word(&output->fused->search, memory, word, &at, length, error));
        if (output->fused->has_late)
            merge_late(output->fused, memory, known);
        for (size_t i = known; i < memory->n; i++) {
            CPL_TRY(add(output, memory->token[i].id, begin + last, begin + memory->token[i].end,
                        error));
            last = memory->token[i].end;
            output->tokens.after_unknown = false;
        }
        if (at == length)
            break;
        *whole = false;
        size_t from = at;
        cpl_utf8_next(word, &at);
        CPL_TRY(add_unknown(output, begin + from, begin + at, error));
        last = at;
    }
    return CPL_OK;
}

/* The same, cut at user-defined pieces. */
static cpl_status add_parts(struct output *output, size_t begin, size_t end, bool *whole,
                            struct cpl_error *error)
{
    const struct fused *fused = output->fused;
    const char *bytes = output->engine->text.bytes;
    bool all = true, frozen;
    size_t from = begin;
    for (size_t at = begin; at < end;) {
        size_t length = cpl_sentence_symbol(&fused->model->user, bytes + at, end - at, &frozen);
        if (frozen) {
            if (from < at)
                CPL_TRY(add_searched(output, from, at, whole, error));
            int32_t id = cpl_sentencepiece_id(fused->model, bytes + at, length);
            CPL_TRY(add(output, id, at, at + length, error));
            output->tokens.after_unknown = false;
            from = at + length;
            all = false;
        }
        at += length;
    }
    if (from < end)
        CPL_TRY(add_searched(output, from, end, whole, error));
    *whole = *whole && all;
    return CPL_OK;
}

static cpl_status add_word(struct output *output, size_t begin, size_t end,
                           struct cpl_error *error)
{
    const struct fused *fused = output->fused;
    struct engine *engine = output->engine;
    struct cpl_cached_word *place = NULL;
    uint64_t key[3];
    bool whole = false;
    if (end - begin <= CPL_CACHED_BYTES) {
        cpl_word_key(key, engine->text.bytes + begin, end - begin, engine->text.n - begin);
        place = cpl_word_place(&engine->cache, key);
        if (cpl_word_same(place, key))
            return add_cached(output, place, begin, end, error);
    } else if (end - begin >= UINT32_MAX) {
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "a word of more than %u bytes without a break", UINT32_MAX - 1);
    }
    CPL_TRY(fused->rules->has_user ? add_parts(output, begin, end, &whole, error)
                                   : add_searched(output, begin, end, &whole, error));
    if (place && whole)
        keep(place, key, engine->search.token, engine->search.n);
    return CPL_OK;
}

/* ---- windows ---------------------------------------------------------------------------------- */

/* End of the word at bytes[at, n): where two characters stand side by side in no piece. */
static inline size_t word_end(const struct fused *fused, const char *bytes, size_t at, size_t n,
                              uint32_t *code)
{
    *code = cpl_utf8_next(bytes, &at);
    for (uint32_t left = *code, right; at < n; left = right) {
        size_t next = at;
        right = cpl_utf8_next(bytes, &next);
        if (!cpl_borders_join(&fused->borders, left, right))
            break;
        at = next;
    }
    return at;
}

/* Words of the window as far as they are certain; *taken: bytes. */
static cpl_status add_words(struct output *output, size_t n, bool final, size_t *taken,
                            struct cpl_error *error)
{
    const struct fused *fused = output->fused;
    const char *bytes = output->engine->text.bytes;
    size_t at = 0;
    while (at < n) {
        uint32_t code;
        size_t end = word_end(fused, bytes, at, n, &code), first = at;
        if (end == n && !final)
            break;
        cpl_utf8_next(bytes, &first);
        int32_t single = end == first && code < SINGLES ? fused->single[code] : -1;
        if (single >= 0) {
            output->tokens.after_unknown = false;
            CPL_TRY(add(output, single, at, end, error));
        } else {
            CPL_TRY(add_word(output, at, end, error));
        }
        at = end;
    }
    *taken = at;
    return CPL_OK;
}

static void engine_free(void *state)
{
    struct engine *engine = state;
    if (!engine)
        return;
    cpl_sentence_text_clear(&engine->text);
    cpl_bpe_search_memory_clear(&engine->search);
    cpl_word_cache_clear(&engine->cache);
    free(engine);
}

static cpl_status find_engine(struct engine **engine, const struct cpl_tokenizer *tokenizer,
                              struct cpl_encoding *encoding, struct cpl_error *error)
{
    struct cpl_encode_scratch *scratch;
    CPL_TRY(cpl_encoding_scratch(&scratch, tokenizer, encoding, error));
    if (!scratch->engine)
        CPL_TRY(cpl_memory_new(&scratch->engine, 1, sizeof **engine, error));
    scratch->free_engine = engine_free;
    *engine = scratch->engine;
    return cpl_word_cache_init(&(*engine)->cache, error);
}

static cpl_status fused_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error)
{
    const struct fused *fused = state;
    struct cpl_sentence_pass pass = {
        .rules = fused->rules, .text = text, .at = begin, .end = end};
    struct output output = {.fused = fused, .encoding = encoding};
    size_t window = WINDOW, taken;
    bool final;
    output.tokens = (struct cpl_sentence_tokens){fused->model, encoding, false};
    CPL_TRY(find_engine(&output.engine, tokenizer, encoding, error));
    struct cpl_sentence_text *normal = &output.engine->text;
    CPL_TRY(cpl_sentence_start(&pass, normal, first, &final, error));
    while (!final) {
        CPL_TRY(cpl_sentence_continue(&pass, normal, window, error));
        final = pass.at == pass.end;
        if (final)
            CPL_TRY(cpl_sentence_finish(&pass, normal, error));
        size_t certain = final ? normal->n : cpl_sentence_certain(&pass, normal);
        CPL_TRY(add_words(&output, certain, final, &taken, error));
        cpl_sentence_text_drop(normal, taken);
        if (taken == 0)
            window *= 2;
    }
    return CPL_OK;
}

/* ---- which models ----------------------------------------------------------------------------- */

static void fused_free(void *state)
{
    struct fused *fused = state;
    if (!fused)
        return;
    cpl_borders_clear(&fused->borders);
    cpl_bpe_search_clear(&fused->search);
    cpl_bpe_pairs_clear(&fused->pairs);
    cpl_bpe_pairs_clear(&fused->late);
    free(fused->single);
    free(fused);
}

/* Every character of a piece that merging makes must be a piece itself, as after training it is. */
static bool has_characters(const struct cpl_sentencepiece *model, const char *text,
                           size_t length)
{
    for (size_t at = 0, from = 0; at < length; from = at) {
        cpl_utf8_next(text, &at);
        if (cpl_pieces_find(&model->own, text + from, at - from) < 0)
            return false;
    }
    return true;
}

/* What building needs for a while; arrays by id. */
struct build {
    struct cpl_bpe_text *text;
    bool *symbol;
    uint8_t *use;
    struct cpl_bpe_merge *merges; /* by rank */
    size_t n_merges;
};

static void build_clear(struct build *build)
{
    free(build->text);
    free(build->symbol);
    free(build->use);
    free(build->merges);
}

static cpl_status describe_pieces(struct fused *fused, struct build *build, bool *possible,
                                  struct cpl_error *error)
{
    const struct cpl_sentencepiece *model = fused->model;
    size_t n = (size_t)model->own.count;
    CPL_TRY(cpl_memory_new(&fused->single, SINGLES, sizeof *fused->single, error));
    CPL_TRY(cpl_memory_new(&build->text, n, sizeof *build->text, error));
    CPL_TRY(cpl_memory_new(&build->symbol, n, sizeof *build->symbol, error));
    CPL_TRY(cpl_memory_new(&build->use, n, 1, error));
    memset(fused->single, 0xFF, SINGLES * sizeof *fused->single);
    for (int32_t id = 0; id < model->own.count; id++) {
        const char *piece = cpl_pieces_text(&model->own, id);
        size_t length = model->own.length[id], at = 0;
        build->use[id] = piece != NULL;
        if (!piece)
            continue;
        uint32_t code = cpl_utf8_next(piece, &at);
        if (at == length && code < SINGLES)
            fused->single[code] = id;
        *possible = *possible && length < CPL_BPE_LONGEST_PIECE;
        if (model->type[id] != CPL_TYPE_NORMAL)
            continue;
        build->symbol[id] = at == length;
        build->text[id] = (struct cpl_bpe_text){piece, (uint32_t)length};
        *possible = *possible && has_characters(model, piece, length);
    }
    return CPL_OK;
}

/* Puts the merges of the last rank aside, unless others come after them; *n: those that stay. */
static bool put_aside(struct build *build, size_t *n)
{
    const struct cpl_bpe_merge *merges = build->merges;
    size_t first = build->n_merges;
    while (first > 0 && merges[first - 1].rank == merges[build->n_merges - 1].rank)
        first--;
    for (size_t i = first; i < build->n_merges; i++)
        build->text[merges[i].merged] = (struct cpl_bpe_text){0};
    for (size_t i = 0; i < first; i++)
        if (!build->text[merges[i].left].bytes || !build->text[merges[i].right].bytes)
            return false;
    *n = first;
    return true;
}

static cpl_status build_search(struct fused *fused, struct build *build, bool *possible,
                               struct cpl_error *error)
{
    size_t n = build->n_merges;
    for (int round = 0;; round++) {
        CPL_TRY(cpl_bpe_pairs_build(&fused->pairs, build->merges, n, error));
        CPL_TRY(cpl_bpe_search_build(&fused->search, possible, &fused->pairs, build->text,
                                     build->symbol, fused->model->own.count, error));
        if (*possible || round > 0 || !put_aside(build, &n))
            return CPL_OK;
        cpl_bpe_search_clear(&fused->search);
        cpl_bpe_pairs_clear(&fused->pairs);
        fused->has_late = true;
        CPL_TRY(
            cpl_bpe_pairs_build(&fused->late, build->merges + n, build->n_merges - n, error));
    }
}

static cpl_status build_all(struct fused *fused, bool *possible, struct cpl_error *error)
{
    struct build build = {0};
    cpl_status status = CPL_OK;
    *possible = true;
    CPL_TRY_GOTO(describe_pieces(fused, &build, possible, error));
    if (!*possible)
        goto done;
    CPL_TRY_GOTO(cpl_borders_init(&fused->borders, &fused->model->own, build.use, error));
    CPL_TRY_GOTO(cpl_sentencepiece_merges(&build.merges, &build.n_merges, fused->model, error));
    status = build_search(fused, &build, possible, error);
done:
    build_clear(&build);
    return status;
}

static cpl_status fused_attach(void **state, const struct cpl_tokenizer *tokenizer,
                               struct cpl_error *error)
{
    const struct cpl_sentence_rules *rules =
        cpl_stages_only(&tokenizer->normalizers, "SentencePiece");
    const struct cpl_sentencepiece *model = tokenizer->state;
    struct fused *fused = NULL;
    bool possible = false;
    if (!rules || tokenizer->model != &cpl_tokenizer_sentencepiece ||
        model->kind != CPL_SENTENCEPIECE_BPE || model->has_unused ||
        tokenizer->pre_tokenizers.n > 0 || tokenizer->normalized.n > 0)
        return CPL_OK;
    CPL_TRY(cpl_memory_new(&fused, 1, sizeof *fused, error));
    fused->rules = rules;
    fused->model = model;
    cpl_status status = build_all(fused, &possible, error);
    if (status == CPL_OK && possible)
        *state = fused;
    else
        fused_free(fused);
    return status;
}

const struct cpl_fused_encoder cpl_fused_sentencepiece_bpe = {"sentencepiece_bpe", fused_attach,
                                                              fused_encode, fused_free};
