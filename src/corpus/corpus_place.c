/* Where a corpus is put: see corpus_place.h. */
#include "corpus/corpus_place.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

cpl_status cpl_corpus_check_target(const char *directory, struct cpl_error *error)
{
    char *path = NULL;
    char **names = NULL;
    size_t n_names = 0;
    if (!cpl_file_exists(directory))
        return CPL_OK;
    if (!cpl_path_is_directory(directory))
        return cpl_error_set(error, CPL_ERROR_STATE, directory,
                             "is a file, expected a directory");
    CPL_TRY(cpl_path_join(&path, directory, "corpus.json", error));
    bool is_corpus = cpl_file_exists(path);
    free(path);
    CPL_TRY(cpl_directory_list(&names, &n_names, directory, error));
    cpl_names_free(names, n_names);
    if (is_corpus || n_names == 0)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_STATE, directory,
                         "is not a corpus and not empty, so it is not replaced");
}

cpl_status cpl_corpus_put_in_place(const char *partial, const char *directory,
                                   struct cpl_error *error)
{
    char *old = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_text_format(&old, error, "%s.old", directory));
    if (cpl_file_exists(directory)) {
        CPL_TRY_GOTO(cpl_path_remove(old, error));
        CPL_TRY_GOTO(cpl_path_rename(directory, old, error));
    }
    CPL_TRY_GOTO(cpl_path_rename(partial, directory, error));
    CPL_TRY_GOTO(cpl_path_remove(old, error));
done:
    free(old);
    return status;
}
