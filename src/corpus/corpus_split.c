/* Which documents are for training, validation and test: see corpus_split.h. */
#include "corpus/corpus_split.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

/* A document's place in [0, 1), by its hash. */
static double place_of(const char *text, size_t length)
{
    return (double)(cpl_document_hash(text, length) >> 11) * 0x1p-53;
}

static void share_bounds(double bounds[2], const double *shares, enum cpl_split split)
{
    double sum = 0, before = 0;
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        sum += shares[i];
    for (int i = 0; i < (int)split; i++)
        before += shares[i];
    bounds[0] = before / sum;
    bounds[1] = (before + shares[split]) / sum;
}

enum cpl_split cpl_split_of(const char *text, size_t length, const double *shares)
{
    double place = place_of(text, length);
    enum cpl_split last = CPL_SPLIT_TRAIN;
    for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
        double bounds[2];
        share_bounds(bounds, shares, (enum cpl_split)i);
        if (shares[i] > 0)
            last = (enum cpl_split)i;
        if (shares[i] > 0 && place < bounds[1])
            return last;
    }
    return last;
}

static cpl_status split_path(char **path, const char *directory, enum cpl_split split,
                             struct cpl_error *error)
{
    return cpl_text_format(path, error, "%s/%s.jsonl.zst", directory, cpl_split_name(split));
}

static cpl_status open_writer(struct cpl_document_writer *writer, const char *directory,
                              enum cpl_split split, struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(split_path(&path, directory, split, error));
    cpl_status status = cpl_document_writer_open(writer, path, error);
    free(path);
    return status;
}

cpl_status cpl_split_writers_open(struct cpl_split_writers *writers, const char *directory,
                                  struct cpl_error *error)
{
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        CPL_TRY(open_writer(&writers->writer[i], directory, (enum cpl_split)i, error));
    return CPL_OK;
}

cpl_status cpl_split_writers_commit(struct cpl_split_writers *writers, struct cpl_error *error)
{
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        CPL_TRY(cpl_document_writer_commit(&writers->writer[i], error));
    return CPL_OK;
}

void cpl_split_writers_abandon(struct cpl_split_writers *writers)
{
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        cpl_document_writer_abandon(&writers->writer[i]);
}

/* ---- empty splits ------------------------------------------------------------------------- */

struct search {
    double bounds[2];
    double distance; /* of the nearest so far */
    uint64_t nearest;
};

static cpl_status measure_document(void *context, uint64_t index, const char *text,
                                   size_t length, struct cpl_error *error)
{
    struct search *search = context;
    double place = place_of(text, length);
    double distance =
        place < search->bounds[0] ? search->bounds[0] - place : place - search->bounds[1];
    (void)error;
    if (index == 0 || distance < search->distance) {
        search->distance = distance;
        search->nearest = index;
    }
    return CPL_OK;
}

struct move {
    struct cpl_corpus_report *report;
    struct cpl_split_writers writers;
    enum cpl_split from, to;
    uint64_t index;
};

static cpl_status copy_document(void *context, uint64_t index, const char *text, size_t length,
                                struct cpl_error *error)
{
    struct move *move = context;
    enum cpl_split split = index == move->index ? move->to : move->from;
    cpl_corpus_report_add(move->report, split, text, length);
    return cpl_document_writer_add(&move->writers.writer[split], text, length, error);
}

/* Writes both splits anew, with document `index` of one in the other, which was empty. */
static cpl_status move_document(struct move *move, const char *directory, const char *from_path,
                                struct cpl_error *error)
{
    cpl_status status;
    move->report->split[move->from] = (struct cpl_corpus_counts){0};
    move->report->split_hash[move->from] = 0;
    CPL_TRY_GOTO(open_writer(&move->writers.writer[move->from], directory, move->from, error));
    CPL_TRY_GOTO(open_writer(&move->writers.writer[move->to], directory, move->to, error));
    CPL_TRY_GOTO(cpl_documents_each(from_path, copy_document, move, error));
    CPL_TRY_GOTO(cpl_document_writer_commit(&move->writers.writer[move->from], error));
    CPL_TRY_GOTO(cpl_document_writer_commit(&move->writers.writer[move->to], error));
done:
    cpl_split_writers_abandon(&move->writers);
    return status;
}

static cpl_status fill_split(struct cpl_corpus_report *report, enum cpl_split to,
                             const double *shares, const char *directory,
                             struct cpl_error *error)
{
    struct search search = {.distance = 0};
    enum cpl_split from = CPL_SPLIT_TRAIN;
    for (int i = 1; i < CPL_SPLIT_COUNT; i++)
        if (report->split[i].documents > report->split[from].documents)
            from = (enum cpl_split)i;
    if (report->split[from].documents < 2)
        return CPL_OK;
    char *path = NULL;
    CPL_TRY(split_path(&path, directory, from, error));
    share_bounds(search.bounds, shares, to);
    cpl_status status = cpl_documents_each(path, measure_document, &search, error);
    struct move move = {.report = report, .from = from, .to = to, .index = search.nearest};
    if (status == CPL_OK)
        status = move_document(&move, directory, path, error);
    free(path);
    return status;
}

cpl_status cpl_split_fill_empty(struct cpl_corpus_report *report, const double *shares,
                                const char *directory, struct cpl_error *error)
{
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        if (shares[i] > 0 && report->split[i].documents == 0)
            CPL_TRY(fill_split(report, (enum cpl_split)i, shares, directory, error));
    return CPL_OK;
}
