/* A corpus: a directory of clean, deduplicated documents, split by hash, and their tokens.
 *
 *     CORPUS/corpus.json            what was read, kept and dropped, format version
 *     CORPUS/train.jsonl.zst …      documents as JSON lines {"text": ...}; also valid, test
 *     CORPUS/tokens/<hash>/train.shard …   ids with two bits a token (see src/corpus/shard.h)
 */
#ifndef COUPLET_CORPUS_H
#define COUPLET_CORPUS_H

#include <couplet/status.h>
#include <couplet/text.h>
#include <couplet/tokenizer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpl_split { CPL_SPLIT_TRAIN, CPL_SPLIT_VALID, CPL_SPLIT_TEST, CPL_SPLIT_COUNT };

struct cpl_corpus_build {
    const char *const *sources; /* files, directories or "-"; plain or gzip, zstd, xz */
    size_t n_sources;
    double split[CPL_SPLIT_COUNT]; /* shares, any scale; all 0: 98, 1, 1 */
    const char *dedup;       /* "exact" (NULL) or "off"; exact also drops long lines that five
                                      documents before had */
    const char *on_bad_text; /* "repair" (NULL), "skip" or "error" */
    const char *format;      /* "auto" (NULL): from the file's name; else one for all: txt,
                                      lines, paragraphs, jsonl, html, md, man, fortune */
    bool chinese_lines_only; /* drops lines without a Chinese character */
    enum cpl_unicode_form form; /* 0: none */
    /* Called now and then with files done and in all; false stops with CPL_STOPPED. May be NULL. */
    bool (*progress)(void *context, size_t files_done, size_t files_total, uint64_t bytes);
    void *context;
};
/* Builds DIR anew (an existing corpus there is replaced only when all went well).
 *
 * A document's split follows from its content alone: (hash / 2^64) falls into the shares of train,
 * valid, test in this order; a split with a share but no document takes the one nearest to it.  Equal
 * sources give equal bytes.  Memory: one document and 16 to 50 bytes for each document and long line.
 * Errors: CPL_ERROR_INPUT for bad files and when no document is left, CPL_ERROR_SYSTEM for missing
 * and unreadable ones, CPL_ERROR_STATE when DIR is something else than a corpus. */
CPL_API cpl_status cpl_corpus_build(const struct cpl_corpus_build *options,
                                    const char *directory, struct cpl_error *error);

struct cpl_corpus;
CPL_API cpl_status cpl_corpus_open(struct cpl_corpus **out, const char *directory,
                                   struct cpl_error *error);
CPL_API void cpl_corpus_close(struct cpl_corpus *corpus);

struct cpl_corpus_counts {
    uint64_t documents, bytes, characters, chinese_characters;
};
CPL_API struct cpl_corpus_counts cpl_corpus_counts(const struct cpl_corpus *corpus,
                                                   enum cpl_split split);
CPL_API const char *cpl_corpus_path(const struct cpl_corpus *corpus);
/* Changes whenever a document of any split does. */
CPL_API uint64_t cpl_corpus_hash(const struct cpl_corpus *corpus);
/* "train", "valid" or "test". */
CPL_API const char *cpl_split_name(enum cpl_split split);
/* All that corpus.json says, as a heap JSON text. */
CPL_API cpl_status cpl_corpus_describe(const struct cpl_corpus *corpus, char **json,
                                       struct cpl_error *error);

/* What a key of its "dropped" means, for people; NULL if there is no such key. */
CPL_API const char *cpl_corpus_drop_about(const char *key);

/* Calls `visit` with every document of the split in order, until it returns something but CPL_OK,
 * which is passed on.  The text is valid until the call returns. */
typedef cpl_status cpl_document_visitor(void *context, uint64_t index, const char *text,
                                        size_t length, struct cpl_error *error);
CPL_API cpl_status cpl_corpus_each(const struct cpl_corpus *corpus, enum cpl_split split,
                                   cpl_document_visitor *visit, void *context,
                                   struct cpl_error *error);

/* Calls `visit` with every document of corpora (their training split) and of files and directories as
 * cpl_corpus_build reads them, one path after the other; bad UTF-8 is repaired, nothing is dropped. */
CPL_API cpl_status cpl_texts_each(const char *const *paths, size_t n_paths,
                                  cpl_document_visitor *visit, void *context,
                                  struct cpl_error *error);

/* Encodes all splits into CORPUS/tokens/<hash>/ unless they are there and whole; *path (heap, may be
 * NULL) is that directory.  `progress` may be NULL. */
CPL_API cpl_status cpl_corpus_encode(const struct cpl_corpus *corpus,
                                     const struct cpl_tokenizer *tokenizer,
                                     const struct cpl_segmenter *segmenter, char **path,
                                     bool (*progress)(void *context, uint64_t documents_done),
                                     void *context, struct cpl_error *error);

#endif
