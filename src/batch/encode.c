/* From a corpus to token shards: every document's ids, where words go on and where sentences end.
 *
 * Documents are taken in windows: a window is encoded by all threads, a document each, and written in
 * order, so the bytes do not depend on the threads and memory holds one window. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "corpus/shard.h"
#include <couplet/corpus.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { WINDOW_DOCUMENTS = 256, WINDOW_BYTES = 4 << 20 };

struct job {
    char *text;
    size_t length, capacity;
    uint8_t *flags;
    cpl_status status;
    struct cpl_error error;
};
struct window {
    const struct cpl_tokenizer *tokenizer;
    const struct cpl_segmenter *segmenter;
    struct cpl_shard_writer *writer;
    struct job *job;                /* [WINDOW_DOCUMENTS] */
    struct cpl_encoding *encoding;  /* [WINDOW_DOCUMENTS] */
    struct cpl_encode_input *input; /* [WINDOW_DOCUMENTS] */
    size_t n_jobs, n_bytes;
    bool (*progress)(void *context, uint64_t documents_done);
    void *context;
    uint64_t *documents_done;
};

/* ---- one document ---------------------------------------------------------------------------- */

static cpl_status mark_sentences(struct job *job, const struct cpl_encoding *encoding,
                                 struct cpl_error *error)
{
    struct cpl_spans sentences = {0};
    cpl_status status = cpl_sentences(&sentences, job->text, job->length, error);
    size_t token = 0;
    for (size_t i = 0; status == CPL_OK && i < sentences.count; i++) {
        size_t first = token;
        while (token < encoding->count && encoding->span[token].begin < sentences.span[i].end)
            token++;
        if (token > first)
            job->flags[token - 1] |= CPL_TOKEN_ENDS_SENTENCE;
    }
    cpl_spans_clear(&sentences);
    return status;
}

static cpl_status mark_document(const struct window *window, size_t i, struct cpl_error *error)
{
    struct job *job = &window->job[i];
    CPL_TRY(cpl_tokenizer_word_flags(window->tokenizer, window->segmenter, &job->flags,
                                     &window->encoding[i], job->text, job->length, error));
    return mark_sentences(job, &window->encoding[i], error);
}

/* ---- windows --------------------------------------------------------------------------------- */

static cpl_status write_window(struct window *window, struct cpl_error *error)
{
    for (size_t i = 0; i < window->n_jobs; i++) {
        struct job *job = &window->job[i];
        if (job->status != CPL_OK)
            return cpl_error_set(error, job->status, NULL, "document %" PRIu64 ": %s",
                                 *window->documents_done + i, job->error.message);
        CPL_TRY(cpl_shard_writer_add(window->writer, window->encoding[i].id, job->flags,
                                     window->encoding[i].count,
                                     cpl_utf8_count(job->text, job->length), error));
    }
    *window->documents_done += window->n_jobs;
    if (window->progress && !window->progress(window->context, *window->documents_done))
        return cpl_error_set(error, CPL_STOPPED, NULL, "stopped while encoding");
    return CPL_OK;
}

static cpl_status encode_window(struct window *window, struct cpl_error *error)
{
    static const struct cpl_encode_options options = {0};
    struct cpl_error own = {0};
    for (size_t i = 0; i < window->n_jobs; i++)
        window->input[i] = (struct cpl_encode_input){.text = window->job[i].text,
                                                     .length = window->job[i].length};
    cpl_status status = cpl_tokenizer_encode_batch(
        window->tokenizer, window->encoding, window->input, window->n_jobs, &options, 0, &own);
    if (status == CPL_OK)
        return CPL_OK;
    return cpl_error_set(error, status, NULL, "documents from %" PRIu64 " on: %s",
                         *window->documents_done, own.message);
}

static cpl_status flush_window(struct window *window, struct cpl_error *error)
{
    int64_t n = (int64_t)window->n_jobs;
    CPL_TRY(encode_window(window, error));
#pragma omp parallel for schedule(dynamic, 1)
    for (int64_t i = 0; i < n; i++) {
        struct job *job = &window->job[i];
        job->error = (struct cpl_error){0};
        job->status = mark_document(window, (size_t)i, &job->error);
    }
    cpl_status status = n > 0 ? write_window(window, error) : CPL_OK;
    for (size_t i = 0; i < window->n_jobs; i++) {
        free(window->job[i].flags);
        window->job[i].flags = NULL;
    }
    window->n_jobs = window->n_bytes = 0;
    return status;
}

static cpl_status take_document(void *context, uint64_t index, const char *text, size_t length,
                                struct cpl_error *error)
{
    struct window *window = context;
    struct job *job = &window->job[window->n_jobs];
    (void)index;
    CPL_TRY(cpl_memory_grow(&job->text, &job->capacity, length + 1, 1, error));
    memcpy(job->text, text, length);
    job->length = length;
    window->n_bytes += length;
    if (++window->n_jobs < WINDOW_DOCUMENTS && window->n_bytes < WINDOW_BYTES)
        return CPL_OK;
    return flush_window(window, error);
}

static void free_window(struct window *window)
{
    for (size_t i = 0; window->job && i < WINDOW_DOCUMENTS; i++) {
        free(window->job[i].text);
        free(window->job[i].flags);
    }
    for (size_t i = 0; window->encoding && i < WINDOW_DOCUMENTS; i++)
        cpl_encoding_clear(&window->encoding[i]);
    free(window->encoding);
    free(window->input);
    free(window->job);
}

/* ---- shards ---------------------------------------------------------------------------------- */

/* Whether the file is a whole shard of this split by this tokenizer and segmenter. */
static bool shard_fits(const char *path, const struct cpl_corpus *corpus, enum cpl_split split,
                       const struct window *window)
{
    struct cpl_shard shard = {0};
    struct cpl_corpus_counts counts = cpl_corpus_counts(corpus, split);
    if (!cpl_file_exists(path) || cpl_shard_open(&shard, path, NULL) != CPL_OK)
        return false;
    bool fits = shard.tokenizer_hash == cpl_tokenizer_hash(window->tokenizer) &&
                shard.segmenter_hash == cpl_segmenter_hash(window->segmenter) &&
                shard.n_documents == counts.documents;
    cpl_shard_close(&shard);
    return fits;
}

static cpl_status write_shard(struct window *window, const struct cpl_corpus *corpus,
                              enum cpl_split split, const char *path, struct cpl_error *error)
{
    CPL_TRY(cpl_shard_writer_new(&window->writer, path, cpl_tokenizer_size(window->tokenizer),
                                 cpl_tokenizer_hash(window->tokenizer),
                                 cpl_segmenter_hash(window->segmenter), error));
    cpl_status status = cpl_corpus_each(corpus, split, take_document, window, error);
    if (status == CPL_OK)
        status = flush_window(window, error);
    if (status == CPL_OK)
        return cpl_shard_writer_commit(window->writer, error);
    cpl_shard_writer_abandon(window->writer);
    return status;
}

static cpl_status encode_split(struct window *window, const struct cpl_corpus *corpus,
                               enum cpl_split split, const char *directory,
                               struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_text_format(&path, error, "%s/%s.shard", directory, cpl_split_name(split)));
    cpl_status status = CPL_OK;
    if (!shard_fits(path, corpus, split, window))
        status = write_shard(window, corpus, split, path, error);
    free(path);
    return status;
}

static cpl_status shard_directory(char **out, const struct cpl_corpus *corpus,
                                  const struct window *window, struct cpl_error *error)
{
    uint64_t part[3] = {cpl_tokenizer_hash(window->tokenizer),
                        cpl_segmenter_hash(window->segmenter), cpl_corpus_hash(corpus)};
    return cpl_text_format(out, error, "%s/tokens/%016" PRIx64, cpl_corpus_path(corpus),
                           (uint64_t)XXH64(part, sizeof part, 0));
}

cpl_status cpl_corpus_encode(const struct cpl_corpus *corpus,
                             const struct cpl_tokenizer *tokenizer,
                             const struct cpl_segmenter *segmenter, char **path,
                             bool (*progress)(void *context, uint64_t documents_done),
                             void *context, struct cpl_error *error)
{
    uint64_t done = 0;
    struct window window = {.tokenizer = tokenizer,
                            .segmenter = segmenter,
                            .progress = progress,
                            .context = context,
                            .documents_done = &done};
    char *directory = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(shard_directory(&directory, corpus, &window, error));
    CPL_TRY_GOTO(cpl_directory_make(directory, error));
    CPL_TRY_GOTO(cpl_memory_new(&window.job, WINDOW_DOCUMENTS, sizeof *window.job, error));
    CPL_TRY_GOTO(
        cpl_memory_new(&window.encoding, WINDOW_DOCUMENTS, sizeof *window.encoding, error));
    CPL_TRY_GOTO(cpl_memory_new(&window.input, WINDOW_DOCUMENTS, sizeof *window.input, error));
    for (int split = 0; split < CPL_SPLIT_COUNT; split++)
        CPL_TRY_GOTO(encode_split(&window, corpus, (enum cpl_split)split, directory, error));
    if (path) {
        *path = directory;
        directory = NULL;
    }
done:
    free_window(&window);
    free(directory);
    return status;
}
