/* What is found out when all of a tokenizer is read: roles, flags, the fused encoder; see
 * tokenizer_model.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <string.h>

/* The names that people use when no configuration says: BERT's, then those of RoBERTa, T5 and GPT-2. */
static int32_t find_role(struct cpl_tokenizer *tokenizer, const char *given, const char *usual,
                         const char *other)
{
    const char *const names[] = {given ? given : usual, given ? NULL : other};
    int32_t id = -1;
    for (size_t i = 0; id < 0 && i < 2; i++)
        if (names[i])
            id = cpl_pieces_find(&tokenizer->pieces, names[i], strlen(names[i]));
    if (id >= 0)
        tokenizer->flags[id] |= CPL_PIECE_SPECIAL;
    return id;
}

/* "\n" itself, or the byte 0A as byte-level models and models with byte fallback spell it. */
static int32_t find_newline(const struct cpl_tokenizer *tokenizer)
{
    int32_t id = cpl_pieces_find(&tokenizer->pieces, "\n", 1);
    if (id < 0 && tokenizer->spelling.bytes)
        return cpl_pieces_find(&tokenizer->pieces, "\u010A", strlen("\u010A"));
    return id >= 0 ? id : cpl_pieces_find(&tokenizer->pieces, "<0x0A>", strlen("<0x0A>"));
}

static void find_roles(struct cpl_tokenizer *tokenizer, const struct cpl_special_names *names)
{
    struct cpl_special_ids *special = &tokenizer->special;
    special->pad = find_role(tokenizer, names->pad, "[PAD]", "<pad>");
    special->unknown = find_role(tokenizer, names->unknown, "[UNK]", "<unk>");
    special->cls = find_role(tokenizer, names->cls, "[CLS]", NULL);
    special->sep = find_role(tokenizer, names->sep, "[SEP]", NULL);
    special->mask = find_role(tokenizer, names->mask, "[MASK]", "<mask>");
    special->bos = find_role(tokenizer, names->bos, "<s>", "<|endoftext|>");
    special->eos = find_role(tokenizer, names->eos, "</s>", "<|endoftext|>");
    special->newline = find_newline(tokenizer);
}

static void set_flags(struct cpl_tokenizer *tokenizer)
{
    const struct cpl_added_tokens *stages[] = {&tokenizer->raw, &tokenizer->normalized};
    for (int32_t id = 0; id < tokenizer->pieces.count; id++) {
        const char *piece = cpl_pieces_text(&tokenizer->pieces, id);
        if (!piece)
            continue;
        if (id < tokenizer->n_model)
            tokenizer->flags[id] |= CPL_PIECE_MODEL;
        if (tokenizer->model->mark_length(tokenizer, piece) > 0)
            tokenizer->flags[id] |= CPL_PIECE_CONTINUES;
    }
    for (size_t stage = 0; stage < 2; stage++)
        for (size_t i = 0; i < stages[stage]->n; i++) {
            const struct cpl_added_token *token = &stages[stage]->token[i];
            tokenizer->flags[token->id] |= CPL_PIECE_ADDED;
            tokenizer->flags[token->id] &= (uint8_t)~CPL_PIECE_CONTINUES;
            if (token->special)
                tokenizer->flags[token->id] |= CPL_PIECE_SPECIAL;
        }
}

static cpl_status attach_fused(struct cpl_tokenizer *tokenizer, struct cpl_error *error)
{
    static const struct cpl_fused_encoder *const encoders[] = {
#define FUSED(symbol) &cpl_fused_##symbol,
#include "tokenizer/fused_encoders.def"
#undef FUSED
    };
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        CPL_TRY(encoders[i]->attach(&tokenizer->fused_state, tokenizer, error));
        if (!tokenizer->fused_state)
            continue;
        tokenizer->fused = encoders[i];
        return CPL_OK;
    }
    return CPL_OK;
}

cpl_status cpl_tokenizer_complete(struct cpl_tokenizer *tokenizer,
                                  const struct cpl_special_names *names,
                                  struct cpl_error *error)
{
    CPL_TRY(cpl_memory_new(&tokenizer->flags, (size_t)tokenizer->pieces.count, 1, error));
    CPL_TRY(cpl_tokenizer_build_added(tokenizer, error));
    CPL_TRY(cpl_spelling_find(&tokenizer->spelling, tokenizer, error));
    set_flags(tokenizer);
    find_roles(tokenizer, names);
    cpl_tokenizer_config_mark(tokenizer);
    if (tokenizer->model->mark_special)
        tokenizer->model->mark_special(tokenizer);
    CPL_TRY(cpl_tokenizer_compute_hash(tokenizer, error));
    return attach_fused(tokenizer, error);
}
