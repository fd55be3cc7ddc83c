/* xz by liblzma; several streams and padding are read through. */
#include "base/memory.h"
#include "base/try.h"
#include "corpus/byte_stream.h"

#include <lzma.h>
#include <stdlib.h>

/* The largest preset (xz -9) needs 65 MiB; a file that asks for more than this is refused. */
#define MEMORY_LIMIT ((uint64_t)512 << 20)

struct xz {
    lzma_stream stream;
    bool ended;
};

static cpl_status xz_open(void **state, struct cpl_stream_input *input, struct cpl_error *error)
{
    struct xz *xz = NULL;
    CPL_TRY(cpl_memory_new(&xz, 1, sizeof *xz, error));
    xz->stream = (lzma_stream)LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&xz->stream, MEMORY_LIMIT, LZMA_CONCATENATED) != LZMA_OK) {
        free(xz);
        return cpl_error_set(error, CPL_ERROR_SYSTEM, input->path, "cannot start xz");
    }
    *state = xz;
    return CPL_OK;
}

static cpl_status xz_failed(lzma_ret result, const char *path, struct cpl_error *error)
{
    if (result == LZMA_MEM_ERROR)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, path, "out of memory for xz data");
    if (result == LZMA_MEMLIMIT_ERROR)
        return cpl_error_set(error, CPL_ERROR_INPUT, path,
                             "xz data need more than 512 MiB of memory");
    if (result == LZMA_BUF_ERROR)
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "xz data are cut off");
    return cpl_error_set(error, CPL_ERROR_INPUT, path, "damaged xz data");
}

static cpl_status xz_read(void *state, struct cpl_stream_input *input, void *data, size_t size,
                          size_t *length, struct cpl_error *error)
{
    struct xz *xz = state;
    xz->stream.next_out = data;
    xz->stream.avail_out = size;
    while (xz->stream.avail_out == size && !xz->ended) {
        CPL_TRY(cpl_stream_refill(input, error));
        xz->stream.next_in = input->block + input->at;
        xz->stream.avail_in = input->length - input->at;
        lzma_ret result = lzma_code(&xz->stream, input->at_end ? LZMA_FINISH : LZMA_RUN);
        input->at = input->length - xz->stream.avail_in;
        if (result != LZMA_OK && result != LZMA_STREAM_END)
            return xz_failed(result, input->path, error);
        xz->ended = result == LZMA_STREAM_END;
    }
    *length = size - xz->stream.avail_out;
    return CPL_OK;
}

static void xz_close(void *state)
{
    struct xz *xz = state;
    lzma_end(&xz->stream);
    free(xz);
}

const struct cpl_stream_codec cpl_codec_xz = {.name = "xz",
                                              .magic = {0xFD, '7', 'z', 'X', 'Z', 0},
                                              .magic_length = 6,
                                              .open = xz_open,
                                              .read = xz_read,
                                              .close = xz_close};
