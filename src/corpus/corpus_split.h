/* Which documents are for training, validation and test. */
#ifndef CPL_CORPUS_CORPUS_SPLIT_H
#define CPL_CORPUS_CORPUS_SPLIT_H

#include "corpus/corpus_report.h"
#include "corpus/documents.h"

/* The split that a text's hash falls into; `shares` need not sum to 1 but to more than 0. */
enum cpl_split cpl_split_of(const char *text, size_t length, const double *shares);

struct cpl_split_writers {
    struct cpl_document_writer writer[CPL_SPLIT_COUNT];
};
cpl_status cpl_split_writers_open(struct cpl_split_writers *writers, const char *directory,
                                  struct cpl_error *error);
cpl_status cpl_split_writers_commit(struct cpl_split_writers *writers, struct cpl_error *error);
void cpl_split_writers_abandon(struct cpl_split_writers *writers);

/* Gives every split that has a share but no document the one of the fullest split whose hash is
 * nearest to its share, if that split has two: small corpora get a validation set, too. */
cpl_status cpl_split_fill_empty(struct cpl_corpus_report *report, const double *shares,
                                const char *directory, struct cpl_error *error);

#endif
