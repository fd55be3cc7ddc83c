/* Vocabularies as JSON objects of pieces and ids. */
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"

cpl_status cpl_pieces_read(struct cpl_pieces *pieces, const json_t *vocabulary,
                           const char *where, struct cpl_error *error)
{
    if (!json_is_object(vocabulary) || json_object_size(vocabulary) == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "model.vocab is not an object with pieces and ids");
    int64_t limit = 2 * (int64_t)json_object_size(vocabulary) + 1000;
    const char *key;
    size_t length;
    json_t *value;
    json_object_keylen_foreach((json_t *)vocabulary, key, length, value)
    {
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
        CPL_TRY(cpl_pieces_set(pieces, (int32_t)id, key, length, error));
    }
    return CPL_OK;
}

json_t *cpl_pieces_write(const struct cpl_tokenizer *tokenizer)
{
    json_t *vocabulary = json_object();
    for (int32_t id = 0; id < tokenizer->n_model; id++)
        if (tokenizer->flags[id] & CPL_PIECE_MODEL)
            json_object_setn_new(vocabulary, cpl_pieces_text(&tokenizer->pieces, id),
                                 tokenizer->pieces.length[id], json_integer(id));
    return vocabulary;
}
