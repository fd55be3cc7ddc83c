/* Runs: what they were asked, how far they came, which checkpoints they hold. */
#include "inspect/inspect.h"

#include "base/file.h"
#include "base/json_file.h"
#include "base/memory.h"
#include "base/try.h"

#include <couplet/model.h>
#include <stdlib.h>
#include <string.h>

/* The last line that has `key`, and the last evaluation: what metrics.jsonl says in the end. */
static cpl_status add_last_line(json_t *out, const char *name, const char *key, char *text,
                                const char *path, struct cpl_error *error)
{
    char *last = NULL;
    for (char *line = text, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        char *found = strstr(line, key);
        if (end && found && found < end)
            last = line;
        end = end ? end + 1 : NULL;
    }
    if (!last)
        return CPL_OK;
    json_t *json = NULL;
    CPL_TRY(cpl_json_parse(&json, last, strcspn(last, "\n"), path, 0, error));
    json_object_set_new(out, name, json);
    return CPL_OK;
}

static cpl_status add_metrics(json_t *out, const char *directory, struct cpl_error *error)
{
    char *path = NULL, *text = NULL;
    size_t size = 0;
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "metrics.jsonl", error));
    if (!cpl_file_exists(path))
        goto done;
    CPL_TRY_GOTO(cpl_file_read(&text, &size, path, error));
    CPL_TRY_GOTO(add_last_line(out, "last_step", "\"loss\"", text, path, error));
    CPL_TRY_GOTO(add_last_line(out, "last_evaluation", "\"eval_", text, path, error));
done:
    free(text);
    free(path);
    return status;
}

static cpl_status add_checkpoints(json_t *out, const char *directory, struct cpl_error *error)
{
    char *path = NULL, **names = NULL;
    size_t count = 0;
    json_t *list = json_array();
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "checkpoints", error));
    if (cpl_path_is_directory(path))
        CPL_TRY_GOTO(cpl_directory_list(&names, &count, path, error));
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    json_object_set(out, "checkpoints", list);
done:
    cpl_names_free(names, count);
    json_decref(list);
    free(path);
    return status;
}

static void add_link(json_t *out, const char *directory, const char *link)
{
    char *name = NULL, *target = NULL;
    if (cpl_text_format(&name, NULL, "%s@%s", directory, link) == CPL_OK &&
        cpl_model_resolve(&target, name, NULL) == CPL_OK)
        json_object_set_new(out, link, json_string(target));
    free(target);
    free(name);
}

/* config.yaml as it stands. */
static cpl_status add_options(json_t *out, const char *directory, struct cpl_error *error)
{
    char *path = NULL, *text = NULL;
    size_t size = 0;
    json_t *lines = json_array();
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "config.yaml", error));
    CPL_TRY_GOTO(cpl_file_read(&text, &size, path, error));
    for (char *line = text, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        size_t length = end ? (size_t)(end - line) : strlen(line);
        if (length > 0 && *line != '#')
            json_array_append_new(lines, json_stringn(line, length));
        end = end ? end + 1 : NULL;
    }
    json_object_set(out, "options", lines);
done:
    json_decref(lines);
    free(text);
    free(path);
    return status;
}

cpl_status cpl_inspect_run(json_t *out, const char *directory, struct cpl_error *error)
{
    CPL_TRY(add_metrics(out, directory, error));
    CPL_TRY(add_checkpoints(out, directory, error));
    add_link(out, directory, "latest");
    add_link(out, directory, "best");
    return add_options(out, directory, error);
}
