/* Words that no dictionary has: see word_guess.h. */
#include "text/word_guess.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>

/* log UNKNOWN; word F1 on treebank text is flat between 0 and -2. */
#define UNKNOWN_LOG (-1.0)
/* Added to each count of a character in a place: none is impossible. */
#define SMOOTHING 0.5

cpl_status cpl_word_guess_init(struct cpl_word_guess *guess, struct cpl_error *error)
{
    *guess = (struct cpl_word_guess){0};
    return cpl_memory_new(&guess->place, CPL_GUESS_CODES, sizeof *guess->place, error);
}

void cpl_word_guess_clear(struct cpl_word_guess *guess)
{
    free(guess->place);
    *guess = (struct cpl_word_guess){0};
}

void cpl_word_guess_learn(struct cpl_word_guess *guess, const char *word, size_t length)
{
    uint32_t code[CPL_GUESS_LENGTH];
    size_t n = 0;
    for (size_t at = 0; at < length; n++) {
        if (n == CPL_GUESS_LENGTH)
            return;
        code[n] = cpl_utf8_next(word, &at);
        if (!cpl_word_guess_knows(code[n]))
            return;
    }
    if (n < 2)
        return;
    guess->length[n]++;
    for (size_t i = 0; i < n; i++) {
        enum cpl_guess_place place = i == 0       ? CPL_GUESS_FIRST
                                     : i == n - 1 ? CPL_GUESS_LAST
                                                  : CPL_GUESS_MIDDLE;
        guess->place[code[i] - CPL_GUESS_BEGIN][place]++;
    }
}

static int32_t weight_of(double probability)
{
    return (int32_t)lrint(log(probability) * (1 << CPL_WEIGHT_BITS));
}

static void finish_place(struct cpl_word_guess *guess, enum cpl_guess_place place)
{
    double total = 0;
    for (size_t i = 0; i < CPL_GUESS_CODES; i++)
        total += guess->place[i][place] + SMOOTHING;
    for (size_t i = 0; i < CPL_GUESS_CODES; i++)
        guess->place[i][place] = weight_of((guess->place[i][place] + SMOOTHING) / total);
}

void cpl_word_guess_finish(struct cpl_word_guess *guess, const struct cpl_word_trie *trie)
{
    double n_words = 0;
    for (size_t n = 2; n <= CPL_GUESS_LENGTH; n++)
        n_words += guess->length[n] + SMOOTHING;
    for (size_t n = 2; n <= CPL_GUESS_LENGTH; n++)
        guess->length[n] =
            weight_of(exp(UNKNOWN_LOG) * (guess->length[n] + SMOOTHING) / n_words);
    finish_place(guess, CPL_GUESS_FIRST);
    finish_place(guess, CPL_GUESS_MIDDLE);
    finish_place(guess, CPL_GUESS_LAST);
    for (uint32_t i = 0; i < CPL_GUESS_CODES; i++) {
        const struct cpl_trie_edge *edge = cpl_word_trie_first(trie, CPL_GUESS_BEGIN + i);
        uint64_t count = edge ? trie->nodes[edge->child].count : 0;
        guess->place[i][CPL_GUESS_ALONE] = cpl_word_trie_weight(trie, count);
    }
}

/* ---- cutting ------------------------------------------------------------------------------ */

/* Best way to cut the first j characters: score[j], whose last word has n_last[j] of them. */
struct lattice {
    const int32_t *weight[CPL_GUESS_RUN]; /* of each character in the four places */
    size_t end[CPL_GUESS_RUN + 1];        /* bytes, where the first j end */
    int64_t score[CPL_GUESS_RUN + 1];
    unsigned char n_last[CPL_GUESS_RUN + 1];
};

static void solve_place(const struct cpl_word_guess *guess, struct lattice *lattice, size_t j)
{
    int64_t best = lattice->score[j - 1] + lattice->weight[j - 1][CPL_GUESS_ALONE];
    int64_t inner = lattice->weight[j - 1][CPL_GUESS_LAST];
    lattice->n_last[j] = 1;
    for (size_t n = 2; n <= CPL_GUESS_LENGTH && n <= j; n++) {
        const int32_t *first = lattice->weight[j - n];
        int64_t score =
            lattice->score[j - n] + guess->length[n] + inner + first[CPL_GUESS_FIRST];
        inner += first[CPL_GUESS_MIDDLE];
        if (score <= best)
            continue;
        best = score;
        lattice->n_last[j] = (unsigned char)n;
    }
    lattice->score[j] = best;
}

cpl_status cpl_word_guess_cut(const struct cpl_word_guess *guess, struct cpl_spans *words,
                              const char *text, size_t begin, size_t end,
                              struct cpl_error *error)
{
    struct lattice lattice;
    unsigned char is_end[CPL_GUESS_RUN + 1] = {0};
    size_t n = 0;
    lattice.score[0] = 0;
    for (size_t at = begin; at < end && n < CPL_GUESS_RUN;) {
        uint32_t code = cpl_utf8_next(text, &at);
        lattice.weight[n] = guess->place[code - CPL_GUESS_BEGIN];
        lattice.end[++n] = at;
        solve_place(guess, &lattice, n);
    }
    for (size_t j = n; j > 0; j -= lattice.n_last[j])
        is_end[j] = 1;
    for (size_t j = 1; j <= n; j++) {
        if (!is_end[j])
            continue;
        CPL_TRY(cpl_spans_add(words, begin, lattice.end[j], error));
        begin = lattice.end[j];
    }
    return CPL_OK;
}
