/* The parameter table: see parameters.h. */
#include "nn/parameters.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT_ELEMENTS 16

int cpl_parameters_add(struct cpl_parameters *parameters, enum cpl_parameter_kind kind,
                       int64_t rows, int64_t cols, int parts, const char *name_format, ...)
{
    size_t capacity = (size_t)parameters->capacity;
    if (cpl_memory_grow(&parameters->item, &capacity, (size_t)parameters->count + 1,
                        sizeof *parameters->item, NULL) != CPL_OK)
        return -1;
    parameters->capacity = (int)capacity;
    struct cpl_parameter *item = &parameters->item[parameters->count];
    *item =
        (struct cpl_parameter){.kind = kind, .parts = parts, .begin = parameters->flat_size};
    va_list arguments;
    va_start(arguments, name_format);
    vsnprintf(item->name, sizeof item->name, name_format, arguments);
    va_end(arguments);
    item->weight.value = cpl_tensor_of(NULL, rows, cols, CPL_DTYPE_f32);
    item->weight.gradient = item->weight.value;
    item->weight.version = 1;
    int64_t elements = rows * cols;
    parameters->elements += elements;
    parameters->flat_size +=
        (elements + ALIGNMENT_ELEMENTS - 1) / ALIGNMENT_ELEMENTS * ALIGNMENT_ELEMENTS;
    return parameters->count++;
}

static void connect_gradients(struct cpl_parameters *parameters)
{
    for (int i = 0; i < parameters->count; i++) {
        struct cpl_parameter *item = &parameters->item[i];
        item->weight.gradient.data = item->frozen ? NULL : parameters->gradients + item->begin;
    }
}

cpl_status cpl_parameters_allocate(struct cpl_parameters *parameters, bool gradients,
                                   struct cpl_error *error)
{
    size_t size = (size_t)parameters->flat_size;
    if (!parameters->values) {
        CPL_TRY(cpl_memory_new(&parameters->values, size, sizeof(cpl_real), error));
        for (int i = 0; i < parameters->count; i++) {
            struct cpl_parameter *item = &parameters->item[i];
            item->weight.value.data = parameters->values + item->begin;
        }
    }
    if (gradients && !parameters->gradients) {
        CPL_TRY(cpl_memory_new(&parameters->gradients, size, sizeof(cpl_real), error));
        connect_gradients(parameters);
    }
    return CPL_OK;
}

void cpl_parameters_pretend(struct cpl_parameters *parameters)
{
    for (int i = 0; i < parameters->count; i++) {
        struct cpl_weight *weight = &parameters->item[i].weight;
        weight->value.data = weight->gradient.data = (void *)(uintptr_t)ALIGNMENT_ELEMENTS;
    }
}

void cpl_parameters_clear(struct cpl_parameters *parameters)
{
    for (int i = 0; i < parameters->count; i++) {
        free(parameters->item[i].weight.forward.data);
        free(parameters->item[i].weight.backward.data);
    }
    free(parameters->item);
    free(parameters->values);
    free(parameters->gradients);
    *parameters = (struct cpl_parameters){0};
}

struct cpl_parameter *cpl_parameters_find(const struct cpl_parameters *parameters,
                                          const char *name)
{
    for (int i = 0; i < parameters->count; i++)
        if (strcmp(parameters->item[i].name, name) == 0)
            return &parameters->item[i];
    return NULL;
}

void cpl_parameters_touch(struct cpl_parameters *parameters)
{
    for (int i = 0; i < parameters->count; i++)
        parameters->item[i].weight.version++;
}
