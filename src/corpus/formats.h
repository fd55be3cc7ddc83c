/* The kinds of files that corpora are built from; see formats.def. */
#ifndef CPL_CORPUS_FORMATS_H
#define CPL_CORPUS_FORMATS_H

#include "corpus/reading.h"

enum cpl_format {
#define FORMAT(name, function, extensions, about) CPL_FORMAT_##name,
#include "corpus/formats.def"
#undef FORMAT
    CPL_FORMAT_COUNT
};

/* Reads an open file to its end and puts its documents. */
typedef cpl_status cpl_format_reader(struct cpl_reading *reading, struct cpl_error *error);
#define FORMAT(name, function, extensions, about) cpl_format_reader cpl_##function;
#include "corpus/formats.def"
#undef FORMAT

struct cpl_format_row {
    const char *name;
    cpl_format_reader *read;
    const char *extensions;
};
extern const struct cpl_format_row cpl_formats[CPL_FORMAT_COUNT];

#endif
