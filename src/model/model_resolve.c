/* Which directory a name stands for: a model, a checkpoint, RUN (its latest) or RUN@best. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"

#include <couplet/model.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static cpl_status look_for(bool *found, const char *directory, const char *name,
                           struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, directory, name, error));
    *found = cpl_file_exists(path);
    free(path);
    return CPL_OK;
}

/* RUN/LINK as the checkpoint it points to now, so that a running training cannot exchange it
 * under a reader's hands. */
static cpl_status follow(char **out, const char *run, const char *link, struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, run, link, error));
    char target[4096];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) {
        *out = path;
        return CPL_OK;
    }
    target[length] = '\0';
    free(path);
    return target[0] == '/' ? cpl_text_copy(out, target, error)
                            : cpl_path_join(out, run, target, error);
}

static cpl_status resolve_run(char **out, const char *run, const char *link, const char *name,
                              struct cpl_error *error)
{
    bool found;
    CPL_TRY(look_for(&found, run, link, error));
    if (!found)
        return cpl_error_set(error, CPL_ERROR_INPUT, name, "the run has no %s checkpoint",
                             link);
    CPL_TRY(follow(out, run, link, error));
    cpl_status status = look_for(&found, *out, "config.json", error);
    if (status == CPL_OK && !found)
        status = cpl_error_set(error, CPL_ERROR_INPUT, *out,
                               "not a checkpoint: config.json is missing");
    if (status != CPL_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

static cpl_status resolve_directory(char **path, const char *name, struct cpl_error *error)
{
    bool found;
    CPL_TRY(look_for(&found, name, "config.json", error));
    if (found)
        return cpl_text_copy(path, name, error);
    CPL_TRY(look_for(&found, name, "latest", error));
    if (found)
        return resolve_run(path, name, "latest", name, error);
    return cpl_error_set(
        error, CPL_ERROR_INPUT, name,
        "neither a model (no config.json) nor a run with a checkpoint (no latest)");
}

/* RUN@best, RUN@latest */
static cpl_status resolve_link(char **path, const char *name, const char *at,
                               struct cpl_error *error)
{
    char *run = NULL;
    CPL_TRY(cpl_text_copy_n(&run, name, (size_t)(at - name), error));
    cpl_status status;
    if (!cpl_path_is_directory(run))
        status = cpl_error_set(error, CPL_ERROR_SYSTEM, name, "no such model or run");
    else if (strcmp(at + 1, "best") != 0 && strcmp(at + 1, "latest") != 0)
        status = cpl_error_set(error, CPL_ERROR_USAGE, name,
                               "expected @best or @latest, found %s", at);
    else
        status = resolve_run(path, run, at + 1, name, error);
    free(run);
    return status;
}

cpl_status cpl_model_resolve(char **path, const char *name, struct cpl_error *error)
{
    *path = NULL;
    if (cpl_path_is_directory(name))
        return resolve_directory(path, name, error);
    if (cpl_file_exists(name))
        return cpl_error_set(error, CPL_ERROR_INPUT, name,
                             "expected a model's directory, found a file");
    const char *at = strrchr(name, '@');
    if (!at)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, name, "no such model or run");
    return resolve_link(path, name, at, error);
}
