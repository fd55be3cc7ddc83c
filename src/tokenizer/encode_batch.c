/* Encoding many texts on all cores, and spans in characters: see <couplet/tokenizer.h>. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <omp.h>
#include <stdlib.h>

/* Texts that a thread takes at once. */
enum { CHUNK = 4 };

struct batch {
    const struct cpl_tokenizer *tokenizer;
    struct cpl_encoding *encodings;
    const struct cpl_encode_input *inputs;
    const struct cpl_encode_options *options;
    int64_t n;
    int64_t failed; /* the first text with an error, n if none so far */
    struct cpl_error error;
    cpl_status status;
};

static cpl_status encode_one(const struct batch *batch, int64_t i, struct cpl_error *error)
{
    const struct cpl_encode_input *input = &batch->inputs[i];
    const char *text[2] = {input->text, input->second};
    size_t length[2] = {input->length, input->second_length};
    return cpl_tokenizer_encode_with(batch->tokenizer, &batch->encodings[i], text, length,
                                     input->second ? 2 : 1, batch->options, error);
}

/* The memory of an encoder (word caches and so on) goes from text to text with the thread. */
static void encode_lent(struct batch *batch, int64_t i, struct cpl_encode_scratch **scratch)
{
    struct cpl_encoding *encoding = &batch->encodings[i];
    struct cpl_encode_scratch *own = encoding->scratch;
    struct cpl_error error = {0};
    encoding->scratch = *scratch;
    cpl_status status = encode_one(batch, i, &error);
    *scratch = encoding->scratch;
    encoding->scratch = own;
    if (status == CPL_OK)
        return;
#pragma omp critical(couplet_encode_batch)
    if (i < batch->failed) {
#pragma omp atomic write
        batch->failed = i;
        batch->error = error;
        batch->status = status;
    }
}

/* Texts behind one that failed need not be encoded; those before it are, so that the first error is
 * always the same. */
static bool is_wanted(const struct batch *batch, int64_t i)
{
    int64_t failed;
#pragma omp atomic read
    failed = batch->failed;
    return i < failed;
}

static void encode_all(struct batch *batch, struct cpl_encode_scratch **lent, int threads)
{
#pragma omp parallel num_threads(threads)
    {
        struct cpl_encode_scratch **scratch = &lent[omp_get_thread_num()];
#pragma omp for schedule(dynamic, CHUNK)
        for (int64_t i = 0; i < batch->n; i++)
            if (is_wanted(batch, i))
                encode_lent(batch, i, scratch);
    }
}

cpl_status cpl_tokenizer_encode_batch(const struct cpl_tokenizer *tokenizer,
                                      struct cpl_encoding *encodings,
                                      const struct cpl_encode_input *inputs, size_t n,
                                      const struct cpl_encode_options *options, int threads,
                                      struct cpl_error *error)
{
    struct batch batch = {tokenizer,  encodings,  inputs, options,
                          (int64_t)n, (int64_t)n, {0},    CPL_OK};
    size_t most = threads > 0 ? (size_t)threads : (size_t)omp_get_max_threads();
    size_t n_threads = most < n ? most : n;
    struct cpl_encode_scratch **lent = NULL;
    if (n == 0)
        return CPL_OK;
    CPL_TRY(cpl_memory_new(&lent, n_threads, sizeof *lent, error));
    for (size_t t = 0; t < n_threads; t++) {
        lent[t] = encodings[t].scratch;
        encodings[t].scratch = NULL;
    }
    encode_all(&batch, lent, (int)n_threads);
    for (size_t t = 0; t < n_threads; t++)
        encodings[t].scratch = lent[t];
    free(lent);
    if (batch.failed == batch.n)
        return CPL_OK;
    return cpl_error_set(error, batch.status, NULL, "text %lld: %s", (long long)batch.failed,
                         batch.error.message);
}

/* ---- characters ------------------------------------------------------------------------------ */

/* A place in a text, in both units. */
struct place {
    size_t byte, character;
};

static bool begins_character(char byte) { return ((unsigned char)byte & 0xC0) != 0x80; }

static size_t move(struct place *place, const char *text, size_t length, size_t byte)
{
    for (; place->byte < byte; place->byte++)
        place->character +=
            place->byte + 1 == length || begins_character(text[place->byte + 1]);
    for (; place->byte > byte; place->byte--)
        place->character -= place->byte == length || begins_character(text[place->byte]);
    return place->character;
}

void cpl_encoding_characters(const struct cpl_encoding *encoding, uint8_t source,
                             const char *text, size_t length, struct cpl_span *spans)
{
    struct place place = {0, 0};
    for (size_t i = 0; i < encoding->count; i++) {
        if (encoding->source[i] != source)
            continue;
        spans[i].begin = move(&place, text, length, encoding->span[i].begin);
        spans[i].end = move(&place, text, length, encoding->span[i].end);
    }
}
