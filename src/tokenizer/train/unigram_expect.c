/* Forward-backward over words: see unigram_expect.h.
 *
 *     forward:   a[0] = 1,  a[j] = Σ a[i] p(piece i..j)       Z = a[n]
 *     backward:  b[n] = 1,  b[i] = Σ p(piece i..j) b[j]
 *     expected:  count · a[i] p(piece i..j) b[j] / Z
 *
 * Probabilities multiply to less than a double holds in words of some hundred symbols.  So after every
 * 16 symbols, where all that is still needed has become small, it is multiplied by 2^256, and it is
 * counted how often that was done. */
#include "tokenizer/train/unigram_expect.h"

#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/train/unigram_lattice.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE_BITS = 256 };

/* Multiplies value[0 … n) by 2^256 when all of it is small; returns whether it did. */
static bool scale_up(double *value, uint32_t n)
{
    const double small = ldexp(1, -SCALE_BITS), factor = ldexp(1, SCALE_BITS);
    for (uint32_t i = 0; i < n; i++)
        if (value[i] >= small)
            return false;
    for (uint32_t i = 0; i < n; i++)
        value[i] *= factor;
    return true;
}

/* forward[n] and, in scaled, how often what stands at a step was scaled; returns the same for the
 * end. */
static int32_t run_forward(const struct cpl_unigram_pass *pass,
                           struct cpl_unigram_lattice *lattice, uint32_t begin, uint32_t n)
{
    const struct cpl_unigram_state *unigram = pass->unigram;
    const int32_t *symbol = unigram->words.symbol + begin;
    const size_t *first = unigram->match_begin + begin;
    const double *probability = pass->probability;
    double *forward = lattice->forward;
    int32_t scaled = 0;
    memset(forward, 0, ((size_t)n + 1) * sizeof *forward);
    forward[0] = 1;
    for (uint32_t i = 0; i < n; i++) {
        if (i % CPL_LATTICE_STEP == 0) {
            uint32_t window = n + 1 - i;
            scaled += scale_up(forward + i,
                               window < unigram->max_length ? window : unigram->max_length);
            lattice->scaled[i / CPL_LATTICE_STEP] = scaled;
        }
        double here = forward[i];
        forward[i + 1] += here * probability[symbol[i]];
        for (size_t k = first[i]; k < first[i + 1]; k++) {
            uint32_t id = unigram->match[k];
            forward[i + unigram->length[id]] += here * probability[id];
        }
    }
    return scaled;
}

/* Adds the expectations of a word that occurs `count` times; `total` is how often the end of the
 * forward values was scaled. */
static void run_backward(const struct cpl_unigram_pass *pass,
                         struct cpl_unigram_lattice *lattice, uint32_t begin, uint32_t n,
                         uint64_t count, int32_t total)
{
    const struct cpl_unigram_state *unigram = pass->unigram;
    const int32_t *symbol = unigram->words.symbol + begin;
    const size_t *first = unigram->match_begin + begin;
    const double *probability = pass->probability, *forward = lattice->forward;
    double *backward = lattice->backward;
    double share = (double)count * pass->unit / forward[n], factor = 0;
    int32_t scaled = 0;
    backward[n] = 1;
    for (uint32_t i = n; i-- > 0;) {
        if (i % CPL_LATTICE_STEP == CPL_LATTICE_STEP - 1 || i == n - 1) {
            uint32_t window = n - i;
            scaled += scale_up(backward + i + 1,
                               window < unigram->max_length ? window : unigram->max_length);
            factor = ldexp(share, SCALE_BITS *
                                      (total - lattice->scaled[i / CPL_LATTICE_STEP] - scaled));
        }
        double here = forward[i] * factor;
        double part = probability[symbol[i]] * backward[i + 1], sum = part;
        lattice->sum[symbol[i]] += (int64_t)(here * part + 0.5);
        for (size_t k = first[i]; k < first[i + 1]; k++) {
            uint32_t id = unigram->match[k];
            part = probability[id] * backward[i + unigram->length[id]];
            sum += part;
            lattice->sum[id] += (int64_t)(here * part + 0.5);
        }
        backward[i] = sum;
    }
}

static void expect_block(struct cpl_unigram_pass *pass, struct cpl_unigram_lattice *lattice,
                         uint32_t block)
{
    const struct cpl_word_symbols *words = &pass->unigram->words;
    double likelihood = 0;
    for (uint32_t word = pass->block[block]; word < pass->block[block + 1]; word++) {
        uint32_t begin = words->begin[word], n = words->begin[word + 1] - begin;
        uint64_t count = words->count[word];
        int32_t total = run_forward(pass, lattice, begin, n);
        likelihood += (double)count * (log(lattice->forward[n]) -
                                       (double)total * SCALE_BITS * 0.69314718055994530942);
        run_backward(pass, lattice, begin, n, count, total);
    }
    pass->likelihood[block] = likelihood;
}

/* ---- all words ------------------------------------------------------------------------------- */

/* The finest unit with which no sum can exceed an int64_t: a word has at most as many pieces as
 * symbols. */
static double finest_unit(const struct cpl_unigram_state *unigram)
{
    const struct cpl_word_symbols *words = &unigram->words;
    double most = 1;
    int bits;
    for (uint32_t word = 0; word < words->n_words; word++)
        most += (double)words->count[word] * (words->begin[word + 1] - words->begin[word]);
    frexp(most, &bits);
    return ldexp(1, bits < 22 ? 40 : 61 - bits);
}

cpl_status cpl_unigram_expect(const struct cpl_unigram_state *unigram, double *expected,
                              double *likelihood, struct cpl_error *error)
{
    struct cpl_unigram_pass pass = {0};
    int64_t *sum = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_unigram_pass_init(&pass, unigram, error));
    CPL_TRY_GOTO(cpl_memory_new(&sum, unigram->n_pieces, sizeof *sum, error));
    CPL_TRY_GOTO(cpl_memory_new(&pass.probability, unigram->n_pieces, sizeof(double), error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        pass.probability[i] = exp(unigram->score[i]);
    pass.unit = finest_unit(unigram);
    CPL_TRY_GOTO(cpl_unigram_pass_run(&pass, sum, expect_block, error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        expected[i] = (double)sum[i] / pass.unit;
    *likelihood = 0;
    for (uint32_t block = 0; block < pass.n_blocks; block++)
        *likelihood += pass.likelihood[block];
done:
    free(sum);
    cpl_unigram_pass_clear(&pass);
    return status;
}
