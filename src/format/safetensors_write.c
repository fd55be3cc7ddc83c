/* Writing safetensors: see safetensors.h.  Bytes as the reference writer gives them: tensors by
 * type (widest first), then by name; header padded with spaces to a multiple of 8; metadata
 * that says "pt", without which transformers refuses a file. */
#include "format/safetensors.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/try.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct declared {
    char *name;
    enum cpl_safetensors_dtype dtype;
    int rank;
    int64_t shape[CPL_SAFETENSORS_MAX_RANK];
    size_t begin, bytes, written;
};

struct cpl_safetensors_writer {
    struct cpl_writer file;
    struct declared *tensor; /* in order of declaration, then of the file */
    size_t count, capacity;
    struct declared **by_name; /* [count], made with the header */
    size_t data_begin;         /* 0: header not written yet */
    size_t position;           /* of the stream */
};

cpl_status cpl_safetensors_writer_new(struct cpl_safetensors_writer **out, const char *path,
                                      struct cpl_error *error)
{
    struct cpl_safetensors_writer *writer = NULL;
    CPL_TRY(cpl_memory_new(&writer, 1, sizeof *writer, error));
    cpl_status status = cpl_writer_open(&writer->file, path, error);
    if (status != CPL_OK) {
        free(writer);
        return status;
    }
    *out = writer;
    return CPL_OK;
}

cpl_status cpl_safetensors_writer_declare(struct cpl_safetensors_writer *writer,
                                          const char *name, enum cpl_safetensors_dtype dtype,
                                          int rank, const int64_t *shape,
                                          struct cpl_error *error)
{
    assert(writer->data_begin == 0 && rank >= 0 && rank <= CPL_SAFETENSORS_MAX_RANK);
    struct declared tensor = {.dtype = dtype, .rank = rank};
    for (int d = 0; d < rank; d++)
        tensor.shape[d] = shape[d];
    if (!cpl_safetensors_size(&tensor.bytes, dtype, rank, shape))
        return cpl_error_set(error, CPL_ERROR_INPUT, name, "impossible size of a tensor");
    CPL_TRY(cpl_memory_grow(&writer->tensor, &writer->capacity, writer->count + 1,
                            sizeof *writer->tensor, error));
    CPL_TRY(cpl_text_copy(&tensor.name, name, error));
    writer->tensor[writer->count++] = tensor;
    return CPL_OK;
}

static int compare_for_writing(const void *a, const void *b)
{
    const struct declared *x = a, *y = b;
    if (x->dtype != y->dtype)
        return x->dtype > y->dtype ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int compare_names(const void *a, const void *b)
{
    const struct declared *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* The index by name; names must differ. */
static cpl_status index_names(struct cpl_safetensors_writer *writer, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_new(&writer->by_name, writer->count, sizeof *writer->by_name, error));
    for (size_t i = 0; i < writer->count; i++)
        writer->by_name[i] = &writer->tensor[i];
    qsort(writer->by_name, writer->count, sizeof *writer->by_name, compare_names);
    for (size_t i = 1; i < writer->count; i++)
        if (compare_names(&writer->by_name[i - 1], &writer->by_name[i]) == 0)
            return cpl_error_set(error, CPL_ERROR_INTERNAL, writer->by_name[i]->name,
                                 "a tensor of this name was declared twice");
    return CPL_OK;
}

/* Sorts the tensors and gives each its place. */
static cpl_status lay_out(struct cpl_safetensors_writer *writer, struct cpl_error *error)
{
    size_t end = 0;
    if (writer->count > 0)
        qsort(writer->tensor, writer->count, sizeof *writer->tensor, compare_for_writing);
    for (size_t i = 0; i < writer->count; i++) {
        struct declared *tensor = &writer->tensor[i];
        tensor->begin = end;
        if (!cpl_size_add(&end, end, tensor->bytes))
            return cpl_error_set(error, CPL_ERROR_INPUT, tensor->name, "too much data");
    }
    return index_names(writer, error);
}

static void add_header(struct cpl_buffer *header, const struct cpl_safetensors_writer *writer)
{
    cpl_buffer_add_text(header, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; i < writer->count; i++) {
        const struct declared *tensor = &writer->tensor[i];
        cpl_buffer_add_byte(header, ',');
        cpl_buffer_add_json_string(header, tensor->name, strlen(tensor->name));
        cpl_buffer_format(header, ":{\"dtype\":\"%s\",\"shape\":[",
                          cpl_safetensors_dtype_name(tensor->dtype));
        for (int d = 0; d < tensor->rank; d++)
            cpl_buffer_format(header, "%s%" PRId64, d ? "," : "", tensor->shape[d]);
        cpl_buffer_format(header, "],\"data_offsets\":[%zu,%zu]}", tensor->begin,
                          tensor->begin + tensor->bytes);
    }
    cpl_buffer_add_byte(header, '}');
    while (header->status == CPL_OK && header->length % 8 != 0)
        cpl_buffer_add_byte(header, ' ');
}

static cpl_status put(struct cpl_safetensors_writer *writer, const void *data, size_t bytes,
                      struct cpl_error *error)
{
    if (bytes && fwrite(data, 1, bytes, writer->file.stream) != bytes)
        return cpl_error_errno(error, writer->file.path, "write");
    writer->position += bytes;
    return CPL_OK;
}

static cpl_status write_header(struct cpl_safetensors_writer *writer, struct cpl_error *error)
{
    unsigned char length[8];
    struct cpl_buffer header = {0};
    cpl_status status;
    CPL_TRY_GOTO(lay_out(writer, error));
    add_header(&header, writer);
    CPL_TRY_GOTO(cpl_buffer_check(&header, error));
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)header.length >> 8 * i);
    CPL_TRY_GOTO(put(writer, length, sizeof length, error));
    CPL_TRY_GOTO(put(writer, header.data, header.length, error));
    writer->data_begin = writer->position;
done:
    cpl_buffer_clear(&header);
    return status;
}

static struct declared *find(struct cpl_safetensors_writer *writer, const char *name)
{
    struct declared key = {.name = (char *)(uintptr_t)name}, *wanted = &key;
    struct declared **found = bsearch(&wanted, writer->by_name, writer->count,
                                      sizeof *writer->by_name, compare_names);
    return found ? *found : NULL;
}

cpl_status cpl_safetensors_writer_write(struct cpl_safetensors_writer *writer, const char *name,
                                        const void *data, size_t bytes, struct cpl_error *error)
{
    if (writer->data_begin == 0)
        CPL_TRY(write_header(writer, error));
    struct declared *tensor = find(writer, name);
    if (!tensor || bytes > tensor->bytes - tensor->written)
        return cpl_error_set(error, CPL_ERROR_INTERNAL, name,
                             "%zu bytes written to a tensor that was not declared so", bytes);
    size_t place = writer->data_begin + tensor->begin + tensor->written;
    if (place != writer->position) {
        if (fseeko(writer->file.stream, (off_t)place, SEEK_SET) != 0)
            return cpl_error_errno(error, writer->file.path, "seek in");
        writer->position = place;
    }
    CPL_TRY(put(writer, data, bytes, error));
    tensor->written += bytes;
    return CPL_OK;
}

static cpl_status check_complete(const struct cpl_safetensors_writer *writer,
                                 struct cpl_error *error)
{
    for (size_t i = 0; i < writer->count; i++)
        if (writer->tensor[i].written != writer->tensor[i].bytes)
            return cpl_error_set(error, CPL_ERROR_INTERNAL, writer->tensor[i].name,
                                 "%zu of %zu bytes were written", writer->tensor[i].written,
                                 writer->tensor[i].bytes);
    return CPL_OK;
}

static void free_writer(struct cpl_safetensors_writer *writer)
{
    for (size_t i = 0; i < writer->count; i++)
        free(writer->tensor[i].name);
    free(writer->by_name);
    free(writer->tensor);
    free(writer);
}

cpl_status cpl_safetensors_writer_commit(struct cpl_safetensors_writer *writer,
                                         struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    if (writer->data_begin == 0)
        status = write_header(writer, error);
    if (status == CPL_OK)
        status = check_complete(writer, error);
    if (status == CPL_OK)
        status = cpl_writer_commit(&writer->file, error);
    else
        cpl_writer_abandon(&writer->file);
    free_writer(writer);
    return status;
}

void cpl_safetensors_writer_abandon(struct cpl_safetensors_writer *writer)
{
    if (!writer)
        return;
    cpl_writer_abandon(&writer->file);
    free_writer(writer);
}
