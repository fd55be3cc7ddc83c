/* Opening machine, model and tokenizer: see open.h. */
#include "open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cpl_status cli_open_device(const struct cli *cli, struct cpl_device **device,
                           struct cpl_error *error)
{
    struct cpl_device_options options = {.threads = (int)cli_int(cli, threads),
                                         .isa = cli_text(cli, isa),
                                         .dtype = cli_text(cli, dtype)};
    return cpl_device_new(device, &options, error);
}

cpl_status cli_open_model(const struct cli *cli, struct cli_model *opened, const char *name,
                          struct cpl_error *error)
{
    char *directory = NULL;
    *opened = (struct cli_model){0};
    cpl_status status = cli_open_device(cli, &opened->device, error);
    if (status == CPL_OK)
        status = cpl_model_load(&opened->model, name, opened->device, error);
    if (status == CPL_OK)
        status = cpl_model_resolve(&directory, name, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_load(&opened->tokenizer, directory, error);
    free(directory);
    return status;
}

void cli_close_model(struct cli_model *opened)
{
    cpl_tokenizer_free(opened->tokenizer);
    cpl_model_free(opened->model);
    cpl_device_free(opened->device);
    *opened = (struct cli_model){0};
}

cpl_status cli_read_text(char **text, const char *path, struct cpl_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    FILE *file = standard_input ? stdin : fopen(path, "rb");
    if (!file)
        return cpl_error_errno(error, path, "read it");
    char *data = NULL;
    size_t length = 0, capacity = 0, got = 1;
    cpl_status status = CPL_OK;
    while (status == CPL_OK && got > 0) {
        if (capacity - length < 65536) {
            char *grown = realloc(data, capacity * 2 + 131072);
            if (!grown) {
                status = cpl_error_set(error, CPL_ERROR_SYSTEM, path, "out of memory");
                break;
            }
            data = grown;
            capacity = capacity * 2 + 131072;
        }
        got = fread(data + length, 1, capacity - length - 1, file);
        length += got;
    }
    if (status == CPL_OK && ferror(file))
        status = cpl_error_errno(error, path, "read it");
    if (!standard_input)
        fclose(file);
    if (status == CPL_OK && memchr(data, '\0', length))
        status = cpl_error_set(error, CPL_ERROR_INPUT, standard_input ? "standard input" : path,
                               "it holds a NUL byte; a text is expected");
    if (status != CPL_OK) {
        free(data);
        return status;
    }
    if (length > 0 && data[length - 1] == '\n')
        length--;
    data[length] = '\0';
    *text = data;
    return CPL_OK;
}
