/* One file on its way into a corpus: lines or the whole of it, and documents out of it. */
#ifndef CPL_CORPUS_READING_H
#define CPL_CORPUS_READING_H

#include "base/buffer.h"
#include "corpus/byte_stream.h"

#include <couplet/status.h>
#include <stdbool.h>
#include <stdint.h>

enum cpl_drop {
#define DROP(name, what) CPL_DROP_##name,
#include <couplet/corpus_drops.def>
#undef DROP
    CPL_DROP_COUNT
};

enum cpl_bad_text { CPL_BAD_TEXT_REPAIR, CPL_BAD_TEXT_SKIP, CPL_BAD_TEXT_ERROR };

/* Takes a document of clean UTF-8: no control characters, LF line ends. */
typedef cpl_status cpl_document_put(void *context, const char *text, size_t length,
                                    struct cpl_error *error);

struct cpl_reading {
    /* set by the caller */
    enum cpl_bad_text on_bad_text;
    uint64_t *dropped; /* [CPL_DROP_COUNT] added to */
    cpl_document_put *put;
    void *context;
    /* of the file */
    struct cpl_byte_stream stream;
    uint64_t n_bytes;    /* read so far, unpacked */
    uint64_t n_repaired; /* bad sequences replaced */
    uint64_t line;       /* number of the line that was given last, from 1 */
    char *block;         /* [CPL_STREAM_BLOCK]; [at, length) is not given yet */
    size_t at, length;
    struct cpl_buffer line_text;
    bool line_goes_on; /* the next piece continues the line that was given last */
};

cpl_status cpl_reading_open(struct cpl_reading *reading, const char *path,
                            struct cpl_error *error);
void cpl_reading_close(struct cpl_reading *reading);

/* The next line without its LF; *line is valid until the next call and NULL at the end.  A line
 * longer than `limit` bytes comes in pieces. */
cpl_status cpl_reading_line(struct cpl_reading *reading, const char **line, size_t *length,
                            size_t limit, struct cpl_error *error);
/* Appends the whole file; CPL_ERROR_INPUT above 256 MiB. */
cpl_status cpl_reading_all(struct cpl_reading *reading, struct cpl_buffer *content,
                           struct cpl_error *error);

/* Cleans bytes of the file that begin at line `first_line` by the policy for bad text; *text is
 * heap text, or NULL when they are to be left out (which is counted). */
cpl_status cpl_reading_clean(struct cpl_reading *reading, char **text, size_t *length,
                             const char *bytes, size_t n_bytes, uint64_t first_line,
                             struct cpl_error *error);
/* Cleans and puts a document. */
cpl_status cpl_reading_put(struct cpl_reading *reading, const char *bytes, size_t n_bytes,
                           uint64_t first_line, struct cpl_error *error);
/* CPL_ERROR_INPUT that names the file and a line. */
cpl_status cpl_reading_error(const struct cpl_reading *reading, uint64_t line,
                             struct cpl_error *error, const char *what);

#endif
