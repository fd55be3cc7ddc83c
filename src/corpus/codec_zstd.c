/* Zstandard (RFC 8878) by libzstd; several frames are read through. */
#include "base/memory.h"
#include "base/try.h"
#include "corpus/byte_stream.h"

#include <stdlib.h>
#include <zstd.h>

/* Frames written with up to --long=27 are read: 128 MiB of window. */
enum { WINDOW_LOG_MAX = 27 };

struct zstd {
    ZSTD_DStream *stream;
    bool between; /* a frame has ended */
};

static void zstd_close(void *state)
{
    struct zstd *zstd = state;
    ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

static cpl_status zstd_open(void **state, struct cpl_stream_input *input,
                            struct cpl_error *error)
{
    struct zstd *zstd = NULL;
    CPL_TRY(cpl_memory_new(&zstd, 1, sizeof *zstd, error));
    zstd->stream = ZSTD_createDStream();
    if (!zstd->stream || ZSTD_isError(ZSTD_DCtx_setParameter(zstd->stream, ZSTD_d_windowLogMax,
                                                             WINDOW_LOG_MAX))) {
        zstd_close(zstd);
        return cpl_error_set(error, CPL_ERROR_SYSTEM, input->path, "cannot start zstd");
    }
    *state = zstd;
    return CPL_OK;
}

static cpl_status zstd_read(void *state, struct cpl_stream_input *input, void *data,
                            size_t size, size_t *length, struct cpl_error *error)
{
    struct zstd *zstd = state;
    ZSTD_outBuffer out = {data, size, 0};
    while (out.pos == 0) {
        CPL_TRY(cpl_stream_refill(input, error));
        ZSTD_inBuffer in = {input->block, input->length, input->at};
        size_t hint = ZSTD_decompressStream(zstd->stream, &out, &in);
        if (ZSTD_isError(hint))
            return cpl_error_set(error, CPL_ERROR_INPUT, input->path, "damaged zstd data: %s",
                                 ZSTD_getErrorName(hint));
        bool moved = in.pos > input->at || out.pos > 0;
        input->at = in.pos;
        if (moved)
            zstd->between = hint == 0;
        else if (input->at_end && zstd->between)
            break;
        else if (input->at_end)
            return cpl_error_set(error, CPL_ERROR_INPUT, input->path, "zstd data are cut off");
    }
    *length = out.pos;
    return CPL_OK;
}

const struct cpl_stream_codec cpl_codec_zstd = {.name = "zstd",
                                                .magic = {0x28, 0xB5, 0x2F, 0xFD},
                                                .magic_length = 4,
                                                .open = zstd_open,
                                                .read = zstd_read,
                                                .close = zstd_close};
