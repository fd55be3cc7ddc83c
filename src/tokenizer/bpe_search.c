/* Byte pair encoding without merging, a word at a time: see bpe_search.h.  The walk with its marks of
 * dead places is that of GitHub's `bpe` crate (described in its README). */
#include "tokenizer/bpe_search_pieces.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool cpl_bpe_search_crosses(const struct cpl_bpe_search *search, int32_t left, int32_t right,
                            bool below)
{
    const struct cpl_bpe_piece *piece = search->piece;
    uint32_t left_until = UINT32_MAX, right_until = UINT32_MAX;
    for (;; below = false) {
        const struct cpl_bpe_merge *merge =
            below ? NULL : cpl_bpe_pairs_find(search->pairs, left, right);
        uint32_t made = merge ? (uint32_t)merge->rank + 1 : UINT32_MAX;
        if (merge && made < left_until && made <= right_until)
            return true;
        if (piece[left].made > piece[right].made) {
            left_until = piece[left].made;
            left = piece[left].right;
        } else if (piece[right].made > 0) {
            right_until = piece[right].made;
            right = piece[right].left;
        } else {
            return false;
        }
    }
}

/* cpl_bpe_search_crosses, remembered: texts ask about the same pairs over and over. */
static bool may_follow(const struct cpl_bpe_search *search, uint64_t *known, int32_t left,
                       int32_t right)
{
    uint64_t key = ((uint64_t)left + 1) << 32 | (uint64_t)right << 1;
    uint64_t *place = &known[(key * 0x9E3779B97F4A7C15u) >> 49];
    if ((*place & ~(uint64_t)1) != key)
        *place = key | !cpl_bpe_search_crosses(search, left, right, false);
    return *place & 1;
}

static bool is_dead(const uint64_t *dead, size_t at) { return dead[at >> 6] >> (at & 63) & 1; }

/* Between words no place is dead. */
static cpl_status prepare(struct cpl_bpe_search_memory *memory, size_t length,
                          struct cpl_error *error)
{
    size_t old = memory->n_dead;
    if (!memory->known)
        CPL_TRY(cpl_memory_new(&memory->known, CPL_BPE_KNOWN, sizeof *memory->known, error));
    CPL_TRY(cpl_memory_grow(&memory->dead, &memory->n_dead, length / 64 + 1,
                            sizeof *memory->dead, error));
    if (memory->n_dead > old)
        memset(memory->dead + old, 0, (memory->n_dead - old) * sizeof *memory->dead);
    return CPL_OK;
}

static int32_t longest(const struct cpl_bpe_search *search, const char *word, size_t length)
{
    size_t matched;
    return cpl_piece_trie_longest(&search->trie, 0, word, length, &matched);
}

static cpl_status push(struct cpl_bpe_search_memory *memory, int32_t token, size_t end,
                       struct cpl_error *error)
{
    if (memory->n == memory->capacity)
        CPL_TRY(cpl_memory_grow(&memory->token, &memory->capacity, memory->n + 1,
                                sizeof *memory->token, error));
    memory->token[memory->n++] = (struct cpl_bpe_token){token, (uint32_t)end};
    return CPL_OK;
}

/* A place at which no piece begins is one that no piece reaches over either. */
static cpl_status walk(const struct cpl_bpe_search *search,
                       struct cpl_bpe_search_memory *memory, const char *word, size_t *begin,
                       size_t length, struct cpl_error *error)
{
    const struct cpl_bpe_piece *piece = search->piece;
    size_t at = *begin, first = memory->n;
    int32_t last = -1, token = longest(search, word + at, length - at);
    while (at < length && (token >= 0 || at > *begin)) {
        while (token >= 0 && (is_dead(memory->dead, at + piece[token].length) ||
                              (last >= 0 && !may_follow(search, memory->known, last, token))))
            token = piece[token].shorter;
        if (token >= 0) {
            at += piece[token].length;
            CPL_TRY(push(memory, token, at, error));
            last = token;
            token = longest(search, word + at, length - at);
            if (token < 0)
                break;
        } else {
            memory->dead[at >> 6] |= (uint64_t)1 << (at & 63);
            at -= piece[last].length;
            token = piece[last].shorter;
            memory->n--;
            last = memory->n > first ? memory->token[memory->n - 1].id : -1;
        }
    }
    *begin = at;
    return CPL_OK;
}

cpl_status cpl_bpe_search_word(const struct cpl_bpe_search *search,
                               struct cpl_bpe_search_memory *memory, const char *word,
                               size_t *at, size_t length, struct cpl_error *error)
{
    size_t begin = *at;
    assert(length < UINT32_MAX);
    CPL_TRY(prepare(memory, length, error));
    cpl_status status = walk(search, memory, word, at, length, error);
    size_t last = status == CPL_OK ? *at : length;
    memset(memory->dead + begin / 64, 0, (last / 64 - begin / 64 + 1) * sizeof *memory->dead);
    return status;
}

bool cpl_bpe_search_follows(const struct cpl_bpe_search *search,
                            struct cpl_bpe_search_memory *memory, int32_t left, int32_t right)
{
    return may_follow(search, memory->known, left, right);
}

void cpl_bpe_search_memory_clear(struct cpl_bpe_search_memory *memory)
{
    free(memory->dead);
    free(memory->known);
    free(memory->token);
    *memory = (struct cpl_bpe_search_memory){0};
}
