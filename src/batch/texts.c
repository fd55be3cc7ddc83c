/* Documents from wherever they are: a corpus, or files as a corpus would be built from them. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "corpus/sources.h"
#include <couplet/corpus.h>
#include <stdlib.h>

struct walk {
    cpl_document_visitor *visit;
    void *context;
    uint64_t index; /* documents so far */
};

static cpl_status visit_document(void *context, uint64_t index, const char *text, size_t length,
                                 struct cpl_error *error)
{
    struct walk *walk = context;
    (void)index;
    return walk->visit(walk->context, walk->index++, text, length, error);
}

static cpl_status put_document(void *context, const char *text, size_t length,
                               struct cpl_error *error)
{
    return visit_document(context, 0, text, length, error);
}

static cpl_status walk_corpus(struct walk *walk, const char *path, struct cpl_error *error)
{
    struct cpl_corpus *corpus = NULL;
    CPL_TRY(cpl_corpus_open(&corpus, path, error));
    cpl_status status = cpl_corpus_each(corpus, CPL_SPLIT_TRAIN, visit_document, walk, error);
    cpl_corpus_close(corpus);
    return status;
}

static cpl_status walk_file(struct walk *walk, const struct cpl_source_file *file,
                            uint64_t *dropped, struct cpl_error *error)
{
    struct cpl_reading reading = {.dropped = dropped, .put = put_document, .context = walk};
    CPL_TRY(cpl_reading_open(&reading, file->path, error));
    cpl_status status = cpl_formats[file->format].read(&reading, error);
    cpl_reading_close(&reading);
    return status;
}

static cpl_status walk_files(struct walk *walk, const char *path, struct cpl_error *error)
{
    uint64_t dropped[CPL_DROP_COUNT] = {0};
    struct cpl_source_files files = {0};
    cpl_status status =
        cpl_source_files_list(&files, &path, 1, CPL_FORMAT_COUNT, dropped, error);
    for (size_t i = 0; i < files.count && status == CPL_OK; i++)
        status = walk_file(walk, &files.file[i], dropped, error);
    cpl_source_files_clear(&files);
    return status;
}

cpl_status cpl_texts_each(const char *const *paths, size_t n_paths, cpl_document_visitor *visit,
                          void *context, struct cpl_error *error)
{
    struct walk walk = {.visit = visit, .context = context};
    for (size_t i = 0; i < n_paths; i++) {
        char *report = NULL;
        CPL_TRY(cpl_path_join(&report, paths[i], "corpus.json", error));
        bool is_corpus = cpl_file_exists(report);
        free(report);
        CPL_TRY(is_corpus ? walk_corpus(&walk, paths[i], error)
                          : walk_files(&walk, paths[i], error));
    }
    return CPL_OK;
}
