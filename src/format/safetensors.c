/* Reading safetensors: see safetensors.h.  The checks are those of the reference reader, in its
 * order, and two more: no duplicate keys, at most CPL_SAFETENSORS_MAX_RANK dimensions. */
#include "format/safetensors.h"

#include "base/json_file.h"
#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

#define METADATA_KEY "__metadata__"
#define LARGEST_NUMBER                                                                         \
    ((INT64_C(1) << 48) - 1) /* of a dimension or offset, by the format's schema */

static const struct {
    const char *name;
    unsigned bits;
} dtypes[CPL_SAFETENSORS_DTYPE_COUNT] = {
#define SAFETENSORS_DTYPE(name, bits) {#name, bits},
#include "format/safetensors_dtypes.def"
#undef SAFETENSORS_DTYPE
};

const char *cpl_safetensors_dtype_name(enum cpl_safetensors_dtype dtype)
{
    return dtypes[dtype].name;
}

bool cpl_safetensors_size(size_t *bytes, enum cpl_safetensors_dtype dtype, int rank,
                          const int64_t *shape)
{
    size_t bits = dtypes[dtype].bits;
    for (int d = 0; d < rank; d++)
        if (shape[d] < 0 || !cpl_size_multiply(&bits, bits, (size_t)shape[d]))
            return false;
    *bytes = bits / 8;
    return bits % 8 == 0;
}

/* A tensor's place in the file while its header is checked. */
struct extent {
    size_t begin, end;
    const char *name;
};

static int compare_extents(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static int compare_names(const void *a, const void *b)
{
    const struct cpl_safetensors_entry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static cpl_status check_metadata(const json_t *metadata, const char *where,
                                 struct cpl_error *error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, METADATA_KEY " is not an object");
    json_object_foreach ((json_t *)(uintptr_t)metadata, key, value) {
        if (!json_is_string(value))
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 METADATA_KEY " member \"%s\" is not a string", key);
    }
    return CPL_OK;
}

static bool get_number(int64_t *out, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > LARGEST_NUMBER)
        return false;
    *out = json_integer_value(value);
    return true;
}

static bool get_dtype(enum cpl_safetensors_dtype *out, const char *name)
{
    for (int i = 0; name && i < CPL_SAFETENSORS_DTYPE_COUNT; i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            *out = (enum cpl_safetensors_dtype)i;
            return true;
        }
    return false;
}

static cpl_status read_shape(struct cpl_safetensors_entry *entry, const json_t *shape,
                             const char *where, struct cpl_error *error)
{
    size_t rank = json_array_size(shape);
    if (!json_is_array(shape) || rank > CPL_SAFETENSORS_MAX_RANK)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "tensor \"%s\": shape is not a list of at most %d numbers",
                             entry->name, CPL_SAFETENSORS_MAX_RANK);
    entry->rank = (int)rank;
    for (size_t d = 0; d < rank; d++)
        if (!get_number(&entry->shape[d], json_array_get(shape, d)))
            return cpl_error_set(
                error, CPL_ERROR_INPUT, where,
                "tensor \"%s\": dimension %zu is not a number from 0 to 2^48-1", entry->name,
                d);
    return CPL_OK;
}

/* One member of the header; what it claims about its place goes to *extent. */
static cpl_status read_entry(struct cpl_safetensors_entry *entry, struct extent *extent,
                             const json_t *member, const char *where, struct cpl_error *error)
{
    if (!json_is_object(member) || json_object_size(member) != 3)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "tensor \"%s\": not an object of dtype, shape and data_offsets",
                             entry->name);
    if (!get_dtype(&entry->dtype, json_string_value(json_object_get(member, "dtype"))))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "tensor \"%s\": unknown dtype",
                             entry->name);
    CPL_TRY(read_shape(entry, json_object_get(member, "shape"), where, error));
    const json_t *offsets = json_object_get(member, "data_offsets");
    int64_t begin, end;
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !get_number(&begin, json_array_get(offsets, 0)) ||
        !get_number(&end, json_array_get(offsets, 1)) || end < begin)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "tensor \"%s\": data_offsets is not [begin, end]", entry->name);
    *extent = (struct extent){(size_t)begin, (size_t)end, entry->name};
    if (!cpl_safetensors_size(&entry->bytes, entry->dtype, entry->rank, entry->shape))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "tensor \"%s\": impossible size",
                             entry->name);
    if (entry->bytes != extent->end - extent->begin)
        return cpl_error_set(
            error, CPL_ERROR_INPUT, where,
            "tensor \"%s\": its shape needs %zu bytes, its data_offsets give %zu", entry->name,
            entry->bytes, extent->end - extent->begin);
    return CPL_OK;
}

/* Back to back from 0 to the end of the file. */
static cpl_status check_extents(struct extent *extents, size_t count, size_t data_bytes,
                                const char *where, struct cpl_error *error)
{
    size_t end = 0;
    qsort(extents, count, sizeof *extents, compare_extents);
    for (size_t i = 0; i < count; i++) {
        if (extents[i].begin != end)
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 "tensor \"%s\" begins at byte %zu of the data, expected %zu",
                                 extents[i].name, extents[i].begin, end);
        end = extents[i].end;
    }
    if (end != data_bytes)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "the header speaks of %zu bytes of data, the file has %zu", end,
                             data_bytes);
    return CPL_OK;
}

static cpl_status read_entries(struct cpl_safetensors *file, json_t *header,
                               const unsigned char *data, size_t data_bytes, const char *where,
                               struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    struct extent *extents = NULL;
    const char *name;
    json_t *member;
    size_t first = file->count, count = 0;
    size_t members = json_object_size(header);
    CPL_TRY_GOTO(cpl_memory_new(&extents, members, sizeof *extents, error));
    CPL_TRY_GOTO(cpl_memory_grow(&file->entry, &file->capacity, first + members,
                                 sizeof *file->entry, error));
    json_object_foreach (header, name, member) {
        if (strcmp(name, METADATA_KEY) == 0) {
            CPL_TRY_GOTO(check_metadata(member, where, error));
            continue;
        }
        struct cpl_safetensors_entry *entry = &file->entry[first + count];
        *entry = (struct cpl_safetensors_entry){.name = name};
        CPL_TRY_GOTO(read_entry(entry, &extents[count], member, where, error));
        if (extents[count].end > data_bytes) {
            status = cpl_error_set(error, CPL_ERROR_INPUT, where,
                                   "tensor \"%s\" ends at byte %zu of %zu", name,
                                   extents[count].end, data_bytes);
            goto done;
        }
        entry->data = data + extents[count].begin;
        count++;
    }
    CPL_TRY_GOTO(check_extents(extents, count, data_bytes, where, error));
    file->count += count;
done:
    free(extents);
    return status;
}

static size_t read_u64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return (size_t)value;
}

static cpl_status read_header(json_t **out, const unsigned char *data, size_t size,
                              const char *where, struct cpl_error *error)
{
    if (size < 8)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "not a safetensors file: %zu bytes, expected at least 8", size);
    size_t length = read_u64(data);
    if (length > CPL_SAFETENSORS_MAX_HEADER || length > size - 8)
        return cpl_error_set(
            error, CPL_ERROR_INPUT, where,
            "not a safetensors file, or cut off: header of %zu bytes in a file of "
            "%zu",
            length, size);
    if (length == 0 || data[8] != '{')
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "not a safetensors file: the header does not begin with {");
    return cpl_json_parse(out, (const char *)data + 8, length, where, 0, error);
}

/* Adds the tensors of one file's bytes; takes over the map, also on failure. */
static cpl_status add_part(struct cpl_safetensors *file, struct cpl_map map,
                           const unsigned char *data, size_t size, const char *where,
                           struct cpl_error *error)
{
    cpl_status status = cpl_memory_grow(&file->part, &file->part_capacity, file->n_parts + 1,
                                        sizeof *file->part, error);
    if (status != CPL_OK) {
        cpl_map_close(&map);
        return status;
    }
    struct cpl_safetensors_part *part = &file->part[file->n_parts++];
    *part = (struct cpl_safetensors_part){.map = map};
    CPL_TRY(read_header(&part->header, data, size, where, error));
    size_t begin = 8 + read_u64(data);
    return read_entries(file, part->header, data + begin, size - begin, where, error);
}

cpl_status cpl_safetensors_add(struct cpl_safetensors *file, const char *path,
                               struct cpl_error *error)
{
    struct cpl_map map = {0};
    CPL_TRY(cpl_map_open(&map, path, error));
    return add_part(file, map, map.data, map.size, path, error);
}

cpl_status cpl_safetensors_finish(struct cpl_safetensors *file, cpl_status status,
                                  const char *where, struct cpl_error *error)
{
    if (status == CPL_OK && file->count > 0)
        qsort(file->entry, file->count, sizeof *file->entry, compare_names);
    for (size_t i = 1; status == CPL_OK && i < file->count; i++)
        if (strcmp(file->entry[i - 1].name, file->entry[i].name) == 0)
            status = cpl_error_set(error, CPL_ERROR_INPUT, where,
                                   "tensor \"%s\" is in two files", file->entry[i].name);
    if (status != CPL_OK)
        cpl_safetensors_close(file);
    return status;
}

cpl_status cpl_safetensors_parse(struct cpl_safetensors *file, const unsigned char *data,
                                 size_t size, const char *where, struct cpl_error *error)
{
    *file = (struct cpl_safetensors){0};
    cpl_status status = add_part(file, (struct cpl_map){0}, data, size, where, error);
    return cpl_safetensors_finish(file, status, where, error);
}

cpl_status cpl_safetensors_open(struct cpl_safetensors *file, const char *path,
                                struct cpl_error *error)
{
    *file = (struct cpl_safetensors){0};
    return cpl_safetensors_finish(file, cpl_safetensors_add(file, path, error), path, error);
}

void cpl_safetensors_close(struct cpl_safetensors *file)
{
    for (size_t i = 0; i < file->n_parts; i++) {
        json_decref(file->part[i].header);
        cpl_map_close(&file->part[i].map);
    }
    free(file->part);
    free(file->entry);
    *file = (struct cpl_safetensors){0};
}

const struct cpl_safetensors_entry *cpl_safetensors_find(const struct cpl_safetensors *file,
                                                         const char *name)
{
    struct cpl_safetensors_entry key = {.name = name};
    if (file->count == 0)
        return NULL;
    return bsearch(&key, file->entry, file->count, sizeof key, compare_names);
}

int64_t cpl_safetensors_elements(const struct cpl_safetensors_entry *entry)
{
    return (int64_t)(entry->bytes * 8 / dtypes[entry->dtype].bits);
}
