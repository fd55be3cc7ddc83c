/* The safetensors format (huggingface/safetensors): a JSON header and one run of tensor bytes.
 *
 *     0      u64 N, little-endian
 *     8      N bytes of JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0,
 * 24]}, ...} 8+N    the tensors, row-major, back to back: no holes, no overlap, nothing behind
 * the last
 *
 * Reading maps the file and believes nothing that was not checked; writing is streaming, atomic
 * and gives the same bytes for the same tensors, in the reference writer's order. */
#ifndef CPL_FORMAT_SAFETENSORS_H
#define CPL_FORMAT_SAFETENSORS_H

#include "base/file.h"
#include <couplet/status.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CPL_SAFETENSORS_MAX_RANK 8
#define CPL_SAFETENSORS_MAX_HEADER 100000000

enum cpl_safetensors_dtype {
#define SAFETENSORS_DTYPE(name, bits) CPL_SAFETENSORS_##name,
#include "format/safetensors_dtypes.def"
#undef SAFETENSORS_DTYPE
    CPL_SAFETENSORS_DTYPE_COUNT
};
const char *cpl_safetensors_dtype_name(enum cpl_safetensors_dtype dtype);

struct cpl_safetensors_entry {
    const char *name;
    enum cpl_safetensors_dtype dtype;
    int rank; /* 0: a scalar */
    int64_t shape[CPL_SAFETENSORS_MAX_RANK];
    const unsigned char *data; /* maybe unaligned; valid until the file is closed */
    size_t bytes;
};

/* One file, or the shards of one checkpoint taken together.  The zero value is closed. */
struct cpl_safetensors_part {
    struct cpl_map map; /* empty when parsed from memory */
    json_t *header;     /* owns the names of the entries */
};
struct cpl_safetensors {
    struct cpl_safetensors_entry *entry; /* [count], by name */
    size_t count, capacity;
    struct cpl_safetensors_part *part;
    size_t n_parts, part_capacity;
};

/* Errors: CPL_ERROR_INPUT with file and tensor for whatever the format forbids. */
cpl_status cpl_safetensors_open(struct cpl_safetensors *file, const char *path,
                                struct cpl_error *error);
/* The weights of a model directory: model.safetensors, else all files that
 * model.safetensors.index.json names. */
cpl_status cpl_safetensors_open_directory(struct cpl_safetensors *file, const char *directory,
                                          struct cpl_error *error);
/* The same checks on memory, which is borrowed until the file is closed; `where` is for
 * messages. */
cpl_status cpl_safetensors_parse(struct cpl_safetensors *file, const unsigned char *data,
                                 size_t size, const char *where, struct cpl_error *error);
void cpl_safetensors_close(struct cpl_safetensors *file);

/* NULL: no such tensor. */
const struct cpl_safetensors_entry *cpl_safetensors_find(const struct cpl_safetensors *file,
                                                         const char *name);
int64_t cpl_safetensors_elements(const struct cpl_safetensors_entry *entry);
/* out [elements] = the tensor as f32; F32, F16, BF16 and F64 can be read so, other types are
 * CPL_ERROR_INPUT. */
cpl_status cpl_safetensors_read_f32(const struct cpl_safetensors_entry *entry, float *out,
                                    struct cpl_error *error);

/* Writing: declare all tensors, then write each one's bytes, tensors in any order and each in
 * as many pieces as is convenient, then commit.  The file appears under its name at commit and
 * not before. */
struct cpl_safetensors_writer;
cpl_status cpl_safetensors_writer_new(struct cpl_safetensors_writer **out, const char *path,
                                      struct cpl_error *error);
/* `name` is copied.  Errors: CPL_ERROR_INTERNAL for a name given twice (found at the first
 * write). */
cpl_status cpl_safetensors_writer_declare(struct cpl_safetensors_writer *writer,
                                          const char *name, enum cpl_safetensors_dtype dtype,
                                          int rank, const int64_t *shape,
                                          struct cpl_error *error);
cpl_status cpl_safetensors_writer_write(struct cpl_safetensors_writer *writer, const char *name,
                                        const void *data, size_t bytes,
                                        struct cpl_error *error);
/* Flushes, renames into place and frees; frees also on failure.  Every declared byte must have
 * been written. */
cpl_status cpl_safetensors_writer_commit(struct cpl_safetensors_writer *writer,
                                         struct cpl_error *error);
void cpl_safetensors_writer_abandon(struct cpl_safetensors_writer *writer); /* takes NULL */

/* For readers of several files: adds one file's tensors, then, after all, sorts them by name and
 * closes the file unless `status` is CPL_OK and no name came twice. */
cpl_status cpl_safetensors_add(struct cpl_safetensors *file, const char *path,
                               struct cpl_error *error);
cpl_status cpl_safetensors_finish(struct cpl_safetensors *file, cpl_status status,
                                  const char *where, struct cpl_error *error);
/* Shared by reader and writer: *bytes of a tensor, false when it does not fit or is no whole
 * number. */
bool cpl_safetensors_size(size_t *bytes, enum cpl_safetensors_dtype dtype, int rank,
                          const int64_t *shape);

#endif
