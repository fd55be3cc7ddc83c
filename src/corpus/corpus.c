/* Opening and reading corpora: see <couplet/corpus.h>. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "corpus/corpus_report.h"
#include "corpus/documents.h"

#include <stdlib.h>

struct cpl_corpus {
    char *directory;
    struct cpl_corpus_report report;
    uint64_t hash;
};

cpl_status cpl_corpus_open(struct cpl_corpus **out, const char *directory,
                           struct cpl_error *error)
{
    struct cpl_corpus *corpus = NULL;
    char *path = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_memory_new(&corpus, 1, sizeof *corpus, error));
    CPL_TRY_GOTO(cpl_text_copy(&corpus->directory, directory, error));
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "corpus.json", error));
    if (!cpl_file_exists(path)) {
        bool there = cpl_file_exists(directory);
        status = cpl_error_set(error, there ? CPL_ERROR_INPUT : CPL_ERROR_SYSTEM, directory,
                               there ? "not a corpus: it has no corpus.json"
                                     : "no such corpus; couplet corpus build makes one");
        goto done;
    }
    CPL_TRY_GOTO(cpl_corpus_report_read(&corpus->report, &corpus->hash, path, error));
    *out = corpus;
    corpus = NULL;
done:
    free(path);
    cpl_corpus_close(corpus);
    return status;
}

void cpl_corpus_close(struct cpl_corpus *corpus)
{
    if (!corpus)
        return;
    free(corpus->directory);
    free(corpus);
}

struct cpl_corpus_counts cpl_corpus_counts(const struct cpl_corpus *corpus,
                                           enum cpl_split split)
{
    return corpus->report.split[split];
}

const char *cpl_corpus_path(const struct cpl_corpus *corpus) { return corpus->directory; }

uint64_t cpl_corpus_hash(const struct cpl_corpus *corpus) { return corpus->hash; }

cpl_status cpl_corpus_describe(const struct cpl_corpus *corpus, char **json,
                               struct cpl_error *error)
{
    char *path = NULL;
    size_t size = 0;
    CPL_TRY(cpl_path_join(&path, corpus->directory, "corpus.json", error));
    cpl_status status = cpl_file_read(json, &size, path, error);
    free(path);
    return status;
}

/* Passes documents on and counts them. */
struct counting {
    cpl_document_visitor *visit;
    void *context;
    uint64_t count;
};

static cpl_status visit_counted(void *context, uint64_t index, const char *text, size_t length,
                                struct cpl_error *error)
{
    struct counting *counting = context;
    counting->count++;
    return counting->visit(counting->context, index, text, length, error);
}

cpl_status cpl_corpus_each(const struct cpl_corpus *corpus, enum cpl_split split,
                           cpl_document_visitor *visit, void *context, struct cpl_error *error)
{
    struct counting counting = {.visit = visit, .context = context};
    uint64_t expected = corpus->report.split[split].documents;
    char *path = NULL;
    CPL_TRY(cpl_text_format(&path, error, "%s/%s.jsonl.zst", corpus->directory,
                            cpl_split_name(split)));
    cpl_status status = cpl_documents_each(path, visit_counted, &counting, error);
    if (status == CPL_OK && counting.count != expected)
        status =
            cpl_error_set(error, CPL_ERROR_INPUT, path, "expected %llu documents, found %llu",
                          (unsigned long long)expected, (unsigned long long)counting.count);
    free(path);
    return status;
}
