/* Which pieces merging can make, and how: see bpe_search.h.
 *
 * A piece (a, b) can be made when a and b can, were made before, and no merge crosses the border
 * between them earlier. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/bpe_search_pieces.h"
#include <stdlib.h>
#include <string.h>

static int compare_ranks(const void *a, const void *b)
{
    const struct cpl_bpe_merge *one = a, *other = b;
    return (one->rank > other->rank) - (one->rank < other->rank);
}

/* The merges by rank; *sorted heap [pairs->n]. */
static cpl_status sort_merges(struct cpl_bpe_merge **sorted, const struct cpl_bpe_pairs *pairs,
                              struct cpl_error *error)
{
    size_t n = 0;
    CPL_TRY(cpl_memory_new(sorted, pairs->n, sizeof **sorted, error));
    for (size_t i = 0; i < pairs->n_slots; i++)
        if (pairs->slot[i].left >= 0)
            (*sorted)[n++] = pairs->slot[i];
    qsort(*sorted, n, sizeof **sorted, compare_ranks);
    return CPL_OK;
}

/* The text of the merged piece has to be that of its parts. */
static bool texts_agree(const struct cpl_bpe_text *text, const struct cpl_bpe_merge *merge)
{
    struct cpl_bpe_text left = text[merge->left], right = text[merge->right],
                        merged = text[merge->merged];
    return left.bytes && right.bytes && merged.bytes &&
           merged.length == left.length + right.length &&
           merged.length <= CPL_BPE_LONGEST_PIECE &&
           memcmp(merged.bytes, left.bytes, left.length) == 0 &&
           memcmp(merged.bytes + left.length, right.bytes, right.length) == 0;
}

static void make_piece(struct cpl_bpe_search *search, const struct cpl_bpe_merge *merge)
{
    struct cpl_bpe_piece *piece = search->piece, *merged = &piece[merge->merged];
    uint32_t made = (uint32_t)merge->rank + 1;
    if (merged->made != UINT32_MAX || piece[merge->left].made >= made ||
        piece[merge->right].made >= made ||
        cpl_bpe_search_crosses(search, merge->left, merge->right, true))
        return;
    merged->left = merge->left;
    merged->right = merge->right;
    merged->made = made;
}

/* A piece whose parts come late, which make_piece left out, but which merging makes nevertheless. */
static bool is_missed(const struct cpl_bpe_search *search, const struct cpl_bpe_merge *merge)
{
    const struct cpl_bpe_piece *piece = search->piece;
    return piece[merge->merged].made == UINT32_MAX && piece[merge->left].made != UINT32_MAX &&
           piece[merge->right].made != UINT32_MAX &&
           !cpl_bpe_search_crosses(search, merge->left, merge->right, true);
}

static void make_pieces(struct cpl_bpe_search *search, bool *possible,
                        const struct cpl_bpe_merge *merges, size_t n,
                        const struct cpl_bpe_text *text, const bool *symbol)
{
    for (int32_t id = 0; id < search->n_pieces; id++) {
        search->piece[id].made = symbol[id] ? 0 : UINT32_MAX;
        search->piece[id].length = text[id].length;
        search->piece[id].shorter = -1;
    }
    *possible = true;
    for (size_t i = 0; i < n && *possible; i++)
        *possible = texts_agree(text, &merges[i]) && !symbol[merges[i].merged];
    for (size_t i = 0; i < n && *possible; i++)
        make_piece(search, &merges[i]);
    for (size_t i = 0; i < n && *possible; i++)
        *possible = !is_missed(search, &merges[i]);
}

static void find_shorter(struct cpl_bpe_search *search, int32_t id, const char *text)
{
    int32_t at = 0;
    for (uint32_t i = 0; i + 1 < search->piece[id].length; i++) {
        at = cpl_piece_trie_step(&search->trie, at, (unsigned char)text[i]);
        if (search->trie.node[at].value >= 0)
            search->piece[id].shorter = search->trie.node[at].value;
    }
}

static cpl_status build_trie(struct cpl_bpe_search *search, const struct cpl_bpe_text *text,
                             struct cpl_error *error)
{
    struct cpl_trie_piece *list = NULL;
    size_t n = 0;
    CPL_TRY(cpl_memory_new(&list, (size_t)search->n_pieces, sizeof *list, error));
    for (int32_t id = 0; id < search->n_pieces; id++)
        if (search->piece[id].made != UINT32_MAX)
            list[n++] = (struct cpl_trie_piece){text[id].bytes, text[id].length, id};
    cpl_status status = cpl_piece_trie_build(&search->trie, list, n, error);
    free(list);
    for (int32_t id = 0; status == CPL_OK && id < search->n_pieces; id++)
        if (search->piece[id].made != UINT32_MAX)
            find_shorter(search, id, text[id].bytes);
    return status;
}

cpl_status cpl_bpe_search_build(struct cpl_bpe_search *search, bool *possible,
                                const struct cpl_bpe_pairs *pairs,
                                const struct cpl_bpe_text *text, const bool *symbol,
                                int32_t n_pieces, struct cpl_error *error)
{
    struct cpl_bpe_merge *merges = NULL;
    *search = (struct cpl_bpe_search){.pairs = pairs, .n_pieces = n_pieces};
    CPL_TRY(cpl_memory_new(&search->piece, (size_t)n_pieces, sizeof *search->piece, error));
    CPL_TRY(sort_merges(&merges, pairs, error));
    make_pieces(search, possible, merges, pairs->n, text, symbol);
    free(merges);
    return *possible ? build_trie(search, text, error) : CPL_OK;
}

void cpl_bpe_search_clear(struct cpl_bpe_search *search)
{
    free(search->piece);
    cpl_piece_trie_clear(&search->trie);
    *search = (struct cpl_bpe_search){0};
}
