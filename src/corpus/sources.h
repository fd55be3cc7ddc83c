/* Which files a corpus is built from, and what kind each is. */
#ifndef CPL_CORPUS_SOURCES_H
#define CPL_CORPUS_SOURCES_H

#include "corpus/formats.h"

struct cpl_source_file {
    char *path;
    enum cpl_format format;
    size_t source; /* which of the sources it came from */
};
struct cpl_source_files {
    struct cpl_source_file *file;
    size_t count, capacity;
};

/* Lists files: a file as it is, a directory with all below it, names sorted by bytes.  In directories
 * files of no known kind, hidden ones and those reached a second time are left out and counted in
 * dropped[].  `format` CPL_FORMAT_COUNT: by name.  Errors: CPL_ERROR_SYSTEM for what is not there or
 * cannot be read. */
cpl_status cpl_source_files_list(struct cpl_source_files *files, const char *const *sources,
                                 size_t n_sources, enum cpl_format format, uint64_t *dropped,
                                 struct cpl_error *error);
void cpl_source_files_clear(struct cpl_source_files *files);

#endif
