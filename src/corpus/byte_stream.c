/* Files of bytes, packed or not: see byte_stream.h. */
#include "corpus/byte_stream.h"

#include "base/memory.h"
#include "base/try.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

cpl_status cpl_stream_refill(struct cpl_stream_input *input, struct cpl_error *error)
{
    if (input->at < input->length || input->at_end)
        return CPL_OK;
    input->at = 0;
    input->length = fread(input->block, 1, CPL_STREAM_BLOCK, input->file);
    if (input->length < CPL_STREAM_BLOCK) {
        if (ferror(input->file))
            return cpl_error_errno(error, input->path, "read");
        input->at_end = true;
    }
    return CPL_OK;
}

static cpl_status plain_open(void **state, struct cpl_stream_input *input,
                             struct cpl_error *error)
{
    (void)input;
    (void)error;
    *state = NULL;
    return CPL_OK;
}

static cpl_status plain_read(void *state, struct cpl_stream_input *input, void *data,
                             size_t size, size_t *length, struct cpl_error *error)
{
    (void)state;
    CPL_TRY(cpl_stream_refill(input, error));
    size_t left = input->length - input->at;
    *length = size < left ? size : left;
    memcpy(data, input->block + input->at, *length);
    input->at += *length;
    return CPL_OK;
}

static void plain_close(void *state) { (void)state; }

static const struct cpl_stream_codec codec_plain = {
    .name = "plain", .open = plain_open, .read = plain_read, .close = plain_close};
static const struct cpl_stream_codec *const codecs[] = {&cpl_codec_gzip, &cpl_codec_zstd,
                                                        &cpl_codec_xz, &codec_plain};

static const struct cpl_stream_codec *find_codec(const struct cpl_stream_input *input)
{
    size_t i = 0;
    while (input->length < codecs[i]->magic_length ||
           memcmp(input->block, codecs[i]->magic, codecs[i]->magic_length) != 0)
        i++;
    return codecs[i];
}

static cpl_status open_file(struct cpl_stream_input *input, const char *path,
                            struct cpl_error *error)
{
    struct stat info;
    if (strcmp(path, "-") == 0) {
        input->file = stdin;
        return CPL_OK;
    }
    input->file = fopen(path, "rbe");
    if (!input->file)
        return cpl_error_errno(error, path, "read");
    if (fstat(fileno(input->file), &info) == 0 && S_ISDIR(info.st_mode))
        return cpl_error_set(error, CPL_ERROR_SYSTEM, path, "is a directory, expected a file");
    return CPL_OK;
}

cpl_status cpl_byte_stream_open(struct cpl_byte_stream *stream, const char *path,
                                struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    *stream = (struct cpl_byte_stream){0};
    CPL_TRY_GOTO(cpl_text_copy(&stream->input.path, path, error));
    CPL_TRY_GOTO(cpl_memory_new(&stream->input.block, CPL_STREAM_BLOCK, 1, error));
    CPL_TRY_GOTO(open_file(&stream->input, path, error));
    CPL_TRY_GOTO(cpl_stream_refill(&stream->input, error));
    stream->codec = find_codec(&stream->input);
    CPL_TRY_GOTO(stream->codec->open(&stream->state, &stream->input, error));
done:
    if (status != CPL_OK)
        cpl_byte_stream_close(stream);
    return status;
}

cpl_status cpl_byte_stream_read(struct cpl_byte_stream *stream, void *data, size_t size,
                                size_t *length, struct cpl_error *error)
{
    *length = 0;
    while (*length < size) {
        size_t n = 0;
        CPL_TRY(stream->codec->read(stream->state, &stream->input, (char *)data + *length,
                                    size - *length, &n, error));
        if (n == 0)
            break;
        *length += n;
    }
    return CPL_OK;
}

void cpl_byte_stream_close(struct cpl_byte_stream *stream)
{
    if (stream->state)
        stream->codec->close(stream->state);
    if (stream->input.file && stream->input.file != stdin)
        fclose(stream->input.file);
    free(stream->input.path);
    free(stream->input.block);
    *stream = (struct cpl_byte_stream){0};
}
