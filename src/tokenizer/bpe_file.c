/* "BPE" in tokenizer.json: see bpe.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bpe.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- merges ----------------------------------------------------------------------------------- */

struct reader {
    const struct cpl_pieces *pieces;
    size_t
        prefix_length; /* characters of continuing_subword_prefix: so many bytes of a right part
                             are not in what the parts become */
    char *text;        /* of the piece that two become */
    size_t capacity;
    const char *where;
};
struct text {
    const char *bytes;
    size_t length;
};

static cpl_status find_piece(const struct reader *reader, int32_t *id, struct text text,
                             size_t number, struct cpl_error *error)
{
    *id = cpl_pieces_find(reader->pieces, text.bytes, text.length);
    if (*id >= 0)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                         "model.merges: merge %zu has \"%.*s\", which the vocabulary lacks",
                         number, (int)(text.length < 100 ? text.length : 100), text.bytes);
}

/* ["a", "b"], or "a b". */
static bool split_merge(struct text part[2], const json_t *merge)
{
    if (json_is_array(merge)) {
        for (size_t i = 0; i < 2; i++) {
            const json_t *text = json_array_get(merge, i);
            part[i] = (struct text){json_string_value(text), json_string_length(text)};
        }
        return json_array_size(merge) == 2 && part[0].bytes && part[1].bytes;
    }
    const char *text = json_string_value(merge), *end = text + json_string_length(merge);
    const char *space = text ? memchr(text, ' ', (size_t)(end - text)) : NULL;
    if (!space || memchr(space + 1, ' ', (size_t)(end - space - 1)))
        return false;
    part[0] = (struct text){text, (size_t)(space - text)};
    part[1] = (struct text){space + 1, (size_t)(end - space - 1)};
    return true;
}

static cpl_status read_merge(struct reader *reader, struct cpl_bpe_merge *merge,
                             const json_t *value, size_t number, struct cpl_error *error)
{
    struct text part[2];
    if (!split_merge(part, value))
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "model.merges: merge %zu is not two pieces", number);
    CPL_TRY(find_piece(reader, &merge->left, part[0], number, error));
    CPL_TRY(find_piece(reader, &merge->right, part[1], number, error));
    if (part[1].length < reader->prefix_length)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "model.merges: merge %zu: its second piece is shorter than "
                             "continuing_subword_prefix",
                             number);
    size_t rest = part[1].length - reader->prefix_length, length = part[0].length + rest;
    CPL_TRY(cpl_memory_grow(&reader->text, &reader->capacity, length + 1, 1, error));
    memcpy(reader->text, part[0].bytes, part[0].length);
    memcpy(reader->text + part[0].length, part[1].bytes + reader->prefix_length, rest);
    return find_piece(reader, &merge->merged, (struct text){reader->text, length}, number,
                      error);
}

/* *merges: heap [*n]. */
static cpl_status read_merges(struct reader *reader, struct cpl_bpe_merge **merges, size_t *n,
                              const json_t *list, struct cpl_error *error)
{
    int32_t rank = 0;
    if (!json_is_array(list) || json_array_size(list) >= INT32_MAX / 2)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "model.merges is not a list of pairs");
    CPL_TRY(cpl_memory_new(merges, json_array_size(list), sizeof **merges, error));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        const char *text = json_string_value(value);
        if (text && strncmp(text, "#version", 8) == 0)
            continue;
        CPL_TRY(read_merge(reader, &(*merges)[rank], value, i, error));
        (*merges)[rank].rank = rank;
        rank++;
    }
    *n = (size_t)rank;
    return CPL_OK;
}

/* ---- the model -------------------------------------------------------------------------------- */

static cpl_status read_options(struct cpl_bpe_options *options, const json_t *model,
                               const char *where, struct cpl_error *error)
{
    double dropout = 0;
    CPL_TRY(cpl_json_get_text(&options->unknown, model, "unk_token", where, error));
    CPL_TRY(
        cpl_json_get_text(&options->prefix, model, "continuing_subword_prefix", where, error));
    CPL_TRY(cpl_json_get_text(&options->suffix, model, "end_of_word_suffix", where, error));
    CPL_TRY(cpl_json_get_bool(&options->fuse_unknown, model, "fuse_unk", where, error));
    CPL_TRY(cpl_json_get_bool(&options->byte_fallback, model, "byte_fallback", where, error));
    CPL_TRY(cpl_json_get_bool(&options->ignore_merges, model, "ignore_merges", where, error));
    CPL_TRY(cpl_json_get_double(&dropout, model, "dropout", where, error));
    if (dropout != 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.dropout is %g, expected 0: ids would be random", dropout);
    return CPL_OK;
}

static cpl_status bpe_read(struct cpl_tokenizer *tokenizer, const json_t *model,
                           const char *where, struct cpl_error *error)
{
    struct cpl_bpe_options options = {0};
    struct reader reader = {.pieces = &tokenizer->pieces, .where = where};
    struct cpl_bpe_merge *merges = NULL;
    size_t n = 0;
    cpl_status status = CPL_OK;
    CPL_TRY(read_options(&options, model, where, error));
    CPL_TRY(cpl_pieces_read(&tokenizer->pieces, json_object_get(model, "vocab"), where, error));
    if (options.prefix)
        reader.prefix_length = cpl_utf8_count(options.prefix, strlen(options.prefix));
    CPL_TRY_GOTO(read_merges(&reader, &merges, &n, json_object_get(model, "merges"), error));
    CPL_TRY_GOTO(cpl_bpe_attach(tokenizer, &options, merges, n, where, error));
done:
    free(reader.text);
    free(merges);
    return status;
}

static json_t *text_or_null(const char *text)
{
    return text && text[0] ? json_string(text) : json_null();
}

static int compare_ranks(const void *a, const void *b)
{
    const struct cpl_bpe_merge *one = a, *other = b;
    return (one->rank > other->rank) - (one->rank < other->rank);
}

static json_t *pair_of(const struct cpl_pieces *pieces, const struct cpl_bpe_merge *merge)
{
    return json_pack("[s%, s%]", cpl_pieces_text(pieces, merge->left),
                     pieces->length[merge->left], cpl_pieces_text(pieces, merge->right),
                     pieces->length[merge->right]);
}

static cpl_status write_merges(const struct cpl_tokenizer *tokenizer, json_t *list,
                               struct cpl_error *error)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    struct cpl_bpe_merge *merges = NULL;
    size_t n = 0;
    CPL_TRY(cpl_memory_new(&merges, bpe->pairs.n, sizeof *merges, error));
    for (size_t i = 0; i < bpe->pairs.n_slots; i++)
        if (bpe->pairs.slot[i].left >= 0)
            merges[n++] = bpe->pairs.slot[i];
    qsort(merges, n, sizeof *merges, compare_ranks);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, pair_of(pieces, &merges[i]));
    free(merges);
    return json_array_size(list) == n ? CPL_OK : cpl_out_of_memory(error);
}

static cpl_status bpe_write(const struct cpl_tokenizer *tokenizer, json_t *model,
                            struct cpl_error *error)
{
    const struct cpl_bpe_options *options = &((struct cpl_bpe *)tokenizer->state)->options;
    json_t *merges = json_array();
    json_object_set_new(model, "dropout", json_null());
    json_object_set_new(model, "unk_token", text_or_null(options->unknown));
    json_object_set_new(model, "continuing_subword_prefix", text_or_null(options->prefix));
    json_object_set_new(model, "end_of_word_suffix", text_or_null(options->suffix));
    json_object_set_new(model, "fuse_unk", json_boolean(options->fuse_unknown));
    json_object_set_new(model, "byte_fallback", json_boolean(options->byte_fallback));
    json_object_set_new(model, "ignore_merges", json_boolean(options->ignore_merges));
    json_object_set_new(model, "vocab", cpl_pieces_write(tokenizer));
    if (json_object_set_new(model, "merges", merges) != 0)
        return cpl_out_of_memory(error);
    return write_merges(tokenizer, merges, error);
}

/* ---- small questions -------------------------------------------------------------------------- */

static size_t bpe_tail_length(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    size_t n = strlen(bpe->options.suffix), length = strlen(piece);
    return length >= n && strcmp(piece + length - n, bpe->options.suffix) == 0 ? n : 0;
}

static size_t bpe_mark_length(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    size_t n = strlen(bpe->options.prefix);
    return n > 0 && strncmp(piece, bpe->options.prefix, n) == 0 && piece[n] ? n : 0;
}

static uint64_t bpe_hash(const struct cpl_tokenizer *tokenizer)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    uint64_t hash = 0;
    uint64_t part[2] = {(uint64_t)bpe->unknown_id,
                        (uint64_t)bpe->options.fuse_unknown |
                            (uint64_t)bpe->options.byte_fallback << 1 |
                            (uint64_t)bpe->options.ignore_merges << 2};
    for (size_t i = 0; i < bpe->pairs.n_slots; i++)
        if (bpe->pairs.slot[i].left >= 0)
            hash ^= XXH64(&bpe->pairs.slot[i], sizeof bpe->pairs.slot[i], 0);
    hash = XXH64(part, sizeof part, hash);
    hash = XXH64(bpe->options.prefix, strlen(bpe->options.prefix), hash);
    return XXH64(bpe->options.suffix, strlen(bpe->options.suffix), hash);
}

const struct cpl_tokenizer_model cpl_tokenizer_bpe = {
    .type = "BPE",
    .read = bpe_read,
    .write = bpe_write,
    .encode_word = cpl_bpe_encode_word,
    .mark_length = bpe_mark_length,
    .tail_length = bpe_tail_length,
    .hash = bpe_hash,
    .free_state = cpl_bpe_free,
};
