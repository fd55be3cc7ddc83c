/* Base64 with padding (RFC 4648, section 4). */
#ifndef CPL_BASE_BASE64_H
#define CPL_BASE_BASE64_H

#include <couplet/status.h>
#include <stddef.h>

/* *out: heap bytes, free with free().  Anything but whole groups of the alphabet, the last one padded,
 * is CPL_ERROR_INPUT. */
cpl_status cpl_base64_decode(unsigned char **out, size_t *n_bytes, const char *text,
                             const char *where, struct cpl_error *error);
/* *out: heap text. */
cpl_status cpl_base64_encode(char **out, const unsigned char *bytes, size_t n_bytes,
                             struct cpl_error *error);

#endif
