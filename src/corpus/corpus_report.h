/* What is known about a corpus: the content of corpus.json. */
#ifndef CPL_CORPUS_CORPUS_REPORT_H
#define CPL_CORPUS_CORPUS_REPORT_H

#include "corpus/reading.h"

#include <couplet/corpus.h>

enum { CPL_CORPUS_VERSION = 1, CPL_CORPUS_LENGTHS = 32 };

struct cpl_source_counts {
    uint64_t files, bytes, documents, kept;
};
enum cpl_language {
    CPL_LANGUAGE_CHINESE,
    CPL_LANGUAGE_MIXED,
    CPL_LANGUAGE_OTHER,
    CPL_LANGUAGE_COUNT
};

struct cpl_corpus_report {
    struct cpl_corpus_counts split[CPL_SPLIT_COUNT];
    uint64_t
        split_hash[CPL_SPLIT_COUNT];  /* over the hashes of the split's documents, in order */
    struct cpl_source_counts *source; /* [n_sources], may be NULL */
    uint64_t dropped[CPL_DROP_COUNT];
    uint64_t repaired;                     /* bad sequences replaced */
    uint64_t language[CPL_LANGUAGE_COUNT]; /* documents by their share of Chinese characters */
    uint64_t lengths[CPL_CORPUS_LENGTHS];  /* documents of 2^i to 2^(i+1)-1 characters */
};
/* Hash of a document's text. */
uint64_t cpl_document_hash(const char *text, size_t length);
/* Counts a document into a split. */
void cpl_corpus_report_add(struct cpl_corpus_report *report, enum cpl_split split,
                           const char *text, size_t length);
/* Languages and lengths of the whole corpus. */
void cpl_corpus_report_add_kind(struct cpl_corpus_report *report, const char *text,
                                size_t length);
uint64_t cpl_corpus_report_hash(const struct cpl_corpus_report *report);
/* Writes corpus.json. */
cpl_status cpl_corpus_report_write(const struct cpl_corpus_report *report,
                                   const struct cpl_corpus_build *options, const char *path,
                                   struct cpl_error *error);
/* Reads splits, hashes of corpus.json back. */
cpl_status cpl_corpus_report_read(struct cpl_corpus_report *report, uint64_t *hash,
                                  const char *path, struct cpl_error *error);

#endif
