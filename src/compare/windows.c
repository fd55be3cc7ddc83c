/* Held-out windows and blanks: see held_out.h. */
#include "compare/held_out.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/try.h"
#include "batch/objective.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"

#include <stdlib.h>
#include <string.h>

struct cpl_special_ids cpl_side_special(const struct cpl_tokenizer *tokenizer, bool masked)
{
    const struct cpl_objective *objective = masked ? &cpl_objective_mlm : &cpl_objective_clm;
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer), around = special;
    around.cls = objective->first(&special);
    around.sep = objective->last(&special);
    return around;
}

enum { LONGEST_WORD = 256 }; /* bytes */

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

/* Chinese characters of the basic or extended planes and nothing else. */
static bool is_chinese_text(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t n = cpl_utf8_decode(&code, text + at, length - at);
        bool chinese = (code >= 0x3400 && code <= 0x4DBF) ||
                       (code >= 0x4E00 && code <= 0x9FFF) ||
                       (code >= 0x20000 && code <= 0x2FFFF);
        if (n == 0 || !chinese)
            return false;
        at += n;
    }
    return length > 0;
}

/* Whether the token goes on with a character that the token before it began. */
static bool begins_inside(const struct cpl_shard *shard, const struct cpl_tokenizer *tokenizer,
                          uint64_t place)
{
    char text[4];
    size_t n = cpl_piece_text(tokenizer, cpl_shard_id(shard, place), text, sizeof text);
    return n > 0 && ((unsigned char)text[0] & 0xC0) == 0x80;
}

/* The word at `place` when it is all Chinese and of at most CPL_BLANK_TOKENS tokens; else 0. */
static int32_t chinese_word(const struct cpl_shard *shard,
                            const struct cpl_tokenizer *tokenizer, uint64_t *place,
                            uint64_t begin, uint64_t end)
{
    while (*place > begin && (cpl_shard_flags(shard, *place) & CPL_TOKEN_CONTINUES))
        (*place)--;
    char text[LONGEST_WORD];
    size_t length = 0;
    int32_t n = 0;
    do {
        int32_t id = cpl_shard_id(shard, *place + (uint64_t)n);
        size_t more = n < CPL_BLANK_TOKENS
                          ? cpl_piece_text(tokenizer, id, text + length, sizeof text - length)
                          : 0;
        if (more == 0)
            return 0;
        length += more;
        n++;
    } while (*place + (uint64_t)n < end &&
             (cpl_shard_flags(shard, *place + (uint64_t)n) & CPL_TOKEN_CONTINUES));
    return is_chinese_text(text, length) ? n : 0;
}

/* *from moves to where a character begins. */
static cpl_status window_copy(struct cpl_windows *out, const struct cpl_shard *shard,
                              const struct cpl_tokenizer *tokenizer, uint64_t *from,
                              uint64_t to, struct cpl_error *error)
{
    struct cpl_window *window = &out->window[out->count];
    while (*from + 1 < to && begins_inside(shard, tokenizer, *from))
        ++*from;
    *window = (struct cpl_window){.count = (int32_t)(to - *from)};
    CPL_TRY(cpl_memory_new(&window->ids, (size_t)window->count, sizeof *window->ids, error));
    for (int32_t i = 0; i < window->count; i++)
        window->ids[i] = cpl_shard_id(shard, *from + (uint64_t)i);
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
        CPL_TRY(window_copy(out, shard, tokenizer, &from, to < end ? to : end, error));
        out->window[out->count - 1].blank = (int32_t)(place - from);
        out->window[out->count - 1].blank_tokens = n;
    }
    return CPL_OK;
}

cpl_status cpl_windows_text(struct cpl_windows *out, const struct cpl_shard *shard,
                            const struct cpl_tokenizer *tokenizer, int32_t wanted,
                            int32_t length, uint64_t seed, struct cpl_error *error)
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
        CPL_TRY(window_copy(out, shard, tokenizer, &place, to, error));
    }
    return CPL_OK;
}
