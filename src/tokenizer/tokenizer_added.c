/* Added tokens of a tokenizer: their ids, and finding them in texts; see tokenizer_model.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

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

static cpl_status show_normalized(struct cpl_tokenizer *tokenizer,
                                  const struct cpl_added_text *texts, struct cpl_error *error)
{
    for (size_t i = 0; i < tokenizer->normalized.n; i++) {
        const struct cpl_added_token *token = &tokenizer->normalized.token[i];
        if (texts[i].length != token->length ||
            memcmp(texts[i].text, token->content, token->length) != 0)
            CPL_TRY(cpl_pieces_set(&tokenizer->shown, token->id, texts[i].text, texts[i].length,
                                   error));
    }
    return CPL_OK;
}

static cpl_status build_added(struct cpl_tokenizer *tokenizer, struct cpl_added_tokens *tokens,
                              bool normalized, struct cpl_error *error)
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
    CPL_TRY_GOTO(cpl_added_tokens_build(tokens, texts, error));
    if (normalized)
        status = show_normalized(tokenizer, texts, error);
done:
    cpl_encode_scratch_free(scratch);
    free(texts);
    return status;
}

cpl_status cpl_tokenizer_build_added(struct cpl_tokenizer *tokenizer, struct cpl_error *error)
{
    CPL_TRY(build_added(tokenizer, &tokenizer->raw, false, error));
    return build_added(tokenizer, &tokenizer->normalized, true, error);
}
