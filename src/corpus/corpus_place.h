/* Where a corpus is put: beside what is there, and in its place when all went well. */
#ifndef CPL_CORPUS_CORPUS_PLACE_H
#define CPL_CORPUS_CORPUS_PLACE_H

#include <couplet/status.h>

/* CPL_ERROR_STATE unless `directory` is missing, empty or a corpus. */
cpl_status cpl_corpus_check_target(const char *directory, struct cpl_error *error);
/* Renames the finished directory `partial`; what was there goes last. */
cpl_status cpl_corpus_put_in_place(const char *partial, const char *directory,
                                   struct cpl_error *error);

#endif
