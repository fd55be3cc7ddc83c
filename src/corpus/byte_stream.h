/* The bytes of a file, unpacked on the way: plain, gzip, zstd or xz, told by its first bytes.
 */
#ifndef CPL_CORPUS_BYTE_STREAM_H
#define CPL_CORPUS_BYTE_STREAM_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CPL_STREAM_BLOCK = 1 << 17 };

/* Packed bytes from the file: [at, length) of block are not used yet. */
struct cpl_stream_input {
    FILE *file;
    char *path;
    unsigned char *block; /* [CPL_STREAM_BLOCK] */
    size_t at, length;
    bool at_end; /* of the file */
};
/* Refills an empty block; at the end of the file at == length stays. */
cpl_status cpl_stream_refill(struct cpl_stream_input *input, struct cpl_error *error);

/* One way to unpack.  `state` is the codec's own. */
struct cpl_stream_codec {
    const char *name;
    unsigned char magic[6];
    size_t magic_length; /* 0: takes everything */
    cpl_status (*open)(void **state, struct cpl_stream_input *input, struct cpl_error *error);
    /* Fills at most `size` bytes; *length 0 only at the end.  CPL_ERROR_INPUT for damaged or
     * cut off files. */
    cpl_status (*read)(void *state, struct cpl_stream_input *input, void *data, size_t size,
                       size_t *length, struct cpl_error *error);
    void (*close)(void *state);
};
extern const struct cpl_stream_codec cpl_codec_gzip, cpl_codec_zstd, cpl_codec_xz;

struct cpl_byte_stream {
    struct cpl_stream_input input;
    const struct cpl_stream_codec *codec;
    void *state;
};
/* Path "-" is standard input. */
cpl_status cpl_byte_stream_open(struct cpl_byte_stream *stream, const char *path,
                                struct cpl_error *error);
/* *length < size only at the end. */
cpl_status cpl_byte_stream_read(struct cpl_byte_stream *stream, void *data, size_t size,
                                size_t *length, struct cpl_error *error);
void cpl_byte_stream_close(struct cpl_byte_stream *stream);

#endif
