/* BPE as sentencepiece does it (bpe_model.cc): of all adjacent symbols whose joined text is a piece, those
 * with the highest score are merged, the leftmost first among equals.  Pieces of type "unused" are taken
 * apart again in the end, into the symbols that were last seen to make them up. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/sentencepiece.h"
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_SPLIT = 64 };
#define NONE UINT32_MAX

/* Symbols of the text, linked; a merged one lives on in its left part, the right one has no bytes. */
struct symbol {
    uint32_t begin;                   /* bytes of the word */
    uint32_t length : 31, frozen : 1; /* user-defined: never merged */
    uint32_t previous, next;
};
struct pair {
    uint32_t left, right;
    float score;
    uint32_t length;
};
struct merging {
    const struct cpl_sentencepiece *model;
    const char *bytes; /* of the word */
    struct symbol *symbol;
    size_t n, capacity;
    struct pair *heap; /* the best pair first */
    size_t n_heap, heap_capacity;
    size_t *left_length; /* [n_pieces] of unused pieces: bytes of the left part */
};

/* ---- the heap -------------------------------------------------------------------------------- */

static bool goes_before(const struct pair *a, const struct pair *b)
{
    return a->score > b->score || (a->score == b->score && a->left < b->left);
}

static cpl_status push(struct merging *merging, struct pair pair, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&merging->heap, &merging->heap_capacity, merging->n_heap + 1,
                            sizeof pair, error));
    size_t at = merging->n_heap++;
    for (; at > 0 && goes_before(&pair, &merging->heap[(at - 1) / 2]); at = (at - 1) / 2)
        merging->heap[at] = merging->heap[(at - 1) / 2];
    merging->heap[at] = pair;
    return CPL_OK;
}

static struct pair pop(struct merging *merging)
{
    struct pair *heap = merging->heap, top = heap[0], last = heap[--merging->n_heap];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < merging->n_heap) {
        child += child + 1 < merging->n_heap && goes_before(&heap[child + 1], &heap[child]);
        if (!goes_before(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

/* ---- merging --------------------------------------------------------------------------------- */

static cpl_status consider(struct merging *merging, uint32_t left, uint32_t right,
                           struct cpl_error *error)
{
    const struct cpl_sentencepiece *model = merging->model;
    if (left == NONE || right == NONE)
        return CPL_OK;
    const struct symbol *a = &merging->symbol[left], *b = &merging->symbol[right];
    if (a->frozen || b->frozen)
        return CPL_OK;
    uint32_t length = (uint32_t)a->length + b->length;
    int32_t id = cpl_pieces_find(&model->own, merging->bytes + a->begin, length);
    if (id < 0)
        return CPL_OK;
    if (model->type[id] == CPL_TYPE_UNUSED)
        merging->left_length[id] = a->length;
    return push(merging, (struct pair){left, right, model->score[id], length}, error);
}

static cpl_status split(struct merging *merging, size_t length, struct cpl_error *error)
{
    for (size_t begin = 0, next; begin < length; begin = next) {
        bool frozen;
        uint32_t n = (uint32_t)merging->n;
        next = begin + cpl_sentence_symbol(&merging->model->user, merging->bytes + begin,
                                           length - begin, &frozen);
        CPL_TRY(cpl_memory_grow(&merging->symbol, &merging->capacity, merging->n + 1,
                                sizeof *merging->symbol, error));
        merging->symbol[merging->n++] =
            (struct symbol){(uint32_t)begin, (uint32_t)(next - begin) & INT32_MAX, frozen,
                            n - 1, n + 1}; /* NONE before the first */
    }
    merging->symbol[merging->n - 1].next = NONE;
    for (uint32_t i = 1; i < merging->n; i++)
        CPL_TRY(consider(merging, i - 1, i, error));
    return CPL_OK;
}

static cpl_status merge_all(struct merging *merging, struct cpl_error *error)
{
    while (merging->n_heap > 0) {
        struct pair top = pop(merging);
        struct symbol *left = &merging->symbol[top.left], *right = &merging->symbol[top.right];
        if (left->length == 0 || right->length == 0 ||
            (uint32_t)left->length + right->length != top.length)
            continue; /* one of them has been merged since */
        left->length = top.length & INT32_MAX;
        left->next = right->next;
        if (left->next != NONE)
            merging->symbol[left->next].previous = top.left;
        right->length = 0;
        CPL_TRY(consider(merging, left->previous, top.left, error));
        CPL_TRY(consider(merging, top.left, left->next, error));
    }
    return CPL_OK;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* Bytes of the left part of an unused piece; 0: it is something else. */
static size_t left_part(const struct merging *merging, size_t begin, size_t end)
{
    const struct cpl_sentencepiece *model = merging->model;
    if (!merging->left_length)
        return 0;
    int32_t id = cpl_pieces_find(&model->own, merging->bytes + begin, end - begin);
    return id >= 0 && model->type[id] == CPL_TYPE_UNUSED ? merging->left_length[id] : 0;
}

/* Parts of an unused piece wait on a stack, the leftmost on top. */
static cpl_status add_symbol(const struct merging *merging, struct cpl_sentence_tokens *tokens,
                             size_t begin, size_t length, struct cpl_error *error)
{
    struct cpl_span stack[DEEPEST_SPLIT + 1] = {{begin, begin + length}};
    size_t n = 1;
    while (n > 0) {
        struct cpl_span part = stack[--n];
        size_t left = left_part(merging, part.begin, part.end);
        if (left == 0 || n + 2 > DEEPEST_SPLIT) {
            int32_t id = cpl_sentencepiece_id(merging->model, merging->bytes + part.begin,
                                              part.end - part.begin);
            CPL_TRY(
                cpl_sentence_token(tokens, id, merging->bytes, part.begin, part.end, error));
            continue;
        }
        stack[n++] = (struct cpl_span){part.begin + left, part.end};
        stack[n++] = (struct cpl_span){part.begin, part.begin + left};
    }
    return CPL_OK;
}

cpl_status cpl_sentence_bpe(const struct cpl_sentencepiece *model,
                            struct cpl_encoding *encoding, const char *bytes, size_t begin,
                            size_t end, struct cpl_error *error)
{
    struct merging merging = {.model = model, .bytes = bytes + begin};
    struct cpl_sentence_tokens tokens = {.model = model, .encoding = encoding};
    cpl_status status = CPL_OK;
    if (begin == end)
        return CPL_OK;
    if (end - begin > INT32_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "a word of more than %d bytes",
                             INT32_MAX);
    if (model->has_unused)
        CPL_TRY_GOTO(cpl_memory_new(&merging.left_length, (size_t)model->n_pieces,
                                    sizeof *merging.left_length, error));
    CPL_TRY_GOTO(split(&merging, end - begin, error));
    CPL_TRY_GOTO(merge_all(&merging, error));
    size_t first = encoding->count;
    for (uint32_t i = 0; i != NONE; i = merging.symbol[i].next)
        CPL_TRY_GOTO(add_symbol(&merging, &tokens, merging.symbol[i].begin,
                                merging.symbol[i].length, error));
    for (size_t i = first; i < encoding->count; i++) {
        encoding->span[i].begin += begin;
        encoding->span[i].end += begin;
    }
done:
    free(merging.symbol);
    free(merging.heap);
    free(merging.left_length);
    return status;
}
