/* Pieces joined as people write: see decode_reading.c. */
#ifndef CPL_TOKENIZER_DECODE_READING_H
#define CPL_TOKENIZER_DECODE_READING_H

#include "base/buffer.h"
#include <couplet/tokenizer.h>

/* What was written last; begin with {0}. */
struct cpl_reading {
    uint32_t last,
        before;   /* its last two characters; last is 0 at the start and behind a line break */
    bool special; /* it was a special token: [MASK][MASK] stand together */
};
/* Appends the piece of `id`, which is in the vocabulary, with white space before it where it belongs. */
void cpl_reading_add(struct cpl_reading *reading, const struct cpl_tokenizer *tokenizer,
                     struct cpl_buffer *out, int32_t id);

#endif
