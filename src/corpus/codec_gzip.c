/* gzip (RFC 1952) by zlib; files of several members are read through. */
#include "base/memory.h"
#include "base/try.h"
#include "corpus/byte_stream.h"

#include <stdlib.h>
#include <zlib.h>

struct gzip {
    z_stream stream;
    bool between; /* a member has ended */
};

static cpl_status gzip_open(void **state, struct cpl_stream_input *input,
                            struct cpl_error *error)
{
    struct gzip *gzip = NULL;
    CPL_TRY(cpl_memory_new(&gzip, 1, sizeof *gzip, error));
    if (inflateInit2(&gzip->stream, 15 + 16) != Z_OK) {
        free(gzip);
        return cpl_error_set(error, CPL_ERROR_SYSTEM, input->path, "cannot start gzip");
    }
    *state = gzip;
    return CPL_OK;
}

static cpl_status gzip_read(void *state, struct cpl_stream_input *input, void *data,
                            size_t size, size_t *length, struct cpl_error *error)
{
    struct gzip *gzip = state;
    z_stream *stream = &gzip->stream;
    *length = 0;
    stream->next_out = data;
    stream->avail_out = (uInt)(size < 1u << 30 ? size : 1u << 30);
    uInt wanted = stream->avail_out;
    while (stream->avail_out == wanted) {
        CPL_TRY(cpl_stream_refill(input, error));
        if (input->at == input->length) {
            if (gzip->between)
                return CPL_OK;
            return cpl_error_set(error, CPL_ERROR_INPUT, input->path, "gzip data are cut off");
        }
        if (gzip->between)
            inflateReset(stream);
        gzip->between = false;
        stream->next_in = input->block + input->at;
        stream->avail_in = (uInt)(input->length - input->at);
        int result = inflate(stream, Z_NO_FLUSH);
        input->at = input->length - stream->avail_in;
        if (result == Z_STREAM_END)
            gzip->between = true;
        else if (result != Z_OK && result != Z_BUF_ERROR)
            return cpl_error_set(error, CPL_ERROR_INPUT, input->path, "damaged gzip data%s%s",
                                 stream->msg ? ": " : "", stream->msg ? stream->msg : "");
        *length = wanted - stream->avail_out;
    }
    return CPL_OK;
}

static void gzip_close(void *state)
{
    struct gzip *gzip = state;
    inflateEnd(&gzip->stream);
    free(gzip);
}

const struct cpl_stream_codec cpl_codec_gzip = {.name = "gzip",
                                                .magic = {0x1F, 0x8B},
                                                .magic_length = 2,
                                                .open = gzip_open,
                                                .read = gzip_read,
                                                .close = gzip_close};
