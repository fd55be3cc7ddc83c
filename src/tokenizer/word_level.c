/* The model "WordLevel" of tokenizer.json: a word is a piece, or unknown as a whole. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

struct word_level {
    char *unknown;      /* its text, in the vocabulary or not */
    int32_t unknown_id; /* -1: unknown words are an error */
};

static void word_level_free(void *state)
{
    struct word_level *words = state;
    if (words)
        free(words->unknown);
    free(words);
}

static cpl_status word_level_read(struct cpl_tokenizer *tokenizer, const json_t *model,
                                  const char *where, struct cpl_error *error)
{
    const char *unknown = "<unk>";
    struct word_level *words = NULL;
    CPL_TRY(cpl_json_get_text(&unknown, model, "unk_token", where, error));
    CPL_TRY(cpl_pieces_read(&tokenizer->pieces, json_object_get(model, "vocab"), where, error));
    CPL_TRY(cpl_memory_new(&words, 1, sizeof *words, error));
    tokenizer->state = words;
    words->unknown_id = cpl_pieces_find(&tokenizer->pieces, unknown, strlen(unknown));
    return cpl_text_copy(&words->unknown, unknown, error);
}

static cpl_status word_level_write(const struct cpl_tokenizer *tokenizer, json_t *model,
                                   struct cpl_error *error)
{
    const struct word_level *words = tokenizer->state;
    json_object_set_new(model, "vocab", cpl_pieces_write(tokenizer));
    if (json_object_set_new(model, "unk_token", json_string(words->unknown)) != 0)
        return cpl_out_of_memory(error);
    return CPL_OK;
}

/* Texts of added tokens are in the table, too, but are no words. */
static cpl_status word_level_encode_word(const struct cpl_tokenizer *tokenizer,
                                         struct cpl_encoding *encoding, const char *bytes,
                                         size_t begin, size_t end, struct cpl_error *error)
{
    const struct word_level *words = tokenizer->state;
    int32_t id = cpl_pieces_find(&tokenizer->pieces, bytes + begin, end - begin);
    if (id < 0 || !(tokenizer->flags[id] & CPL_PIECE_MODEL))
        id = words->unknown_id;
    if (id < 0)
        return cpl_error_set(
            error, CPL_ERROR_INPUT, NULL,
            "the word \"%.*s\" is not in the vocabulary, which lacks \"%.50s\" "
            "for such words",
            (int)(end - begin < 50 ? end - begin : 50), bytes + begin, words->unknown);
    return cpl_encoding_add(encoding, id, begin, end, error);
}

static size_t word_level_mark_length(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    (void)tokenizer;
    (void)piece;
    return 0;
}

static uint64_t word_level_hash(const struct cpl_tokenizer *tokenizer)
{
    const struct word_level *words = tokenizer->state;
    return (uint64_t)words->unknown_id;
}

const struct cpl_tokenizer_model cpl_tokenizer_word_level = {
    .type = "WordLevel",
    .read = word_level_read,
    .write = word_level_write,
    .encode_word = word_level_encode_word,
    .mark_length = word_level_mark_length,
    .hash = word_level_hash,
    .free_state = word_level_free,
};
