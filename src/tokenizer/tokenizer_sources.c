/* Finding the files of a tokenizer: see tokenizer_sources.h. */
#include "tokenizer/tokenizer_sources.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>
#include <string.h>

static void drop_missing(char **path)
{
    if (cpl_file_exists(*path))
        return;
    free(*path);
    *path = NULL;
}

/* A vocabulary with its merges: both or none. */
static cpl_status find_merges(struct cpl_tokenizer_sources *sources, const char *directory,
                              const char *vocabulary, const char *merges,
                              struct cpl_error *error)
{
    if (sources->vocabulary)
        return CPL_OK;
    CPL_TRY(cpl_path_join(&sources->vocabulary, directory, vocabulary, error));
    CPL_TRY(cpl_path_join(&sources->merges, directory, merges, error));
    drop_missing(&sources->merges);
    drop_missing(&sources->vocabulary);
    if (sources->vocabulary && sources->merges)
        return CPL_OK;
    free(sources->vocabulary);
    free(sources->merges);
    sources->vocabulary = sources->merges = NULL;
    return CPL_OK;
}

static cpl_status find_only(char **path, const char *directory, struct cpl_error *error)
{
    static const char end[] = ".model";
    char **names = NULL;
    size_t n_names = 0, n_models = 0, found = 0;
    CPL_TRY(cpl_directory_list(&names, &n_names, directory, error));
    for (size_t i = 0; i < n_names; i++) {
        size_t length = strlen(names[i]);
        if (length >= strlen(end) && strcmp(names[i] + length - strlen(end), end) == 0) {
            found = i;
            n_models++;
        }
    }
    cpl_status status =
        n_models == 1 ? cpl_path_join(path, directory, names[found], error) : CPL_OK;
    cpl_names_free(names, n_names);
    return status;
}

/* *path: the .model of a directory (one of the usual names, else the only one), or NULL. */
static cpl_status find_sentencepiece(char **path, const char *directory,
                                     struct cpl_error *error)
{
    static const char *const usual[] = {"tokenizer.model", "spiece.model",
                                        "sentencepiece.bpe.model"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        CPL_TRY(cpl_path_join(path, directory, usual[i], error));
        if (cpl_file_exists(*path))
            return CPL_OK;
        free(*path);
        *path = NULL;
    }
    return find_only(path, directory, error);
}

static cpl_status find_in_directory(struct cpl_tokenizer_sources *sources,
                                    const char *directory, struct cpl_error *error)
{
    CPL_TRY(cpl_path_join(&sources->tokenizer, directory, "tokenizer.json", error));
    CPL_TRY(cpl_path_join(&sources->vocabulary, directory, "vocab.txt", error));
    drop_missing(&sources->tokenizer);
    drop_missing(&sources->vocabulary);
    if (sources->tokenizer)
        return CPL_OK;
    CPL_TRY(find_merges(sources, directory, "vocab.json", "merges.txt", error));
    CPL_TRY(find_merges(sources, directory, "encoder.json", "vocab.bpe", error));
    if (!sources->vocabulary)
        CPL_TRY(find_sentencepiece(&sources->sentencepiece, directory, error));
    if (sources->vocabulary || sources->sentencepiece)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, directory,
                         "no tokenizer here: neither tokenizer.json nor vocab.txt, nor "
                         "vocab.json and merges.txt, nor one .model");
}

/* One of two files that belong together: the other lies beside it. */
static cpl_status find_beside(struct cpl_tokenizer_sources *sources, const char *path,
                              const char *name, struct cpl_error *error)
{
    static const char *const pairs[][2] = {{"vocab.json", "merges.txt"},
                                           {"encoder.json", "vocab.bpe"}};
    char *directory = NULL;
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < 2 && status == CPL_OK; i++) {
        if (strcmp(name, pairs[i][0]) != 0 && strcmp(name, pairs[i][1]) != 0)
            continue;
        status = name > path ? cpl_text_copy_n(&directory, path, (size_t)(name - path), error)
                             : cpl_text_copy(&directory, ".", error);
        if (status == CPL_OK)
            status = find_merges(sources, directory, pairs[i][0], pairs[i][1], error);
        free(directory);
    }
    return status;
}

cpl_status cpl_tokenizer_sources_find(struct cpl_tokenizer_sources *sources, const char *path,
                                      struct cpl_error *error)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = strlen(path);
    if (cpl_path_is_directory(path)) {
        CPL_TRY(find_in_directory(sources, path, error));
        CPL_TRY(cpl_path_join(&sources->config, path, "tokenizer_config.json", error));
    } else {
        char **source = n >= 5 && strcmp(path + n - 5, ".json") == 0 ? &sources->tokenizer
                        : n >= 6 && strcmp(path + n - 6, ".model") == 0
                            ? &sources->sentencepiece
                            : &sources->vocabulary;
        CPL_TRY(find_beside(sources, path, name, error));
        if (!sources->vocabulary)
            CPL_TRY(cpl_text_copy(source, path, error));
        CPL_TRY(cpl_text_format(&sources->config, error, "%.*stokenizer_config.json",
                                (int)(name - path), path));
    }
    drop_missing(&sources->config);
    return CPL_OK;
}

void cpl_tokenizer_sources_clear(struct cpl_tokenizer_sources *sources)
{
    free(sources->tokenizer);
    free(sources->vocabulary);
    free(sources->merges);
    free(sources->sentencepiece);
    free(sources->config);
    *sources = (struct cpl_tokenizer_sources){0};
}
