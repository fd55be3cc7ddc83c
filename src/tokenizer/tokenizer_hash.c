/* The hash of a tokenizer: equal where the same text becomes the same ids. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Part of every hash: raised when the same files begin to give other ids. */
enum { RULES_VERSION = 2 };

static uint64_t hash_added(const struct cpl_added_tokens *tokens, uint64_t hash)
{
    for (size_t i = 0; i < tokens->n; i++) {
        const struct cpl_added_token *token = &tokens->token[i];
        uint64_t part[2] = {(uint64_t)token->id, (uint64_t)token->single_word |
                                                     (uint64_t)token->lstrip << 1 |
                                                     (uint64_t)token->rstrip << 2 |
                                                     (uint64_t)token->normalized << 3 |
                                                     (uint64_t)token->special << 4};
        hash = XXH64(part, sizeof part, hash);
    }
    return hash;
}

static cpl_status hash_section(uint64_t *hash, const struct cpl_tokenizer *tokenizer,
                               const char *name, struct cpl_error *error)
{
    json_t *section = json_object_get(tokenizer->sections, name);
    char *text = json_dumps(section, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text)
        return cpl_out_of_memory(error);
    *hash = XXH64(text, strlen(text), *hash);
    free(text);
    return CPL_OK;
}

cpl_status cpl_tokenizer_compute_hash(struct cpl_tokenizer *tokenizer, struct cpl_error *error)
{
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    uint64_t hash = RULES_VERSION ^ tokenizer->model->hash(tokenizer);
    CPL_TRY(hash_section(&hash, tokenizer, "normalizer", error));
    CPL_TRY(hash_section(&hash, tokenizer, "pre_tokenizer", error));
    for (int32_t id = 0; id < pieces->count; id++) {
        const char *piece = cpl_pieces_text(pieces, id);
        uint64_t number = (uint64_t)id;
        hash = XXH64(&number, sizeof number, hash);
        hash = XXH64(piece ? piece : "", piece ? pieces->length[id] : 0, hash);
    }
    hash = hash_added(&tokenizer->raw, hash);
    tokenizer->hash = hash_added(&tokenizer->normalized, hash);
    return CPL_OK;
}
