/* Held-out windows and blanks: see held_out.h. */
#include "compare/held_out.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

void cpl_windows_clear(struct cpl_windows *windows)
{
    for (int32_t i = 0; i < windows->count; i++)
        free(windows->window[i].ids);
    free(windows->window);
    *windows = (struct cpl_windows){0};
}

/* The document of token `place`: [*begin, *end). */
static void document_around(const struct cpl_shard *shard, uint64_t place, uint64_t *begin,
                            uint64_t *end)
{
    uint64_t low = 0, high = shard->n_documents - 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (shard->document_ends[middle] > place)
            high = middle;
        else
            low = middle + 1;
    }
    *begin = low > 0 ? shard->document_ends[low - 1] : 0;
    *end = shard->document_ends[low];
}

/* One Chinese character of the basic or extended planes, three or four bytes of UTF-8. */
static bool is_chinese_token(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    const char *piece = cpl_tokenizer_piece(tokenizer, id);
    if (!piece || cpl_tokenizer_is_special(tokenizer, id))
        return false;
    const unsigned char *p = (const unsigned char *)piece;
    if (p[0] >= 0xe3 && p[0] <= 0xe9 && p[1] && p[2] && !p[3]) {
        uint32_t c = ((p[0] & 15u) << 12) | ((p[1] & 63u) << 6) | (p[2] & 63u);
        return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff);
    }
    return p[0] == 0xf0 && (p[1] & 0xf0) == 0xa0;
}

/* The word at `place` when it is all Chinese and of at most CPL_BLANK_TOKENS tokens; else 0. */
static int32_t chinese_word(const struct cpl_shard *shard,
                            const struct cpl_tokenizer *tokenizer, uint64_t *place,
                            uint64_t begin, uint64_t end)
{
    while (*place > begin && (cpl_shard_flags(shard, *place) & CPL_TOKEN_CONTINUES))
        (*place)--;
    int32_t n = 0;
    do {
        if (n == CPL_BLANK_TOKENS ||
            !is_chinese_token(tokenizer, cpl_shard_id(shard, *place + (uint64_t)n)))
            return 0;
        n++;
    } while (*place + (uint64_t)n < end &&
             (cpl_shard_flags(shard, *place + (uint64_t)n) & CPL_TOKEN_CONTINUES));
    return n;
}

static cpl_status window_copy(struct cpl_windows *out, const struct cpl_shard *shard,
                              uint64_t from, uint64_t to, struct cpl_error *error)
{
    struct cpl_window *window = &out->window[out->count];
    *window = (struct cpl_window){.count = (int32_t)(to - from)};
    CPL_TRY(cpl_memory_new(&window->ids, (size_t)(to - from), sizeof *window->ids, error));
    for (uint64_t i = from; i < to; i++)
        window->ids[i - from] = cpl_shard_id(shard, i);
    out->count++;
    return CPL_OK;
}

static cpl_status windows_new(struct cpl_windows *out, const struct cpl_shard *shard,
                              int32_t wanted, struct cpl_error *error)
{
    *out = (struct cpl_windows){0};
    if (shard->n_tokens == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, "test split",
                             "it has no tokens to measure on");
    return cpl_memory_new(&out->window, (size_t)wanted, sizeof *out->window, error);
}

cpl_status cpl_windows_blanks(struct cpl_windows *out, const struct cpl_shard *shard,
                              const struct cpl_tokenizer *tokenizer, int32_t wanted,
                              int32_t left, int32_t right, uint64_t seed,
                              struct cpl_error *error)
{
    CPL_TRY(windows_new(out, shard, wanted, error));
    struct cpl_rng_key key = {seed, CPL_RNG_EVALUATION, 0};
    /* One try in each of 4 * wanted equal stretches of the shard, until enough were found. */
    uint64_t tries = (uint64_t)wanted * 4;
    for (uint64_t i = 0; i < tries && out->count < wanted; i++) {
        uint64_t stretch = cpl_rng_permute(key, i, tries);
        uint64_t low = shard->n_tokens * stretch / tries;
        uint64_t high = shard->n_tokens * (stretch + 1) / tries;
        if (high <= low)
            continue;
        uint64_t place = low + cpl_rng_below(key, tries + i, high - low);
        uint64_t begin, end;
        document_around(shard, place, &begin, &end);
        int32_t n = chinese_word(shard, tokenizer, &place, begin, end);
        uint64_t from = place > begin + (uint64_t)left ? place - (uint64_t)left : begin;
        if (n == 0 || place - from < 4)
            continue;
        uint64_t to = place + (uint64_t)n + (uint64_t)right;
        CPL_TRY(window_copy(out, shard, from, to < end ? to : end, error));
        out->window[out->count - 1].blank = (int32_t)(place - from);
        out->window[out->count - 1].blank_tokens = n;
    }
    return CPL_OK;
}

cpl_status cpl_windows_text(struct cpl_windows *out, const struct cpl_shard *shard,
                            int32_t wanted, int32_t length, uint64_t seed,
                            struct cpl_error *error)
{
    CPL_TRY(windows_new(out, shard, wanted, error));
    struct cpl_rng_key key = {seed, CPL_RNG_EVALUATION, 1};
    for (int32_t i = 0; i < wanted; i++) {
        uint64_t low = shard->n_tokens * (uint64_t)i / (uint64_t)wanted;
        uint64_t high = shard->n_tokens * (uint64_t)(i + 1) / (uint64_t)wanted;
        if (high <= low)
            continue;
        uint64_t place = low + cpl_rng_below(key, (uint64_t)i, high - low);
        uint64_t begin, end;
        document_around(shard, place, &begin, &end);
        if (end - begin > (uint64_t)length && place > end - (uint64_t)length)
            place = end - (uint64_t)length;
        if (end - begin <= (uint64_t)length)
            place = begin;
        uint64_t to = place + (uint64_t)length < end ? place + (uint64_t)length : end;
        CPL_TRY(window_copy(out, shard, place, to, error));
    }
    return CPL_OK;
}
