/* The best way to cut words and pieces (Viterbi): see unigram_expect.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/train/unigram_expect.h"
#include "tokenizer/train/unigram_lattice.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* lattice->back for symbols [begin, begin + n), without the one piece that is all of it if `cut`;
 * returns the best score. */
static double find_best(const struct cpl_unigram_state *unigram, double *best, uint32_t *back,
                        uint32_t begin, uint32_t n, bool cut)
{
    const int32_t *symbol = unigram->words.symbol + begin;
    const size_t *first = unigram->match_begin + begin;
    best[0] = 0;
    for (uint32_t i = 1; i <= n; i++)
        best[i] = -HUGE_VAL;
    for (uint32_t i = 0; i < n; i++) {
        double score = best[i] + unigram->score[symbol[i]];
        if (score > best[i + 1]) {
            best[i + 1] = score;
            back[i + 1] = (uint32_t)symbol[i];
        }
        for (size_t k = first[i]; k < first[i + 1]; k++) {
            uint32_t id = unigram->match[k], length = unigram->length[id];
            if (length > n - i || (cut && length == n))
                break;
            score = best[i] + unigram->score[id];
            if (score > best[i + length]) {
                best[i + length] = score;
                back[i + length] = id;
            }
        }
    }
    return best[n];
}

static void use_block(struct cpl_unigram_pass *pass, struct cpl_unigram_lattice *lattice,
                      uint32_t block)
{
    const struct cpl_unigram_state *unigram = pass->unigram;
    const struct cpl_word_symbols *words = &unigram->words;
    for (uint32_t word = pass->block[block]; word < pass->block[block + 1]; word++) {
        uint32_t begin = words->begin[word], n = words->begin[word + 1] - begin;
        find_best(unigram, lattice->forward, lattice->back, begin, n, false);
        for (uint32_t at = n; at > 0; at -= unigram->length[lattice->back[at]])
            lattice->sum[lattice->back[at]] += (int64_t)words->count[word];
    }
}

double cpl_unigram_cut_piece(const struct cpl_unigram_state *unigram, uint32_t id,
                             uint32_t *part, uint32_t *n)
{
    double best[UINT8_MAX + 1];
    uint32_t back[UINT8_MAX + 1], length = unigram->length[id];
    assert(length >= 2);
    double score = find_best(unigram, best, back, unigram->place[id], length, true);
    *n = 0;
    for (uint32_t at = length; at > 0; at -= unigram->length[back[at]])
        part[(*n)++] = back[at];
    return score;
}

cpl_status cpl_unigram_use(const struct cpl_unigram_state *unigram, uint64_t *used,
                           struct cpl_error *error)
{
    struct cpl_unigram_pass pass = {0};
    int64_t *sum = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_unigram_pass_init(&pass, unigram, error));
    CPL_TRY_GOTO(cpl_memory_new(&sum, unigram->n_pieces, sizeof *sum, error));
    CPL_TRY_GOTO(cpl_unigram_pass_run(&pass, sum, use_block, error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        used[i] = (uint64_t)sum[i];
done:
    free(sum);
    cpl_unigram_pass_clear(&pass);
    return status;
}
