/* Corpora, shards and tokenizers. */
#include "inspect/inspect.h"

#include "base/json_file.h"
#include "base/try.h"
#include "corpus/shard.h"

#include <couplet/corpus.h>
#include <couplet/tokenizer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_hash(json_t *out, const char *key, uint64_t hash)
{
    char text[24];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    json_object_set_new(out, key, json_string(text));
}

cpl_status cpl_inspect_shard(json_t *out, const char *path, struct cpl_error *error)
{
    struct cpl_shard shard = {0};
    CPL_TRY(cpl_shard_open(&shard, path, error));
    json_object_set_new(out, "tokens", json_integer((json_int_t)shard.n_tokens));
    json_object_set_new(out, "documents", json_integer((json_int_t)shard.n_documents));
    json_object_set_new(out, "characters", json_integer((json_int_t)shard.n_characters));
    json_object_set_new(out, "bytes_per_token", json_integer((json_int_t)shard.token_bytes));
    add_hash(out, "tokenizer", shard.tokenizer_hash);
    add_hash(out, "segmenter", shard.segmenter_hash);
    cpl_shard_close(&shard);
    return CPL_OK;
}

cpl_status cpl_inspect_corpus(json_t *out, const char *directory, struct cpl_error *error)
{
    struct cpl_corpus *corpus = NULL;
    char *text = NULL;
    json_t *known = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_corpus_open(&corpus, directory, error));
    CPL_TRY_GOTO(cpl_corpus_describe(corpus, &text, error));
    CPL_TRY_GOTO(cpl_json_parse(&known, text, strlen(text), directory, 0, error));
    json_object_update_missing(out, known);
done:
    json_decref(known);
    free(text);
    cpl_corpus_close(corpus);
    return status;
}

static void add_token(json_t *out, const struct cpl_tokenizer *tokenizer, const char *role,
                      int32_t id)
{
    if (id >= 0)
        json_object_set_new(out, role,
                            json_pack("[i, s]", id, cpl_tokenizer_piece(tokenizer, id)));
}

cpl_status cpl_inspect_tokenizer(json_t *out, const char *path, struct cpl_error *error)
{
    struct cpl_tokenizer *tokenizer = NULL;
    CPL_TRY(cpl_tokenizer_load(&tokenizer, path, error));
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    json_t *roles = json_object();
    json_object_set_new(out, "vocab_size", json_integer(cpl_tokenizer_size(tokenizer)));
    add_hash(out, "hash", cpl_tokenizer_hash(tokenizer));
    add_token(roles, tokenizer, "pad", special.pad);
    add_token(roles, tokenizer, "unknown", special.unknown);
    add_token(roles, tokenizer, "cls", special.cls);
    add_token(roles, tokenizer, "sep", special.sep);
    add_token(roles, tokenizer, "mask", special.mask);
    add_token(roles, tokenizer, "bos", special.bos);
    add_token(roles, tokenizer, "eos", special.eos);
    add_token(roles, tokenizer, "newline", special.newline);
    int failed = json_object_set_new(out, "special", roles);
    cpl_tokenizer_free(tokenizer);
    return failed ? cpl_error_set(error, CPL_ERROR_SYSTEM, "inspect", "out of memory") : CPL_OK;
}
