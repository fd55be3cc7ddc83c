/* WordPiece in tokenizer.json, and its state: see wordpiece.h. */
#include "tokenizer/wordpiece.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void wordpiece_free(void *state)
{
    struct cpl_wordpiece *wordpiece = state;
    if (!wordpiece)
        return;
    cpl_bert_characters_clear(&wordpiece->characters);
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

cpl_status cpl_wordpiece_attach(struct cpl_tokenizer *tokenizer,
                                const struct cpl_wordpiece_options *options, const char *where,
                                struct cpl_error *error)
{
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    const char *unknown = options->unknown ? options->unknown : "[UNK]";
    int32_t unknown_id = cpl_pieces_find(pieces, unknown, strlen(unknown));
    if (unknown_id < 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "the vocabulary has no \"%s\" for unknown words", unknown);
    struct cpl_wordpiece *wordpiece = NULL;
    CPL_TRY(cpl_memory_new(&wordpiece, 1, sizeof *wordpiece, error));
    tokenizer->state = wordpiece;
    wordpiece->unknown_id = unknown_id;
    wordpiece->max_characters = options->max_characters ? options->max_characters : 100;
    CPL_TRY(cpl_text_copy(&wordpiece->prefix, options->prefix ? options->prefix : "##", error));
    CPL_TRY(build_trie(wordpiece, pieces, error));
    wordpiece->continuing =
        cpl_piece_trie_walk(&wordpiece->trie, wordpiece->prefix, strlen(wordpiece->prefix));
    return cpl_bert_characters_init(&wordpiece->characters, &options->bert, pieces, unknown_id,
                                    error);
}

/* ---- reading --------------------------------------------------------------------------------- */

static cpl_status expect_type(const json_t *file, const char *section, const char *expected,
                              const char *where, struct cpl_error *error)
{
    const char *type = NULL;
    CPL_TRY(cpl_json_get_text(&type, json_object_get(file, section), "type", where, error));
    if (type && strcmp(type, expected) == 0)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s of type \"%s\", expected %s",
                         section, type ? type : "none", expected);
}

static cpl_status read_normalizer(struct cpl_bert_options *bert, const json_t *file,
                                  const char *where, struct cpl_error *error)
{
    CPL_TRY(expect_type(file, "normalizer", "BertNormalizer", where, error));
    const json_t *normalizer = json_object_get(file, "normalizer");
    *bert = (struct cpl_bert_options){true, true, false, true};
    CPL_TRY(cpl_json_get_bool(&bert->clean_text, normalizer, "clean_text", where, error));
    CPL_TRY(cpl_json_get_bool(&bert->handle_chinese_chars, normalizer, "handle_chinese_chars",
                              where, error));
    CPL_TRY(cpl_json_get_bool(&bert->lowercase, normalizer, "lowercase", where, error));
    bert->strip_accents = bert->lowercase; /* what null means */
    return cpl_json_get_bool(&bert->strip_accents, normalizer, "strip_accents", where, error);
}

static cpl_status read_vocabulary(struct cpl_pieces *pieces, const json_t *vocabulary,
                                  const char *where, struct cpl_error *error)
{
    if (!json_is_object(vocabulary) || json_object_size(vocabulary) == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.vocab is not an object with pieces and ids");
    int64_t limit = 2 * (int64_t)json_object_size(vocabulary) + 1000;
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)vocabulary, key, value) {
        int64_t id = json_is_integer(value) ? json_integer_value(value) : -1;
        if (id < 0 || id >= limit || id >= INT32_MAX)
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 "model.vocab: the id of \"%.100s\" is not a number in 0..%lld",
                                 key, (long long)limit - 1);
        const char *other = cpl_pieces_text(pieces, (int32_t)id);
        if (other)
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 "model.vocab: \"%.100s\" and \"%.100s\" both have id %lld",
                                 other, key, (long long)id);
        CPL_TRY(cpl_pieces_set(pieces, (int32_t)id, key, strlen(key), error));
    }
    return CPL_OK;
}

static cpl_status wordpiece_read(struct cpl_tokenizer *tokenizer, const json_t *file,
                                 const char *where, struct cpl_error *error)
{
    struct cpl_wordpiece_options options = {0};
    CPL_TRY(read_normalizer(&options.bert, file, where, error));
    CPL_TRY(expect_type(file, "pre_tokenizer", "BertPreTokenizer", where, error));
    const json_t *model = json_object_get(file, "model");
    int64_t max_characters = 100;
    CPL_TRY(cpl_json_get_text(&options.unknown, model, "unk_token", where, error));
    CPL_TRY(
        cpl_json_get_text(&options.prefix, model, "continuing_subword_prefix", where, error));
    CPL_TRY(cpl_json_get_int(&max_characters, model, "max_input_chars_per_word", 1,
                             CPL_WORDPIECE_LONGEST, where, error));
    options.max_characters = (size_t)max_characters;
    CPL_TRY(read_vocabulary(&tokenizer->pieces, json_object_get(model, "vocab"), where, error));
    return cpl_wordpiece_attach(tokenizer, &options, where, error);
}

/* ---- writing --------------------------------------------------------------------------------- */

static cpl_status wordpiece_write(const struct cpl_tokenizer *tokenizer, json_t *file,
                                  json_t *config, struct cpl_error *error)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    const struct cpl_bert_options *bert = &wordpiece->characters.options;
    json_object_set_new(file, "normalizer",
                        json_pack("{s:s, s:b, s:b, s:b, s:b}", "type", "BertNormalizer",
                                  "clean_text", bert->clean_text, "handle_chinese_chars",
                                  bert->handle_chinese_chars, "strip_accents",
                                  bert->strip_accents, "lowercase", bert->lowercase));
    json_object_set_new(file, "pre_tokenizer", json_pack("{s:s}", "type", "BertPreTokenizer"));
    json_object_set_new(file, "decoder",
                        json_pack("{s:s, s:s, s:b}", "type", "WordPiece", "prefix",
                                  wordpiece->prefix, "cleanup", 1));
    json_t *vocabulary = json_object();
    for (int32_t id = 0; id < tokenizer->n_model; id++)
        if (tokenizer->flags[id] & CPL_PIECE_MODEL)
            json_object_set_new(vocabulary, cpl_pieces_text(&tokenizer->pieces, id),
                                json_integer(id));
    json_t *model =
        json_pack("{s:s, s:s, s:s, s:i, s:o}", "type", "WordPiece", "unk_token",
                  cpl_pieces_text(&tokenizer->pieces, wordpiece->unknown_id),
                  "continuing_subword_prefix", wordpiece->prefix, "max_input_chars_per_word",
                  (int)wordpiece->max_characters, "vocab", vocabulary);
    if (json_object_set_new(file, "model", model) != 0)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
    json_object_set_new(config, "do_lower_case", json_boolean(bert->lowercase));
    json_object_set_new(config, "strip_accents", json_boolean(bert->strip_accents));
    json_object_set_new(config, "tokenize_chinese_chars",
                        json_boolean(bert->handle_chinese_chars));
    return CPL_OK;
}

/* ---- small questions ------------------------------------------------------------------------- */

static cpl_status wordpiece_normalize(const struct cpl_tokenizer *tokenizer, char **out,
                                      const char *text, struct cpl_error *error)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    struct cpl_normal_text normal = {0};
    cpl_status status =
        cpl_bert_normalize(&wordpiece->characters, &normal, text, 0, strlen(text), error);
    if (status == CPL_OK)
        status =
            cpl_text_copy_n(out, normal.n_bytes ? normal.bytes : "", normal.n_bytes, error);
    cpl_normal_text_clear(&normal);
    return status;
}

static size_t wordpiece_mark_length(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    size_t n = strlen(wordpiece->prefix);
    return n > 0 && strncmp(piece, wordpiece->prefix, n) == 0 && piece[n] ? n : 0;
}

static uint64_t wordpiece_hash(const struct cpl_tokenizer *tokenizer)
{
    const struct cpl_wordpiece *wordpiece = tokenizer->state;
    const struct cpl_bert_options *bert = &wordpiece->characters.options;
    uint64_t part[3] = {(uint64_t)bert->clean_text | (uint64_t)bert->handle_chinese_chars << 1 |
                            (uint64_t)bert->strip_accents << 2 | (uint64_t)bert->lowercase << 3,
                        (uint64_t)wordpiece->unknown_id, wordpiece->max_characters};
    return XXH64(wordpiece->prefix, strlen(wordpiece->prefix), XXH64(part, sizeof part, 0));
}

const struct cpl_tokenizer_model cpl_tokenizer_wordpiece = {
    .type = "WordPiece",
    .class_name = "BertTokenizer",
    .read = wordpiece_read,
    .write = wordpiece_write,
    .encode = cpl_wordpiece_encode,
    .normalize = wordpiece_normalize,
    .mark_length = wordpiece_mark_length,
    .hash = wordpiece_hash,
    .free_state = wordpiece_free,
};
