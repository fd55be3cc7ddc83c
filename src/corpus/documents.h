/* Files of documents: JSON lines {"text": ...} in one zstd frame with a checksum. */
#ifndef CPL_CORPUS_DOCUMENTS_H
#define CPL_CORPUS_DOCUMENTS_H

#include "base/buffer.h"
#include "base/file.h"

#include <couplet/corpus.h>

struct ZSTD_CCtx_s;
struct cpl_document_writer {
    struct cpl_writer file;
    struct ZSTD_CCtx_s *stream;
    struct cpl_buffer line;
    char *block;
};
cpl_status cpl_document_writer_open(struct cpl_document_writer *writer, const char *path,
                                    struct cpl_error *error);
/* `text`: valid UTF-8. */
cpl_status cpl_document_writer_add(struct cpl_document_writer *writer, const char *text,
                                   size_t length, struct cpl_error *error);
/* Flushes and renames into place; clears the writer, also on failure. */
cpl_status cpl_document_writer_commit(struct cpl_document_writer *writer,
                                      struct cpl_error *error);
void cpl_document_writer_abandon(struct cpl_document_writer *writer);

/* Calls `visit` with every document in order. */
cpl_status cpl_documents_each(const char *path, cpl_document_visitor *visit, void *context,
                              struct cpl_error *error);

#endif
