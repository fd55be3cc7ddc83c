/* Forward-backward and Viterbi over words: see unigram_expect.h.
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
#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 16, SCALE_BITS = 256, BLOCK = 16384 };

struct expecting {
    const struct cpl_unigram_state *unigram;
    double *probability; /* [n_pieces] */
    uint32_t *block;     /* [n_blocks + 1] first words of blocks of about BLOCK symbols */
    uint32_t n_blocks;
    uint32_t longest;
    double unit; /* expectations are counted in 1 / unit */
    double *block_likelihood;
};
/* What a thread needs. */
struct lattice {
    double *forward, *backward; /* [longest + max_length + 1] */
    int32_t *scaled;            /* [longest / STEP + 2] */
    uint32_t *back;             /* [longest + 1] piece that ends there on the best way */
    int64_t *sum;               /* [n_pieces] */
};

static void lattice_clear(struct lattice *lattice)
{
    free(lattice->forward);
    free(lattice->backward);
    free(lattice->scaled);
    free(lattice->back);
    free(lattice->sum);
}

static cpl_status lattice_init(struct lattice *lattice, const struct expecting *work,
                               struct cpl_error *error)
{
    size_t n = (size_t)work->longest + work->unigram->max_length + 1;
    *lattice = (struct lattice){0};
    CPL_TRY(cpl_memory_new(&lattice->forward, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&lattice->backward, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&lattice->scaled, n / STEP + 2, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&lattice->back, n, sizeof(uint32_t), error));
    return cpl_memory_new(&lattice->sum, work->unigram->n_pieces, sizeof(int64_t), error);
}

/* ---- forward-backward ------------------------------------------------------------------------ */

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
static int32_t run_forward(const struct expecting *work, struct lattice *lattice,
                           uint32_t begin, uint32_t n)
{
    const struct cpl_unigram_state *unigram = work->unigram;
    const int32_t *symbol = unigram->words.symbol + begin;
    const size_t *first = unigram->match_begin + begin;
    const double *probability = work->probability;
    double *forward = lattice->forward;
    int32_t scaled = 0;
    memset(forward, 0, ((size_t)n + 1) * sizeof *forward);
    forward[0] = 1;
    for (uint32_t i = 0; i < n; i++) {
        if (i % STEP == 0) {
            uint32_t window = n + 1 - i;
            scaled += scale_up(forward + i,
                               window < unigram->max_length ? window : unigram->max_length);
            lattice->scaled[i / STEP] = scaled;
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
static void run_backward(const struct expecting *work, struct lattice *lattice, uint32_t begin,
                         uint32_t n, uint64_t count, int32_t total)
{
    const struct cpl_unigram_state *unigram = work->unigram;
    const int32_t *symbol = unigram->words.symbol + begin;
    const size_t *first = unigram->match_begin + begin;
    const double *probability = work->probability, *forward = lattice->forward;
    double *backward = lattice->backward;
    double share = (double)count * work->unit / forward[n], factor = 0;
    int32_t scaled = 0;
    backward[n] = 1;
    for (uint32_t i = n; i-- > 0;) {
        if (i % STEP == STEP - 1 || i == n - 1) {
            uint32_t window = n - i;
            scaled += scale_up(backward + i + 1,
                               window < unigram->max_length ? window : unigram->max_length);
            factor = ldexp(share, SCALE_BITS * (total - lattice->scaled[i / STEP] - scaled));
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

static void expect_block(struct expecting *work, struct lattice *lattice, uint32_t block)
{
    const struct cpl_word_symbols *words = &work->unigram->words;
    double likelihood = 0;
    for (uint32_t word = work->block[block]; word < work->block[block + 1]; word++) {
        uint32_t begin = words->begin[word], n = words->begin[word + 1] - begin;
        uint64_t count = words->count[word];
        int32_t total = run_forward(work, lattice, begin, n);
        likelihood += (double)count * (log(lattice->forward[n]) -
                                       (double)total * SCALE_BITS * 0.69314718055994530942);
        run_backward(work, lattice, begin, n, count, total);
    }
    work->block_likelihood[block] = likelihood;
}

/* ---- Viterbi --------------------------------------------------------------------------------- */

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

static void use_block(struct expecting *work, struct lattice *lattice, uint32_t block)
{
    const struct cpl_unigram_state *unigram = work->unigram;
    const struct cpl_word_symbols *words = &unigram->words;
    for (uint32_t word = work->block[block]; word < work->block[block + 1]; word++) {
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

/* ---- all words ------------------------------------------------------------------------------- */

static cpl_status make_blocks(struct expecting *work, struct cpl_error *error)
{
    const struct cpl_word_symbols *words = &work->unigram->words;
    size_t most = words->n_symbols / BLOCK + 2;
    uint32_t filled = 0;
    CPL_TRY(cpl_memory_new(&work->block, most, sizeof *work->block, error));
    for (uint32_t word = 0; word < words->n_words; word++) {
        uint32_t length = words->begin[word + 1] - words->begin[word];
        work->longest = length > work->longest ? length : work->longest;
        filled += length;
        if (filled < BLOCK && word + 1 < words->n_words)
            continue;
        work->block[++work->n_blocks] = word + 1;
        filled = 0;
    }
    return cpl_memory_new(&work->block_likelihood, most, sizeof *work->block_likelihood, error);
}

/* sum [n_pieces] over all blocks, each done by `one`. */
static cpl_status each_block(struct expecting *work, int64_t *sum,
                             void (*one)(struct expecting *, struct lattice *, uint32_t),
                             struct cpl_error *error)
{
    int threads = work->n_blocks > 1 ? work->unigram->threads : 1;
    struct lattice *lattices = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&lattices, (size_t)threads, sizeof *lattices, error));
    for (int i = 0; i < threads; i++)
        CPL_TRY_GOTO(lattice_init(&lattices[i], work, error));
#pragma omp parallel num_threads(threads)
    {
        struct lattice *mine = &lattices[omp_get_thread_num()];
#pragma omp for schedule(dynamic)
        for (uint32_t block = 0; block < work->n_blocks; block++)
            one(work, mine, block);
#pragma omp for schedule(static)
        for (uint32_t id = 0; id < work->unigram->n_pieces; id++) {
            sum[id] = 0;
            for (int i = 0; i < threads; i++)
                sum[id] += lattices[i].sum[id];
        }
    }
done:
    for (int i = 0; lattices && i < threads; i++)
        lattice_clear(&lattices[i]);
    free(lattices);
    return status;
}

static void expecting_clear(struct expecting *work)
{
    free(work->probability);
    free(work->block);
    free(work->block_likelihood);
}

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
    struct expecting work = {.unigram = unigram};
    int64_t *sum = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(make_blocks(&work, error));
    CPL_TRY_GOTO(cpl_memory_new(&sum, unigram->n_pieces, sizeof *sum, error));
    CPL_TRY_GOTO(cpl_memory_new(&work.probability, unigram->n_pieces, sizeof(double), error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        work.probability[i] = exp(unigram->score[i]);
    work.unit = finest_unit(unigram);
    CPL_TRY_GOTO(each_block(&work, sum, expect_block, error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        expected[i] = (double)sum[i] / work.unit;
    *likelihood = 0;
    for (uint32_t block = 0; block < work.n_blocks; block++)
        *likelihood += work.block_likelihood[block];
done:
    free(sum);
    expecting_clear(&work);
    return status;
}

cpl_status cpl_unigram_use(const struct cpl_unigram_state *unigram, uint64_t *used,
                           struct cpl_error *error)
{
    struct expecting work = {.unigram = unigram};
    int64_t *sum = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(make_blocks(&work, error));
    CPL_TRY_GOTO(cpl_memory_new(&sum, unigram->n_pieces, sizeof *sum, error));
    CPL_TRY_GOTO(each_block(&work, sum, use_block, error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        used[i] = (uint64_t)sum[i];
done:
    free(sum);
    expecting_clear(&work);
    return status;
}
