/* Building the fused encoder of SentencePiece's BPE models: see fused_sentence_bpe.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/fused_sentence_bpe.h"
#include <stdlib.h>
#include <string.h>

/* Every character of a piece that merging makes must be a piece itself, as after training it is. */
static bool has_characters(const struct cpl_sentencepiece *model, const char *text,
                           size_t length)
{
    for (size_t at = 0, from = 0; at < length; from = at) {
        cpl_utf8_next(text, &at);
        if (cpl_pieces_find(&model->own, text + from, at - from) < 0)
            return false;
    }
    return true;
}

/* What building needs for a while; arrays by id. */
struct build {
    struct cpl_bpe_text *text;
    bool *symbol;
    uint8_t *use;
    struct cpl_bpe_merge *merges; /* by rank */
    size_t n_merges;
};

static void build_clear(struct build *build)
{
    free(build->text);
    free(build->symbol);
    free(build->use);
    free(build->merges);
}

static cpl_status describe_pieces(struct cpl_sentence_bpe *fused, struct build *build,
                                  bool *possible, struct cpl_error *error)
{
    const struct cpl_sentencepiece *model = fused->model;
    size_t n = (size_t)model->own.count;
    CPL_TRY(cpl_memory_new(&fused->single, CPL_SINGLES, sizeof *fused->single, error));
    CPL_TRY(cpl_memory_new(&build->text, n, sizeof *build->text, error));
    CPL_TRY(cpl_memory_new(&build->symbol, n, sizeof *build->symbol, error));
    CPL_TRY(cpl_memory_new(&build->use, n, 1, error));
    memset(fused->single, 0xFF, CPL_SINGLES * sizeof *fused->single);
    for (int32_t id = 0; id < model->own.count; id++) {
        const char *piece = cpl_pieces_text(&model->own, id);
        size_t length = model->own.length[id], at = 0;
        build->use[id] = piece != NULL;
        if (!piece)
            continue;
        uint32_t code = cpl_utf8_next(piece, &at);
        if (at == length && code < CPL_SINGLES)
            fused->single[code] = id;
        *possible = *possible && length < CPL_BPE_LONGEST_PIECE;
        if (length > fused->longest)
            fused->longest = length;
        if (model->type[id] == CPL_TYPE_USER && length > fused->longest_user)
            fused->longest_user = length;
        if (model->type[id] != CPL_TYPE_NORMAL)
            continue;
        build->symbol[id] = at == length;
        build->text[id] = (struct cpl_bpe_text){piece, (uint32_t)length};
        *possible = *possible && has_characters(model, piece, length);
    }
    return CPL_OK;
}

/* Puts the merges of the last rank aside, unless others come after them; *n: those that stay. */
static bool put_aside(struct build *build, size_t *n)
{
    const struct cpl_bpe_merge *merges = build->merges;
    size_t first = build->n_merges;
    while (first > 0 && merges[first - 1].rank == merges[build->n_merges - 1].rank)
        first--;
    for (size_t i = first; i < build->n_merges; i++)
        build->text[merges[i].merged] = (struct cpl_bpe_text){0};
    for (size_t i = 0; i < first; i++)
        if (!build->text[merges[i].left].bytes || !build->text[merges[i].right].bytes)
            return false;
    *n = first;
    return true;
}

static cpl_status build_search(struct cpl_sentence_bpe *fused, struct build *build,
                               bool *possible, struct cpl_error *error)
{
    size_t n = build->n_merges;
    for (int round = 0;; round++) {
        CPL_TRY(cpl_bpe_pairs_build(&fused->pairs, build->merges, n, error));
        CPL_TRY(cpl_bpe_search_build(&fused->search, possible, &fused->pairs, build->text,
                                     build->symbol, fused->model->own.count, error));
        if (*possible || round > 0 || !put_aside(build, &n))
            return CPL_OK;
        cpl_bpe_search_clear(&fused->search);
        cpl_bpe_pairs_clear(&fused->pairs);
        fused->has_late = true;
        CPL_TRY(
            cpl_bpe_pairs_build(&fused->late, build->merges + n, build->n_merges - n, error));
    }
}

cpl_status cpl_sentence_bpe_build(struct cpl_sentence_bpe *fused,
                                  const struct cpl_sentencepiece *model, bool *possible,
                                  struct cpl_error *error)
{
    struct build build = {0};
    cpl_status status = CPL_OK;
    *possible = true;
    fused->model = model;
    CPL_TRY_GOTO(describe_pieces(fused, &build, possible, error));
    if (!*possible)
        goto done;
    CPL_TRY_GOTO(cpl_borders_init(&fused->borders, &model->own, build.use, error));
    CPL_TRY_GOTO(cpl_sentencepiece_merges(&build.merges, &build.n_merges, model, error));
    status = build_search(fused, &build, possible, error);
done:
    build_clear(&build);
    return status;
}

void cpl_sentence_bpe_free(void *state)
{
    struct cpl_sentence_bpe *fused = state;
    if (!fused)
        return;
    cpl_borders_clear(&fused->borders);
    cpl_bpe_search_clear(&fused->search);
    cpl_bpe_pairs_clear(&fused->pairs);
    cpl_bpe_pairs_clear(&fused->late);
    free(fused->single);
    free(fused);
}
