/* Learning a Unigram vocabulary: unigram_learn.h over the words, and the model section of its result.
 * Ids: special tokens, tokens of bytes, then the pieces, the most probable first. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/train/trainer.h"
#include "tokenizer/train/unigram_learn.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Special tokens and tokens of bytes are no text: their scores keep them out of every best cut. */
static const double no_text = -100;

struct ranked {
    double score;
    uint32_t piece;
};

/* Six decimals are more than enough, and a number that short is read as the same double everywhere:
 * of longer ones some readers get a neighbour, and equally good cuts are then decided otherwise. */
static double rounded(double score) { return round(score * 1e6) / 1e6; }

static int compare_scores(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->piece > b->piece) - (a->piece < b->piece);
}

static cpl_status spell(char **text, size_t *capacity, size_t *length,
                        const struct cpl_unigram_state *unigram,
                        const struct cpl_pieces *characters, uint32_t piece,
                        struct cpl_error *error)
{
    *length = 0;
    for (uint32_t i = 0; i < unigram->length[piece]; i++) {
        int32_t character = piece < unigram->n_kinds
                                ? (int32_t)piece
                                : unigram->words.symbol[unigram->place[piece] + i];
        size_t n = characters->length[character];
        CPL_TRY(cpl_memory_grow(text, capacity, *length + n, 1, error));
        memcpy(*text + *length, cpl_pieces_text(characters, character), n);
        *length += n;
    }
    return CPL_OK;
}

/* Adds all pieces but those that spell a special token, and their scores to `vocabulary`. */
static cpl_status add_pieces(struct cpl_pieces *pieces, json_t *vocabulary,
                             const struct cpl_unigram_state *unigram,
                             const struct cpl_pieces *characters, struct cpl_error *error)
{
    struct ranked *ranked = NULL;
    char *text = NULL;
    size_t capacity = 0, length;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&ranked, unigram->n_pieces, sizeof *ranked, error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        ranked[i] = (struct ranked){rounded(unigram->score[i]), i};
    qsort(ranked, unigram->n_pieces, sizeof *ranked, compare_scores);
    for (int32_t id = 0; id < pieces->count; id++)
        json_array_append_new(vocabulary,
                              json_pack("[s, f]", cpl_pieces_text(pieces, id), no_text));
    for (uint32_t i = 0; i < unigram->n_pieces; i++) {
        int32_t id, before = pieces->count;
        CPL_TRY_GOTO(
            spell(&text, &capacity, &length, unigram, characters, ranked[i].piece, error));
        CPL_TRY_GOTO(cpl_pieces_add(pieces, &id, text, length, error));
        if (id == before && json_array_append_new(vocabulary, json_pack("[s%, f]", text, length,
                                                                        ranked[i].score)) != 0)
            CPL_TRY_GOTO(cpl_out_of_memory(error));
    }
done:
    free(ranked);
    free(text);
    return status;
}

static cpl_status learn_pieces(struct cpl_tokenizer_trainer *trainer,
                               struct cpl_unigram_state *unigram,
                               const struct cpl_pieces *characters,
                               const struct cpl_counted_words *words, uint32_t limit,
                               struct cpl_error *error)
{
    const struct cpl_tokenizer_training *given = &trainer->options;
    struct cpl_word_split_options split = {
        .split = CPL_SPLIT_PARTS, .prefix = "", .single_symbols = true};
    struct cpl_unigram_options options = {.seed_size = (uint32_t)given->seed_size,
                                          .limit = limit,
                                          .iterations = (uint32_t)given->em_iterations,
                                          .shrinking_factor = given->shrinking_factor,
                                          .progress = given->progress,
                                          .context = given->context};
    unigram->n_kinds = (uint32_t)characters->count;
    unigram->max_length = (uint32_t)given->max_length;
    unigram->threads = given->threads;
    CPL_TRY(cpl_words_split(&unigram->words, words, characters, &split, error));
    return cpl_unigram_learn(unigram, &options, error);
}

cpl_status cpl_learn_unigram(struct cpl_tokenizer_trainer *trainer,
                             const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                             int32_t limit, json_t **model, struct cpl_error *error)
{
    struct cpl_unigram_state unigram = {0};
    struct cpl_pieces characters = {0};
    json_t *vocabulary = json_array();
    int32_t unknown =
        cpl_pieces_find(pieces, trainer->kind->special[1], strlen(trainer->kind->special[1]));
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_learn_alphabet(trainer, &characters, words, pieces->count, limit, error));
    CPL_TRY_GOTO(learn_pieces(trainer, &unigram, &characters, words,
                              (uint32_t)(limit - pieces->count), error));
    CPL_TRY_GOTO(add_pieces(pieces, vocabulary, &unigram, &characters, error));
    *model = json_pack("{s:s, s:i, s:O, s:b}", "type", "Unigram", "unk_id", (int)unknown,
                       "vocab", vocabulary, "byte_fallback", trainer->options.byte_fallback);
    status = *model ? CPL_OK : cpl_out_of_memory(error);
done:
    json_decref(vocabulary);
    cpl_unigram_state_clear(&unigram);
    cpl_pieces_clear(&characters);
    return status;
}
