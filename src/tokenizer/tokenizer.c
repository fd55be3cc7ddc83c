/* What all tokenizers have in common: see <couplet/tokenizer.h> and tokenizer_model.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Part of every hash: raised when the same files begin to give other ids. */
enum { RULES_VERSION = 2 };

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
    cpl_added_tokens_clear(&tokenizer->raw);
    cpl_added_tokens_clear(&tokenizer->normalized);
    free(tokenizer->added_at);
    free(tokenizer->flags);
    free(tokenizer);
}

/* Ids of added tokens begin behind as many as the model has pieces. */
static int32_t next_added(struct cpl_tokenizer *tokenizer)
{
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    if (tokenizer->next_added == 0)
        for (int32_t id = 0; id < pieces->count; id++)
            tokenizer->next_added += cpl_pieces_text(pieces, id) != NULL;
    return tokenizer->next_added++;
}

static cpl_status place_token(struct cpl_tokenizer *tokenizer, struct cpl_added_token *token,
                              const char *where, struct cpl_error *error)
{
    struct cpl_pieces *pieces = &tokenizer->pieces;
    int32_t known = cpl_pieces_find(pieces, token->content, token->length);
    if (token->id < 0)
        token->id = known >= 0 ? known : next_added(tokenizer);
    if (known >= 0 && known != token->id)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "added token \"%.100s\" has id %d, in the vocabulary it has %d",
                             token->content, (int)token->id, (int)known);
    const char *other = cpl_pieces_text(pieces, token->id);
    if (other && known < 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "added token \"%.100s\" has id %d, which is that of \"%.100s\"",
                             token->content, (int)token->id, other);
    if (token->id > pieces->count + 100000)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "added token \"%.100s\" has id %d, far beyond the %d others",
                             token->content, (int)token->id, (int)pieces->count);
    return known >= 0 ? CPL_OK
                      : cpl_pieces_set(pieces, token->id, token->content, token->length, error);
}

/* The token with that id goes; the last one takes its place in the list. */
static void remove_added(struct cpl_tokenizer *tokenizer, int32_t id)
{
    int32_t at = tokenizer->added_at[id];
    struct cpl_added_tokens *tokens = at & 1 ? &tokenizer->normalized : &tokenizer->raw;
    size_t index = (size_t)at / 2;
    free(tokens->token[index].content);
    tokens->token[index] = tokens->token[--tokens->n];
    if (index < tokens->n)
        tokenizer->added_at[tokens->token[index].id] = at;
    tokenizer->added_at[id] = -1;
}

static cpl_status grow_added(struct cpl_tokenizer *tokenizer, int32_t id,
                             struct cpl_error *error)
{
    size_t needed = (size_t)id + 1;
    CPL_TRY(cpl_memory_grow(&tokenizer->added_at, &tokenizer->added_capacity, needed,
                            sizeof *tokenizer->added_at, error));
    for (; tokenizer->added_ids < needed; tokenizer->added_ids++)
        tokenizer->added_at[tokenizer->added_ids] = -1;
    return CPL_OK;
}

static const struct cpl_added_token *find_added(const struct cpl_tokenizer *tokenizer,
                                                int32_t id)
{
    int32_t at = tokenizer->added_at[id];
    return at < 0   ? NULL
           : at & 1 ? &tokenizer->normalized.token[at / 2]
                    : &tokenizer->raw.token[at / 2];
}

bool cpl_tokenizer_is_added(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return (size_t)id < tokenizer->added_ids && tokenizer->added_at[id] >= 0;
}

cpl_status cpl_tokenizer_add_token(struct cpl_tokenizer *tokenizer,
                                   const struct cpl_added_token *token, const char *where,
                                   struct cpl_error *error)
{
    struct cpl_added_token copy = *token;
    struct cpl_added_tokens *tokens =
        token->normalized ? &tokenizer->normalized : &tokenizer->raw;
    if (token->length == 0)
        return CPL_OK; /* can never be found */
    CPL_TRY(place_token(tokenizer, &copy, where, error));
    CPL_TRY(grow_added(tokenizer, copy.id, error));
    CPL_TRY(
        cpl_memory_grow(&tokens->token, &tokens->capacity, tokens->n + 1, sizeof copy, error));
    CPL_TRY(cpl_text_copy_n(&copy.content, token->content, token->length, error));
    const struct cpl_added_token *before = find_added(tokenizer, copy.id);
    copy.special |= before && before->special;
    if (before)
        remove_added(tokenizer, copy.id);
    tokenizer->added_at[copy.id] = (int32_t)(2 * tokens->n + token->normalized);
    tokens->token[tokens->n++] = copy;
    return CPL_OK;
}

/* ---- completing ------------------------------------------------------------------------------ */

/* The text of an added token as it looks in normalised text, behind those in `work->whole`. */
static cpl_status normalize_token(const struct cpl_tokenizer *tokenizer,
                                  struct cpl_encode_scratch *scratch,
                                  const struct cpl_added_token *token, struct cpl_error *error)
{
    struct cpl_work *work = &scratch->work;
    work->text.n_bytes = 0;
    work->first = true;
    work->origin = 0;
    CPL_TRY(cpl_normal_text_add(&work->text, token->content, token->length, 0, 0, error));
    for (size_t i = 0; i < work->text.n_bytes; i++) {
        work->text.begin[i] = i;
        work->text.end[i] = i + 1;
    }
    CPL_TRY(cpl_stages_apply(&tokenizer->normalizers, work, error));
    return cpl_normal_text_take(&scratch->whole, &work->text, 0, work->text.n_bytes, error);
}

static cpl_status build_added(const struct cpl_tokenizer *tokenizer,
                              struct cpl_added_tokens *tokens, bool normalized,
                              struct cpl_error *error)
{
    struct cpl_added_text *texts = NULL;
    struct cpl_encode_scratch *scratch = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&texts, tokens->n, sizeof *texts, error));
    CPL_TRY_GOTO(cpl_memory_new(&scratch, 1, sizeof *scratch, error));
    for (size_t i = 0; i < tokens->n; i++) {
        size_t before = scratch->whole.n_bytes;
        texts[i].text = tokens->token[i].content;
        texts[i].length = tokens->token[i].length;
        if (normalized) {
            CPL_TRY_GOTO(normalize_token(tokenizer, scratch, &tokens->token[i], error));
            texts[i].length = scratch->whole.n_bytes - before;
        }
    }
    for (size_t i = 0, at = 0; normalized && i < tokens->n; at += texts[i++].length)
        texts[i].text = texts[i].length ? scratch->whole.bytes + at : "";
    status = cpl_added_tokens_build(tokens, texts, error);
done:
    cpl_encode_scratch_free(scratch);
    free(texts);
    return status;
}

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

static cpl_status compute_hash(struct cpl_tokenizer *tokenizer, struct cpl_error *error)
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
    CPL_TRY(build_added(tokenizer, &tokenizer->raw, false, error));
    CPL_TRY(build_added(tokenizer, &tokenizer->normalized, true, error));
    CPL_TRY(cpl_spelling_find(&tokenizer->spelling, tokenizer, error));
    set_flags(tokenizer);
    find_roles(tokenizer, names);
    cpl_tokenizer_config_mark(tokenizer);
    if (tokenizer->model->mark_special)
        tokenizer->model->mark_special(tokenizer);
    CPL_TRY(compute_hash(tokenizer, error));
    return attach_fused(tokenizer, error);
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
