/* Hugging Face's vocabulary for a SentencePiece model: see sentencepiece.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include <stdlib.h>
#include <string.h>

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

/* Two pieces that make up a third. */
struct merge {
    float score; /* of the third */
    int32_t id;
    uint32_t split; /* bytes of the left one */
};
struct merges {
    struct merge *merge;
    size_t n, capacity;
};

static int compare_merges(const void *left, const void *right)
{
    const struct merge *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->split > b->split) - (a->split < b->split);
}

static bool is_normal(const struct cpl_sentencepiece *model, const char *text, size_t length)
{
    int32_t id = cpl_pieces_find(&model->own, text, length);
    return id >= 0 && model->type[id] == CPL_TYPE_NORMAL;
}

static cpl_status collect_merges(struct merges *merges, const struct cpl_sentencepiece *model,
                                 struct cpl_error *error)
{
    for (int32_t id = 0; id < model->own.count; id++) {
        const char *text = cpl_pieces_text(&model->own, id);
        size_t length = model->own.length[id], at = 0;
        if (!text || model->type[id] != CPL_TYPE_NORMAL)
            continue;
        for (cpl_utf8_next(text, &at); at < length; cpl_utf8_next(text, &at)) {
            if (!is_normal(model, text, at) || !is_normal(model, text + at, length - at))
                continue;
            CPL_TRY(cpl_memory_grow(&merges->merge, &merges->capacity, merges->n + 1,
                                    sizeof *merges->merge, error));
            merges->merge[merges->n++] = (struct merge){model->score[id], id, (uint32_t)at};
        }
    }
    if (merges->n > 0)
        qsort(merges->merge, merges->n, sizeof *merges->merge, compare_merges);
    return CPL_OK;
}

static cpl_status add_merges(json_t *section, const struct cpl_sentencepiece *model,
                             struct cpl_error *error)
{
    struct merges merges = {0};
    json_t *list = json_array();
    cpl_status status = collect_merges(&merges, model, error);
    for (size_t i = 0; status == CPL_OK && i < merges.n; i++) {
        const struct merge *merge = &merges.merge[i];
        const char *text = cpl_pieces_text(&model->own, merge->id);
        json_t *entry = json_array();
        json_array_append_new(entry, json_stringn(text, merge->split));
        json_array_append_new(entry, json_string(text + merge->split));
        json_array_append_new(list, entry);
    }
    free(merges.merge);
    if (json_object_set_new(section, "merges", list) != 0 && status == CPL_OK)
        status = out_of_memory(error);
    return status;
}

static json_t *list_scores(const struct cpl_tokenizer *tokenizer)
{
    const struct cpl_sentencepiece *model = tokenizer->state;
    json_t *list = json_array();
    for (int32_t id = 0; id < model->n_pieces; id++)
        json_array_append_new(list, json_pack("[s, f]", cpl_pieces_text(&tokenizer->pieces, id),
                                              (double)model->score[id]));
    return list;
}

static bool has_user(const struct cpl_sentencepiece *model)
{
    for (int32_t id = 0; id < model->n_pieces; id++)
        if (model->type[id] == CPL_TYPE_USER)
            return true;
    return false;
}

cpl_status cpl_sentencepiece_add_vocabulary(const struct cpl_tokenizer *tokenizer,
                                            json_t *section, struct cpl_error *error)
{
    const struct cpl_sentencepiece *model = tokenizer->state;
    const char *unknown = cpl_pieces_text(&tokenizer->pieces, model->unigram.unknown_id);
    bool unigram = model->kind == CPL_SENTENCEPIECE_UNIGRAM,
         bpe = model->kind == CPL_SENTENCEPIECE_BPE;
    json_object_set_new(section, "type",
                        json_string(unigram ? "Unigram"
                                    : bpe   ? "BPE"
                                            : "WordLevel"));
    if (unigram) {
        json_object_set_new(section, "unk_id", json_integer(model->unigram.unknown_id));
        json_object_set_new(section, "vocab", list_scores(tokenizer));
    } else {
        json_object_set_new(section, "unk_token", json_string(unknown));
        json_object_set_new(section, "vocab", cpl_pieces_write(tokenizer));
    }
    if (unigram || bpe)
        json_object_set_new(section, "byte_fallback",
                            json_boolean(model->unigram.byte_fallback));
    if (!bpe)
        return CPL_OK;
    json_object_set_new(section, "fuse_unk", json_true());
    json_object_set_new(section, "ignore_merges", json_boolean(has_user(model)));
    return add_merges(section, model, error);
}
