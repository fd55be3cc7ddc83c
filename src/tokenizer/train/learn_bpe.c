/* Learning byte-pair encoding, of bytes or of characters: the alphabet, then merges in their order
 * (Sennrich et al., "Neural machine translation of rare words with subword units", 2016).
 *
 * The words of byte-level BPE are bytes already, each as the character that GPT-2's table gives it;
 * all 256 of these are taken, as in Hugging Face's BpeTrainer by code point. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/train/trainer.h"

/* In GPT-2's table bytes that print stand for themselves, the others for U+0100 and what follows. */
static bool prints(uint32_t byte)
{
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

static cpl_status add_bytes(struct cpl_pieces *pieces, struct cpl_error *error)
{
    char text[4];
    int32_t id;
    for (uint32_t byte = 0; byte < 256; byte++)
        if (prints(byte))
            CPL_TRY(cpl_pieces_add(pieces, &id, text, cpl_utf8_encode(text, byte), error));
    for (uint32_t byte = 0, code = 0x100; byte < 256; byte++)
        if (!prints(byte))
            CPL_TRY(cpl_pieces_add(pieces, &id, text, cpl_utf8_encode(text, code++), error));
    return CPL_OK;
}

static json_t *list_merges(const struct cpl_pieces *pieces, const struct cpl_merge_list *merges)
{
    json_t *list = json_array();
    for (size_t i = 0; i < merges->n; i++) {
        json_t *pair = json_pack("[s, s]", cpl_pieces_text(pieces, merges->merge[i].left),
                                 cpl_pieces_text(pieces, merges->merge[i].right));
        if (json_array_append_new(list, pair) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *make_model(const struct cpl_tokenizer_trainer *trainer,
                          const struct cpl_pieces *pieces, const struct cpl_merge_list *merges)
{
    json_t *vocabulary = cpl_learned_vocabulary(pieces), *list = list_merges(pieces, merges);
    if (vocabulary && list)
        return json_pack("{s:s, s:n, s:s?, s:n, s:n, s:b, s:b, s:b, s:o, s:o}", "type", "BPE",
                         "dropout", "unk_token", trainer->kind->special[1],
                         "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", 0,
                         "byte_fallback", trainer->options.byte_fallback, "ignore_merges", 0,
                         "vocab", vocabulary, "merges", list);
    json_decref(vocabulary);
    json_decref(list);
    return NULL;
}

cpl_status cpl_learn_bpe(struct cpl_tokenizer_trainer *trainer,
                         const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                         int32_t limit, json_t **model, struct cpl_error *error)
{
    struct cpl_merge_list merges = {0};
    int32_t first = pieces->count;
    if (!trainer->kind->bytes)
        CPL_TRY(cpl_learn_alphabet(trainer, pieces, words, first, limit, error));
    else if (limit - first < 256)
        return cpl_error_set(error, CPL_ERROR_USAGE, "vocab-size",
                             "%d is too small: there are 256 bytes and %d special tokens",
                             (int)limit, (int)first);
    else
        CPL_TRY(add_bytes(pieces, error));
    const struct cpl_word_split_options split = {
        .split = CPL_SPLIT_PARTS, .prefix = "", .first_symbol = first};
    cpl_status status = cpl_learn_merges(trainer, pieces, &merges, words, &split, limit, error);
    if (status == CPL_OK) {
        *model = make_model(trainer, pieces, &merges);
        status = *model ? CPL_OK : cpl_out_of_memory(error);
    }
    cpl_merge_list_clear(&merges);
    return status;
}
