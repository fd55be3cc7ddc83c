/* Character references of HTML, &amp; &#20013; &#x4E2D;. */
#ifndef CPL_CORPUS_ENTITY_H
#define CPL_CORPUS_ENTITY_H

#include <stddef.h>
#include <stdint.h>

/* `text` begins with '&'.  Bytes of the reference and its code point; 0 if it is none, and the
 * '&' stands for itself. */
size_t cpl_entity_decode(uint32_t *code, const char *text, size_t length);

#endif
