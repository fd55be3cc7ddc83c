/* The directory of a run: who may write it, what is in it, its links and its log. */
#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"
#include "train/training.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const own_names[] = {
    "config.yaml", "metrics.jsonl", "log.txt", "checkpoints", "latest", "best", "lock"};

static bool is_own_name(const char *name)
{
    if (strncmp(name, "bad-batch-step-", 15) == 0)
        return true;
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
        if (strcmp(name, own_names[i]) == 0)
            return true;
    return false;
}

static bool holds(const char *directory, const char *name)
{
    char *path = NULL;
    bool found = cpl_path_join(&path, directory, name, NULL) == CPL_OK && cpl_file_exists(path);
    free(path);
    return found;
}

/* A directory that holds other things and no run is not ours to write into. */
static cpl_status check_foreign(const struct cpl_train_options *options,
                                struct cpl_error *error)
{
    char **names = NULL;
    size_t count = 0;
    if (!cpl_file_exists(options->out) || options->force || holds(options->out, "config.yaml"))
        return CPL_OK;
    CPL_TRY(cpl_directory_list(&names, &count, options->out, error));
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < count && status == CPL_OK; i++)
        if (!is_own_name(names[i]))
            status = cpl_error_set(error, CPL_ERROR_STATE, options->out,
                                   "holds %s and no run; choose another --out, or --force",
                                   names[i]);
    cpl_names_free(names, count);
    return status;
}

static cpl_status remove_inside(const char *directory, const char *name,
                                struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, directory, name, error));
    cpl_status status = cpl_path_remove(path, error);
    free(path);
    return status;
}

/* All of an earlier run but the lock, which we hold. */
static cpl_status remove_run(const char *directory, struct cpl_error *error)
{
    char **names = NULL;
    size_t count = 0;
    CPL_TRY(cpl_directory_list(&names, &count, directory, error));
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < count && status == CPL_OK; i++)
        if (is_own_name(names[i]) && strcmp(names[i], "lock") != 0)
            status = remove_inside(directory, names[i], error);
    cpl_names_free(names, count);
    return status;
}

/* What a killed process has left half done. */
static cpl_status remove_partial(const struct cpl_run *run, struct cpl_error *error)
{
    char **names = NULL;
    size_t count = 0;
    CPL_TRY(cpl_directory_list(&names, &count, run->checkpoints, error));
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < count && status == CPL_OK; i++)
        if (names[i][0] == '.')
            status = remove_inside(run->checkpoints, names[i], error);
    cpl_names_free(names, count);
    return status;
}

static cpl_status open_log(struct cpl_run *run, struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, run->path, "log.txt", error));
    run->log = fopen(path, "ae");
    cpl_status status = run->log ? CPL_OK : cpl_error_errno(error, path, "open");
    free(path);
    return status;
}

static cpl_status prepare(struct cpl_run *run, bool *resume, struct cpl_error *error)
{
    const struct cpl_train_options *options = run->options;
    CPL_TRY(cpl_directory_make(run->path, error));
    CPL_TRY(cpl_lock_take(&run->lock, run->path, error));
    bool exists = holds(run->path, "config.yaml");
    if (exists && !options->resume && !options->force)
        return cpl_error_set(error, CPL_ERROR_STATE, run->path,
                             "a run is here already: --resume goes on with it, --force begins "
                             "anew");
    *resume = options->resume && holds(run->path, "latest");
    if (!*resume)
        CPL_TRY(remove_run(run->path, error));
    CPL_TRY(cpl_directory_make(run->checkpoints, error));
    CPL_TRY(remove_partial(run, error));
    return open_log(run, error);
}

cpl_status cpl_run_open(struct cpl_run *run, const struct cpl_train_options *options,
                        bool *resume, struct cpl_error *error)
{
    *run = (struct cpl_run){.options = options};
    if (!options->out || !options->out[0])
        return cpl_error_set(error, CPL_ERROR_USAGE, "--out", "is needed: the run's directory");
    CPL_TRY(check_foreign(options, error));
    CPL_TRY(cpl_text_copy(&run->path, options->out, error));
    CPL_TRY(cpl_path_join(&run->checkpoints, options->out, "checkpoints", error));
    return prepare(run, resume, error);
}

void cpl_run_close(struct cpl_run *run)
{
    if (run->metrics)
        fclose(run->metrics);
    if (run->log)
        fclose(run->log);
    cpl_lock_release(&run->lock);
    free(run->path);
    free(run->checkpoints);
    *run = (struct cpl_run){0};
}

void cpl_run_log(struct cpl_run *run, const char *text)
{
    char when[40] = "";
    time_t now = time(NULL);
    struct tm parts;
    if (!run->log)
        return;
    if (gmtime_r(&now, &parts))
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
    fprintf(run->log, "%s %s\n", when, text);
    fflush(run->log);
}

void cpl_run_say(struct cpl_run *run, const char *format, ...)
{
    char text[1200];
    va_list arguments;
    va_start(arguments, format);
    cpl_number_format(text, sizeof text, format, arguments);
    va_end(arguments);
    cpl_run_log(run, text);
    if (run->options->message)
        run->options->message(run->options->context, text);
}

/* ---- checkpoints by name ---------------------------------------------------------------- */

cpl_status cpl_run_checkpoint_path(char **path, const struct cpl_run *run, int64_t step,
                                   struct cpl_error *error)
{
    return cpl_text_format(path, error, "%s/step-%06lld", run->checkpoints, (long long)step);
}

cpl_status cpl_run_link(struct cpl_run *run, const char *name, int64_t step,
                        struct cpl_error *error)
{
    char *path = NULL, *partial = NULL, *target = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&path, run->path, name, error));
    CPL_TRY_GOTO(cpl_text_format(&partial, error, "%s/.%s.partial", run->checkpoints, name));
    CPL_TRY_GOTO(cpl_text_format(&target, error, "checkpoints/step-%06lld", (long long)step));
    unlink(partial);
    if (symlink(target, partial) != 0)
        status = cpl_error_errno(error, path, "link");
    else
        status = cpl_path_rename(partial, path, error);
done:
    free(path);
    free(partial);
    free(target);
    return status;
}

int64_t cpl_run_linked_step(const struct cpl_run *run, const char *name)
{
    char *path = NULL, target[256];
    int64_t step = -1;
    if (cpl_path_join(&path, run->path, name, NULL) != CPL_OK)
        return -1;
    ssize_t length = readlink(path, target, sizeof target - 1);
    free(path);
    if (length < 0)
        return -1;
    target[length] = '\0';
    const char *dash = strrchr(target, '-');
    return dash && cpl_number_parse_int(&step, dash + 1) ? step : -1;
}
