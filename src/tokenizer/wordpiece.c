/* WordPiece in tokenizer.json, its state and its words: see wordpiece.h. */
#include "tokenizer/wordpiece.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void wordpiece_free(void *state)
{
    struct cpl_wordpiece *wordpiece = state;
    if (!wordpiece)
        return;
    cpl_piece_trie_clear(&wordpiece->trie);
    free(wordpiece->prefix);
    free(wordpiece);
}

/* ---- state ----------------------------------------------------------------------------------- */

static cpl_status build_trie(struct cpl_wordpiece *wordpiece, const struct cpl_pieces *pieces,
                             struct cpl_error *error)
{
    struct cpl_trie_piece *list = NULL;
    size_t n = 0;
    CPL_TRY(cpl_memory_new(&list, (size_t)pieces->count, sizeof *list, error));
    for (int32_t id = 0; id < pieces->count; id++)
        if (cpl_pieces_text(pieces, id))
            list[n++] =
                (struct cpl_trie_piece){cpl_pieces_text(pieces, id), pieces->length[id], id};
    cpl_status status = cpl_piece_trie_build(&wordpiece->trie, list, n, error);
    free(list);
    return status;
}

static cpl_status attach(struct cpl_tokenizer *tokenizer, const char *prefix,
                         const char *unknown, size_t max_characters, const char *where,
                         struct cpl_error *error)
{
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    int32_t unknown_id = cpl_pieces_find(pieces, unknown, strlen(unknown));
    if (unknown_id < 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "the vocabulary has no \"%s\" for unknown words", unknown);
    struct cpl_wordpiece *wordpiece = NULL;
    CPL_TRY(cpl_memory_new(&wordpiece, 1, sizeof *wordpiece, error));
    tokenizer->state = wordpiece;
    wordpiece->unknown_id = unknown_id;
    wordpiece->max_characters = max_characters;
    CPL_TRY(cpl_text_copy(&wordpiece->prefix, prefix, error));
    CPL_TRY(build_trie(wordpiece, pieces, error));
    wordpiece->continuing = cpl_piece_trie_walk(&wordpiece->trie, prefix, strlen(prefix));
    return CPL_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static cpl_status wordpiece_read(struct cpl_tokenizer *tokenizer, const json_t *model,
                                 const char *where, struct cpl_error *error)
{
    const char *unknown = "[UNK]", *prefix = "##";
    int64_t max_characters = 100;
    CPL_TRY(cpl_json_get_text(&unknown, model, "unk_token", where, error));
    CPL_TRY(cpl_json_get_text(&prefix, model, "continuing_subword_prefix", where, error));
    CPL_TRY(cpl_json_get_int(&max_characters, model, "max_input_chars_per_word", 1,
                             CPL_WORDPIECE_LONGEST, where, error));
    CPL_TRY(cpl_pieces_read(&tokenizer->pieces, json_object_get(model, "vocab"), where, error));
    return attach(tokenizer, prefix, unknown, (size_t)max_characters, where, error);
}

static cpl_status wordpiece_write(const struct cpl_tokenizer *tokenizer, json_t *model,
                                  struct cpl_error *error)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    const char *unknown = cpl_pieces_text(&tokenizer->pieces, wordpiece->unknown_id);
    json_object_set_new(model, "unk_token", json_string(unknown));
    json_object_set_new(model, "continuing_subword_prefix", json_string(wordpiece->prefix));
    json_object_set_new(model, "max_input_chars_per_word",
                        json_integer((json_int_t)wordpiece->max_characters));
    if (json_object_set_new(model, "vocab", cpl_pieces_write(tokenizer)) != 0)
        return cpl_out_of_memory(error);
    return CPL_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

static cpl_status wordpiece_encode_word(const struct cpl_tokenizer *tokenizer,
                                        struct cpl_encoding *encoding, const char *bytes,
                                        size_t begin, size_t end, struct cpl_error *error)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    size_t kept = encoding->count, at = begin;
    int32_t node = 0;
    bool known = cpl_utf8_count(bytes + begin, end - begin) <= wordpiece->max_characters;
    while (known && at < end) {
        size_t matched = 0;
        int32_t id = node < 0 ? -1
                              : cpl_piece_trie_longest(&wordpiece->trie, node, bytes + at,
                                                       end - at, &matched);
        known = id >= 0;
        if (known)
            CPL_TRY(cpl_encoding_add(encoding, id, at, at + matched, error));
        at += matched;
        node = wordpiece->continuing;
    }
    if (known)
        return CPL_OK;
    encoding->count = kept;
    return cpl_encoding_add(encoding, wordpiece->unknown_id, begin, end, error);
}

/* ---- small questions ------------------------------------------------------------------------- */

static size_t wordpiece_mark_length(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    size_t n = strlen(wordpiece->prefix);
    return n > 0 && strncmp(piece, wordpiece->prefix, n) == 0 && piece[n] ? n : 0;
}

static uint64_t wordpiece_hash(const struct cpl_tokenizer *tokenizer)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    uint64_t part[2] = {(uint64_t)wordpiece->unknown_id, wordpiece->max_characters};
    return XXH64(wordpiece->prefix, strlen(wordpiece->prefix), XXH64(part, sizeof part, 0));
}

const struct cpl_tokenizer_model cpl_tokenizer_wordpiece = {
    .type = "WordPiece",
    .read = wordpiece_read,
    .write = wordpiece_write,
    .encode_word = wordpiece_encode_word,
    .mark_length = wordpiece_mark_length,
    .hash = wordpiece_hash,
    .free_state = wordpiece_free,
};
