/* What Unigram models of both kinds share: see unigram.h. */
#include "tokenizer/unigram.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cpl_viterbi_clear(struct cpl_viterbi *unigram)
{
    cpl_piece_trie_clear(&unigram->trie);
    free(unigram->score);
    *unigram = (struct cpl_viterbi){0};
}

cpl_status cpl_viterbi_build(struct cpl_viterbi *unigram, const struct cpl_pieces *pieces,
                             const uint8_t *use, const char *where, struct cpl_error *error)
{
    struct cpl_trie_piece *list = NULL;
    size_t n = 0;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&list, (size_t)pieces->count, sizeof *list, error));
    unigram->longest = 0;
    for (int32_t id = 0; id < pieces->count; id++) {
        if (!use[id])
            continue;
        size_t length = pieces->length[id];
        if (length > CPL_VITERBI_LONGEST) {
            status = cpl_error_set(error, CPL_ERROR_INPUT, where,
                                   "piece %d has %zu bytes, more than %d", (int)id, length,
                                   CPL_VITERBI_LONGEST);
            goto done;
        }
        unigram->longest = length > unigram->longest ? length : unigram->longest;
        list[n++] = (struct cpl_trie_piece){cpl_pieces_text(pieces, id), length, id};
    }
    status = cpl_piece_trie_build(&unigram->trie, list, n, error);
done:
    free(list);
    return status;
}

void cpl_viterbi_find_bytes(int32_t byte_id[256], const struct cpl_pieces *pieces)
{
    for (int byte = 0; byte < 256; byte++) {
        char text[8];
        snprintf(text, sizeof text, "<0x%02X>", byte);
        byte_id[byte] = cpl_pieces_find(pieces, text, 6);
    }
}
