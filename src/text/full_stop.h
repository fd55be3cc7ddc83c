/* Whether an ASCII full stop ends a sentence. */
#ifndef CPL_TEXT_FULL_STOP_H
#define CPL_TEXT_FULL_STOP_H

#include <stdbool.h>
#include <stddef.h>

/* text[dot] is the first of a run of full stops, `after` the place behind the run and the
 * closing quotes and brackets that follow it.  Valid UTF-8. */
bool cpl_full_stop_ends(const char *text, size_t length, size_t dot, size_t after);

#endif
