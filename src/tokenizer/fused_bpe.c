/* Words of fused encoders of byte pair encoding: see fused_bpe.h. */
#include "tokenizer/fused_bpe.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>
#include <string.h>

/* ---- state ------------------------------------------------------------------------------------ */

static cpl_status decode_pieces(struct cpl_fused_bpe *fused,
                                const struct cpl_tokenizer *tokenizer,
                                size_t (*decode)(char *, const char *, size_t),
                                struct cpl_error *error)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    size_t used = 0;
    CPL_TRY(cpl_memory_new(&fused->text, (size_t)bpe->n_own, sizeof *fused->text, error));
    CPL_TRY(cpl_memory_new(&fused->pool, pieces->pool_length, 1, error));
    for (int32_t id = 0; id < bpe->n_own; id++) {
        const char *piece = bpe->own[id] ? cpl_pieces_text(pieces, id) : NULL;
        if (!piece || pieces->length[id] >= UINT32_MAX)
            continue;
        size_t n = decode(fused->pool + used, piece, pieces->length[id]);
        if (n > 0)
            fused->text[id] = (struct cpl_bpe_text){fused->pool + used, (uint32_t)n};
        used += n;
    }
    return CPL_OK;
}

cpl_status cpl_fused_bpe_init(struct cpl_fused_bpe *fused, bool *possible,
                              const struct cpl_tokenizer *tokenizer,
                              size_t (*decode)(char *out, const char *piece, size_t length),
                              bool (*is_symbol)(const char *text, size_t length),
                              struct cpl_error *error)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    bool *symbol = NULL;
    *possible = false;
    CPL_TRY(decode_pieces(fused, tokenizer, decode, error));
    CPL_TRY(cpl_memory_new(&symbol, (size_t)bpe->n_own, sizeof *symbol, error));
    for (int32_t id = 0; id < bpe->n_own; id++)
        symbol[id] =
            fused->text[id].bytes && is_symbol(fused->text[id].bytes, fused->text[id].length);
    cpl_status status = cpl_bpe_search_build(&fused->search, possible, &bpe->pairs, fused->text,
                                             symbol, bpe->n_own, error);
    free(symbol);
    return status;
}

void cpl_fused_bpe_clear(struct cpl_fused_bpe *fused)
{
    cpl_bpe_search_clear(&fused->search);
    free(fused->text);
    free(fused->pool);
}

/* ---- places ----------------------------------------------------------------------------------- */

cpl_status cpl_bpe_section_set(struct cpl_bpe_section *section, struct cpl_bpe_engine *engine,
                               const char *text, size_t begin, size_t end, bool prefixed,
                               struct cpl_error *error)
{
    *section = (struct cpl_bpe_section){text, begin, end, 0, prefixed};
    if (!prefixed)
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&engine->text, &engine->text_capacity, end - begin + 1, 1, error));
    engine->text[0] = ' ';
    memcpy(engine->text + 1, text + begin, end - begin);
    *section = (struct cpl_bpe_section){engine->text, 0, end - begin + 1, begin - 1, true};
    return CPL_OK;
}

static inline bool is_inside(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

/* Tokens that are parts of characters have the place of the whole ones. */
static inline cpl_status add_token(struct cpl_encoding *encoding,
                                   const struct cpl_bpe_section *section, int32_t id,
                                   size_t begin, size_t end, struct cpl_error *error)
{
    const char *text = section->text;
    if (section->prefixed) {
        begin = begin > 0 ? begin : 1;
        end = end > 1 ? end : 2;
    }
    while (is_inside(text[begin]))
        begin--;
    while (end < section->end && is_inside(text[end]))
        end++;
    return cpl_encoding_add(encoding, id, begin + section->shift, end + section->shift, error);
}

/* ---- words ------------------------------------------------------------------------------------ */

void cpl_bpe_word_keep(struct cpl_cached_word *word, const uint64_t key[3],
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

static cpl_status add_cached(struct cpl_encoding *encoding,
                             const struct cpl_bpe_section *section,
                             const struct cpl_cached_word *word, size_t at, size_t next,
                             struct cpl_error *error)
{
    size_t begin = at;
    for (int i = 0; i + 1 < word->n; i++) {
        CPL_TRY(add_token(encoding, section, word->id[i], begin, at + word->end[i], error));
        begin = at + word->end[i];
    }
    return add_token(encoding, section, word->id[word->n - 1], begin, next, error);
}

cpl_status cpl_fused_bpe_word(const struct cpl_fused_bpe *fused,
                              const struct cpl_tokenizer *tokenizer,
                              struct cpl_bpe_engine *engine, struct cpl_encoding *encoding,
                              const struct cpl_bpe_section *section, size_t at, size_t next,
                              struct cpl_error *error)
{
    const char *word = section->text + at;
    struct cpl_cached_word *place = NULL;
    uint64_t key[3];
    size_t length = next - at, begin = at;
    if (length <= CPL_CACHED_BYTES) {
        cpl_word_key(key, word, length, section->end - at);
        place = cpl_word_place(&engine->cache, key);
        if (cpl_word_same(place, key))
            return add_cached(encoding, section, place, at, next, error);
    } else if (length >= UINT32_MAX) {
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "a word of more than %u bytes without a break", UINT32_MAX - 1);
    }
    engine->search.n = 0;
    CPL_TRY(fused->find(fused, tokenizer, engine, word, length, error));
    const struct cpl_bpe_token *token = engine->search.token;
    if (place)
        cpl_bpe_word_keep(place, key, token, engine->search.n);
    for (size_t i = 0; i < engine->search.n; begin = at + token[i++].end)
        CPL_TRY(add_token(encoding, section, token[i].id, begin, at + token[i].end, error));
    return CPL_OK;
}

/* ---- texts ------------------------------------------------------------------------------------ */

cpl_status cpl_fused_bpe_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                                cpl_bpe_part *part, struct cpl_encoding *encoding,
                                const char *text, size_t begin, size_t end, bool first,
                                struct cpl_error *error)
{
    struct cpl_bpe_engine *engine;
    struct cpl_added_search search = {0};
    const struct cpl_added_token *token;
    size_t done = begin, from, to;
    CPL_TRY(cpl_bpe_engine(&engine, tokenizer, encoding, error));
    CPL_TRY(cpl_word_cache_init(&engine->cache, error));
    while (tokenizer->normalized.n > 0 &&
           cpl_added_tokens_find(&tokenizer->normalized, &search, text + begin, end - begin,
                                 &token, &from, &to)) {
        if (done < begin + from)
            CPL_TRY(part(state, tokenizer, engine, encoding, text, done, begin + from,
                         first && done == begin, error));
        CPL_TRY(cpl_encoding_add(encoding, token->id, begin + from, begin + to, error));
        done = begin + to;
    }
    return part(state, tokenizer, engine, encoding, text, done, end, first && done == begin,
                error);
}
