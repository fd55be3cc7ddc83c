/* The state of byte pair encoding, and words by way of merging: see bpe.h. */
#include "tokenizer/bpe.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- state ------------------------------------------------------------------------------------ */

void cpl_bpe_free(void *state)
{
    struct cpl_bpe *bpe = state;
    if (!bpe)
        return;
    free((char *)bpe->options.unknown);
    free((char *)bpe->options.prefix);
    free((char *)bpe->options.suffix);
    cpl_bpe_pairs_clear(&bpe->pairs);
    free(bpe->own);
    free(bpe);
}

static cpl_status copy_options(struct cpl_bpe *bpe, const struct cpl_bpe_options *options,
                               const char *where, struct cpl_error *error)
{
    const char *prefix = options->prefix ? options->prefix : "";
    const char *suffix = options->suffix ? options->suffix : "";
    char *unknown = NULL, *own_prefix = NULL, *own_suffix = NULL;
    if (strlen(prefix) > CPL_BPE_LONGEST_MARK || strlen(suffix) > CPL_BPE_LONGEST_MARK)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "a prefix or suffix of pieces with more than %d bytes",
                             CPL_BPE_LONGEST_MARK);
    bpe->options = *options;
    bpe->options.unknown = bpe->options.prefix = bpe->options.suffix = NULL;
    if (options->unknown && options->unknown[0])
        CPL_TRY(cpl_text_copy(&unknown, options->unknown, error));
    bpe->options.unknown = unknown;
    CPL_TRY(cpl_text_copy(&own_prefix, prefix, error));
    bpe->options.prefix = own_prefix;
    CPL_TRY(cpl_text_copy(&own_suffix, suffix, error));
    bpe->options.suffix = own_suffix;
    return CPL_OK;
}

static void find_bytes(struct cpl_bpe *bpe, const struct cpl_pieces *pieces)
{
    bpe->has_all_bytes = true;
    for (unsigned byte = 0; byte < 256; byte++) {
        char piece[8];
        snprintf(piece, sizeof piece, "<0x%02X>", byte);
        bpe->byte_id[byte] = cpl_pieces_find(pieces, piece, 6);
        bpe->has_all_bytes &= bpe->byte_id[byte] >= 0;
    }
}

cpl_status cpl_bpe_attach(struct cpl_tokenizer *tokenizer,
                          const struct cpl_bpe_options *options,
                          const struct cpl_bpe_merge *merges, size_t n_merges,
                          const char *where, struct cpl_error *error)
{
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    struct cpl_bpe *bpe = NULL;
    CPL_TRY(cpl_memory_new(&bpe, 1, sizeof *bpe, error));
    tokenizer->state = bpe;
    CPL_TRY(copy_options(bpe, options, where, error));
    bpe->n_own = pieces->count;
    CPL_TRY(cpl_memory_new(&bpe->own, (size_t)pieces->count, 1, error));
    for (int32_t id = 0; id < pieces->count; id++)
        bpe->own[id] = cpl_pieces_text(pieces, id) != NULL;
    const char *unknown = bpe->options.unknown;
    bpe->unknown_id = unknown ? cpl_pieces_find(pieces, unknown, strlen(unknown)) : -1;
    find_bytes(bpe, pieces);
    return cpl_bpe_pairs_build(&bpe->pairs, merges, n_merges, error);
}

int32_t cpl_bpe_find(const struct cpl_tokenizer *tokenizer, const char *text, size_t length)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    int32_t id = cpl_pieces_find(&tokenizer->pieces, text, length);
    return id >= 0 && id < bpe->n_own && bpe->own[id] ? id : -1;
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void engine_free(void *state)
{
    struct cpl_bpe_engine *engine = state;
    if (!engine)
        return;
    cpl_bpe_work_clear(&engine->work);
    cpl_bpe_search_memory_clear(&engine->search);
    cpl_word_cache_clear(&engine->cache);
    free(engine->text);
    free(engine);
}

cpl_status cpl_bpe_engine(struct cpl_bpe_engine **engine, const struct cpl_tokenizer *tokenizer,
                          struct cpl_encoding *encoding, struct cpl_error *error)
{
    struct cpl_encode_scratch *scratch;
    CPL_TRY(cpl_encoding_scratch(&scratch, tokenizer, encoding, error));
    return cpl_kept_find(engine, &scratch->engine, sizeof **engine, engine_free, error);
}

/* ---- words ------------------------------------------------------------------------------------ */

cpl_status cpl_bpe_encode_word(const struct cpl_tokenizer *tokenizer,
                               struct cpl_encoding *encoding, const char *bytes, size_t begin,
                               size_t end, struct cpl_error *error)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    struct cpl_bpe_engine *engine;
    size_t length = end - begin;
    CPL_TRY(cpl_bpe_engine(&engine, tokenizer, encoding, error));
    int32_t id =
        bpe->options.ignore_merges ? cpl_bpe_find(tokenizer, bytes + begin, length) : -1;
    if (id >= 0)
        return cpl_encoding_add(encoding, id, begin, end, error);
    struct cpl_bpe_work *work = &engine->work;
    CPL_TRY(cpl_bpe_symbols(tokenizer, work, bytes + begin, length, error));
    CPL_TRY(cpl_bpe_work_merge(work, &bpe->pairs, error));
    for (size_t i = 0, at = begin; i < work->n; i++) {
        size_t next = at + work->symbol[i].length;
        next = next < end ? next : end; /* bytes of a prefix count, but are in no text */
        CPL_TRY(cpl_encoding_add(encoding, work->symbol[i].id, at, next, error));
        at = next;
    }
    return CPL_OK;
}
