/* Going over the words in blocks: see unigram_lattice.h. */
#include "tokenizer/train/unigram_lattice.h"

#include "base/memory.h"
#include "base/try.h"
#include <omp.h>
#include <stdlib.h>

enum { BLOCK = 16384 }; /* symbols */

static void lattice_clear(struct cpl_unigram_lattice *lattice)
{
    free(lattice->forward);
    free(lattice->backward);
    free(lattice->scaled);
    free(lattice->back);
    free(lattice->sum);
}

static cpl_status lattice_init(struct cpl_unigram_lattice *lattice,
                               const struct cpl_unigram_pass *pass, struct cpl_error *error)
{
    size_t n = (size_t)pass->longest + pass->unigram->max_length + 1;
    *lattice = (struct cpl_unigram_lattice){0};
    CPL_TRY(cpl_memory_new(&lattice->forward, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&lattice->backward, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&lattice->scaled, n / CPL_LATTICE_STEP + 2, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&lattice->back, n, sizeof(uint32_t), error));
    return cpl_memory_new(&lattice->sum, pass->unigram->n_pieces, sizeof(int64_t), error);
}

cpl_status cpl_unigram_pass_init(struct cpl_unigram_pass *pass,
                                 const struct cpl_unigram_state *unigram,
                                 struct cpl_error *error)
{
    const struct cpl_word_symbols *words = &unigram->words;
    *pass = (struct cpl_unigram_pass){.unigram = unigram};
    size_t most = words->n_symbols / BLOCK + 2;
    uint32_t filled = 0;
    CPL_TRY(cpl_memory_new(&pass->block, most, sizeof *pass->block, error));
    for (uint32_t word = 0; word < words->n_words; word++) {
        uint32_t length = words->begin[word + 1] - words->begin[word];
        pass->longest = length > pass->longest ? length : pass->longest;
        filled += length;
        if (filled < BLOCK && word + 1 < words->n_words)
            continue;
        pass->block[++pass->n_blocks] = word + 1;
        filled = 0;
    }
    return cpl_memory_new(&pass->likelihood, most, sizeof *pass->likelihood, error);
}

cpl_status cpl_unigram_pass_run(struct cpl_unigram_pass *pass, int64_t *sum,
                                cpl_unigram_visit *visit, struct cpl_error *error)
{
    int threads = pass->n_blocks > 1 ? pass->unigram->threads : 1;
    struct cpl_unigram_lattice *lattices = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&lattices, (size_t)threads, sizeof *lattices, error));
    for (int i = 0; i < threads; i++)
        CPL_TRY_GOTO(lattice_init(&lattices[i], pass, error));
#pragma omp parallel num_threads(threads)
    {
        struct cpl_unigram_lattice *mine = &lattices[omp_get_thread_num()];
#pragma omp for schedule(dynamic)
        for (uint32_t block = 0; block < pass->n_blocks; block++)
            visit(pass, mine, block);
#pragma omp for schedule(static)
        for (uint32_t id = 0; id < pass->unigram->n_pieces; id++) {
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

void cpl_unigram_pass_clear(struct cpl_unigram_pass *pass)
{
    free(pass->probability);
    free(pass->block);
    free(pass->likelihood);
}
