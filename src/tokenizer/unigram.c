/* What Unigram models of both kinds share: see unigram.h. */
#include "tokenizer/unigram.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cpl_viterbi_clear(struct cpl_viterbi *unigram)
{
    free(unigram->node);
    free(unigram->first);
    free(unigram->score);
    *unigram = (struct cpl_viterbi){0};
}

/* Nodes with scores, and the way into the trie by characters. */
static cpl_status copy_trie(struct cpl_viterbi *unigram, const struct cpl_piece_trie *trie,
                            struct cpl_error *error)
{
    CPL_TRY(cpl_memory_new(&unigram->node, trie->n_nodes, sizeof *unigram->node, error));
    CPL_TRY(cpl_memory_new(&unigram->first, CPL_VITERBI_FIRST, sizeof *unigram->first, error));
    for (size_t i = 0; i < trie->n_nodes; i++) {
        struct cpl_trie_node node = trie->node[i];
        double score = node.value >= 0 ? unigram->score[node.value] : 0;
        unigram->node[i] =
            (struct cpl_viterbi_node){node.base, node.parent, node.value, (float)score};
        unigram->wide |= (double)(float)score != score;
    }
    for (uint32_t code = 0; code < CPL_VITERBI_FIRST; code++) {
        char text[4];
        bool is_scalar = code < 0xD800 || code > 0xDFFF;
        size_t length = is_scalar ? cpl_utf8_encode(text, code) : 0;
        unigram->first[code] = is_scalar ? cpl_piece_trie_walk(trie, text, length) : -1;
    }
    return CPL_OK;
}

cpl_status cpl_viterbi_build(struct cpl_viterbi *unigram, const struct cpl_pieces *pieces,
                             const uint8_t *use, const char *where, struct cpl_error *error)
{
    struct cpl_trie_piece *list = NULL;
    struct cpl_piece_trie trie = {0};
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
    CPL_TRY_GOTO(cpl_piece_trie_build(&trie, list, n, error));
    status = copy_trie(unigram, &trie, error);
done:
    cpl_piece_trie_clear(&trie);
    free(list);
    return status;
}

int32_t cpl_viterbi_find(const struct cpl_viterbi *unigram, const char *text, size_t length)
{
    int32_t at = 0;
    for (size_t i = 0; i < length; i++) {
        int32_t child = unigram->node[at].base + (unsigned char)text[i];
        if (unigram->node[child].parent != at)
            return -1;
        at = child;
    }
    return at > 0 ? unigram->node[at].value : -1;
}

void cpl_viterbi_find_bytes(int32_t byte_id[256], const struct cpl_pieces *pieces)
{
    for (int byte = 0; byte < 256; byte++) {
        char text[8];
        snprintf(text, sizeof text, "<0x%02X>", byte);
        byte_id[byte] = cpl_pieces_find(pieces, text, 6);
    }
}
