/* Writing files of documents: see documents.h. */
#include "base/memory.h"
#include "base/try.h"
#include "corpus/documents.h"

#include <stdlib.h>
#include <zstd.h>

enum { BLOCK_BYTES = 1 << 17, LEVEL = 3 };

cpl_status cpl_document_writer_open(struct cpl_document_writer *writer, const char *path,
                                    struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    *writer = (struct cpl_document_writer){0};
    CPL_TRY_GOTO(cpl_writer_open(&writer->file, path, error));
    CPL_TRY_GOTO(cpl_memory_new(&writer->block, BLOCK_BYTES, 1, error));
    writer->stream = ZSTD_createCCtx();
    if (!writer->stream ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->stream, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->stream, ZSTD_c_checksumFlag, 1)))
        status = cpl_error_set(error, CPL_ERROR_SYSTEM, path, "cannot start zstd");
done:
    if (status != CPL_OK)
        cpl_document_writer_abandon(writer);
    return status;
}

static cpl_status compress(struct cpl_document_writer *writer, ZSTD_EndDirective directive,
                           struct cpl_error *error)
{
    ZSTD_inBuffer in = {writer->line.data, writer->line.length, 0};
    for (bool done = false; !done;) {
        ZSTD_outBuffer out = {writer->block, BLOCK_BYTES, 0};
        size_t left = ZSTD_compressStream2(writer->stream, &out, &in, directive);
        if (ZSTD_isError(left))
            return cpl_error_set(error, CPL_ERROR_SYSTEM, writer->file.path,
                                 "cannot compress: %s", ZSTD_getErrorName(left));
        if (fwrite(writer->block, 1, out.pos, writer->file.stream) != out.pos)
            return cpl_error_errno(error, writer->file.path, "write");
        done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
    }
    return CPL_OK;
}

cpl_status cpl_document_writer_add(struct cpl_document_writer *writer, const char *text,
                                   size_t length, struct cpl_error *error)
{
    cpl_buffer_reset(&writer->line);
    cpl_buffer_add_text(&writer->line, "{\"text\": ");
    cpl_buffer_add_json_string(&writer->line, text, length);
    cpl_buffer_add_text(&writer->line, "}\n");
    CPL_TRY(cpl_buffer_check(&writer->line, error));
    return compress(writer, ZSTD_e_continue, error);
}

cpl_status cpl_document_writer_commit(struct cpl_document_writer *writer,
                                      struct cpl_error *error)
{
    cpl_buffer_reset(&writer->line);
    cpl_status status = compress(writer, ZSTD_e_end, error);
    if (status == CPL_OK)
        status = cpl_writer_commit(&writer->file, error);
    cpl_document_writer_abandon(writer);
    return status;
}

void cpl_document_writer_abandon(struct cpl_document_writer *writer)
{
    cpl_writer_abandon(&writer->file);
    ZSTD_freeCCtx(writer->stream);
    cpl_buffer_clear(&writer->line);
    free(writer->block);
    *writer = (struct cpl_document_writer){0};
}
