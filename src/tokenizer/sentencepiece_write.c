/* Hugging Face's vocabulary for a SentencePiece model: see sentencepiece.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include <stdlib.h>

/* ---- merges ---------------------------------------------------------------------------------- */

/* A merge and what decides about its turn. */
struct ranked {
    float score;
    uint32_t split; /* bytes of the left part */
    struct cpl_bpe_merge merge;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->merge.merged != b->merge.merged)
        return a->merge.merged < b->merge.merged ? -1 : 1;
    return (a->split > b->split) - (a->split < b->split);
}

static int32_t find_normal(const struct cpl_sentencepiece *model, const char *text,
                           size_t length)
{
    int32_t id = cpl_pieces_find(&model->own, text, length);
    return id >= 0 && model->type[id] == CPL_TYPE_NORMAL ? id : -1;
}

static cpl_status collect(struct ranked **list, size_t *n, size_t *capacity,
                          const struct cpl_sentencepiece *model, int32_t id,
                          struct cpl_error *error)
{
    const char *text = cpl_pieces_text(&model->own, id);
    size_t length = model->own.length[id], at = 0;
    if (!text || model->type[id] != CPL_TYPE_NORMAL)
        return CPL_OK;
    for (cpl_utf8_next(text, &at); at < length; cpl_utf8_next(text, &at)) {
        int32_t left = find_normal(model, text, at);
        int32_t right = left < 0 ? -1 : find_normal(model, text + at, length - at);
        if (right < 0)
            continue;
        CPL_TRY(cpl_memory_grow(list, capacity, *n + 1, sizeof **list, error));
        (*list)[(*n)++] = (struct ranked){model->score[id], (uint32_t)at, {left, right, id, 0}};
    }
    return CPL_OK;
}

cpl_status cpl_sentencepiece_merges(struct cpl_bpe_merge **merges, size_t *n,
                                    const struct cpl_sentencepiece *model,
                                    struct cpl_error *error)
{
    struct ranked *list = NULL;
    size_t capacity = 0;
    int32_t rank = 0;
    cpl_status status = CPL_OK;
    *n = 0;
    for (int32_t id = 0; id < model->own.count; id++)
        CPL_TRY_GOTO(collect(&list, n, &capacity, model, id, error));
    if (*n > 0)
        qsort(list, *n, sizeof *list, compare_ranked);
    CPL_TRY_GOTO(cpl_memory_new(merges, *n, sizeof **merges, error));
    for (size_t i = 0; i < *n; i++) {
        rank += i > 0 && list[i].score != list[i - 1].score;
        (*merges)[i] = list[i].merge;
        (*merges)[i].rank = rank;
    }
done:
    free(list);
    return status;
}

static cpl_status add_merges(json_t *section, const struct cpl_sentencepiece *model,
                             struct cpl_error *error)
{
    struct cpl_bpe_merge *merges = NULL;
    size_t n = 0;
    json_t *list = json_array();
    cpl_status status = cpl_sentencepiece_merges(&merges, &n, model, error);
    for (size_t i = 0; status == CPL_OK && i < n; i++)
        json_array_append_new(list,
                              json_pack("[s, s]", cpl_pieces_text(&model->own, merges[i].left),
                                        cpl_pieces_text(&model->own, merges[i].right)));
    free(merges);
    if (json_object_set_new(section, "merges", list) != 0 && status == CPL_OK)
        status = cpl_out_of_memory(error);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

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
