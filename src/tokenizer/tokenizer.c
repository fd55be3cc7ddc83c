/* What all tokenizers have in common: see <couplet/tokenizer.h> and tokenizer_model.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const struct cpl_tokenizer_model *cpl_tokenizer_model_find(const char *type)
{
    static const struct cpl_tokenizer_model *const models[] = {
#define MODEL(type, symbol) &cpl_tokenizer_##symbol,
#include "tokenizer/tokenizer_models.def"
#undef MODEL
    };
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (strcmp(models[i]->type, type) == 0)
            return models[i];
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

cpl_status cpl_tokenizer_new(struct cpl_tokenizer **out, struct cpl_error *error)
{
    static atomic_uint_fast64_t last_serial;
    CPL_TRY(cpl_memory_new(out, 1, sizeof **out, error));
    (*out)->serial = ++last_serial;
    return CPL_OK;
}

void cpl_tokenizer_free(struct cpl_tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    if (tokenizer->fused && tokenizer->fused->free_state)
        tokenizer->fused->free_state(tokenizer->fused_state);
    if (tokenizer->model)
        tokenizer->model->free_state(tokenizer->state);
    cpl_stages_clear(&tokenizer->normalizers);
    cpl_stages_clear(&tokenizer->pre_tokenizers);
    cpl_decoders_clear(&tokenizer->decoders);
    json_decref(tokenizer->sections);
    json_decref(tokenizer->config);
    cpl_pieces_clear(&tokenizer->pieces);
    cpl_pieces_clear(&tokenizer->shown);
    cpl_added_tokens_clear(&tokenizer->raw);
    cpl_added_tokens_clear(&tokenizer->normalized);
    free(tokenizer->added_at);
    free(tokenizer->flags);
    free(tokenizer);
}

/* ---- questions ------------------------------------------------------------------------------- */

int32_t cpl_tokenizer_size(const struct cpl_tokenizer *tokenizer)
{
    return tokenizer->pieces.count;
}

struct cpl_special_ids cpl_tokenizer_special(const struct cpl_tokenizer *tokenizer)
{
    return tokenizer->special;
}

static bool has_flag(const struct cpl_tokenizer *tokenizer, int32_t id,
                     enum cpl_piece_flag flag)
{
    return id >= 0 && id < tokenizer->pieces.count && (tokenizer->flags[id] & flag);
}

bool cpl_tokenizer_is_special(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return has_flag(tokenizer, id, CPL_PIECE_SPECIAL);
}

bool cpl_tokenizer_is_unknown(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    const struct cpl_special_ids *special = &tokenizer->special;
    return id >= 0 && id == special->unknown && id != special->pad && id != special->cls &&
           id != special->sep && id != special->mask && id != special->bos &&
           id != special->eos;
}

bool cpl_tokenizer_continues(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return has_flag(tokenizer, id, CPL_PIECE_CONTINUES);
}

const char *cpl_tokenizer_piece(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return cpl_pieces_text(&tokenizer->pieces, id);
}

int32_t cpl_tokenizer_id(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    return cpl_pieces_find(&tokenizer->pieces, piece, strlen(piece));
}

uint64_t cpl_tokenizer_hash(const struct cpl_tokenizer *tokenizer) { return tokenizer->hash; }
