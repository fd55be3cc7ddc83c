/* Words that no dictionary has: see word_hmm.h. */
#include "text/word_hmm.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"
#include "text/utf8.h"
#include "text/word_trie.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Stands for "impossible": far below all real weights, and 256 of it still fit 64 bits. */
static const int32_t impossible = -(1 << 30);

/* ---- reading the tables ------------------------------------------------------------------- */

/* The files are Python dictionaries, {'B': {'\u4e00': -3.65, …}, …} or {'B': -0.26, …}: a run
 * over their quoted keys and numbers is all that is needed. */
struct table_scan {
    const char *text, *end;
    const char *path;
    uint32_t outer, key; /* of the value that was found last; outer 0 on the first level */
    int depth;
};

/* 'B' or '\u4e00' at the scan's place, which moves behind it; 0 if it is neither. */
static uint32_t scan_key(struct table_scan *scan)
{
    const char *at = scan->text;
    uint32_t key = 0;
    if (scan->end - at > 8 && at[1] == '\\' && at[2] == 'u' && at[7] == '\'') {
        for (int i = 3; i < 7; i++) {
            const char *digit = strchr("0123456789abcdef", at[i]);
            if (!digit || !*digit)
                return 0;
            key = key << 4 | (uint32_t)(digit - "0123456789abcdef");
        }
        scan->text = at + 8;
    } else if (scan->end - at > 3 && at[2] == '\'') {
        key = (unsigned char)at[1];
        scan->text = at + 3;
    }
    return key;
}

static bool scan_number(struct table_scan *scan, int32_t *weight)
{
    char number[40];
    size_t n = 0;
    while (scan->text < scan->end && n + 1 < sizeof number &&
           strchr("+-.0123456789eE", *scan->text))
        number[n++] = *scan->text++;
    number[n] = 0;
    double value;
    if (!cpl_number_parse_real(&value, number))
        return false;
    *weight = value < -1000 ? impossible : (int32_t)lrint(value * (1 << CPL_WEIGHT_BITS));
    return true;
}

/* Moves to the next number; false at the end or, with *bad set, where the text is something
 * else. */
static bool scan_value(struct table_scan *scan, int32_t *weight, bool *bad)
{
    while (scan->text < scan->end) {
        char c = *scan->text;
        if (c == '\'') {
            scan->key = scan_key(scan);
            *bad = scan->key == 0;
            if (*bad)
                return false;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            *bad = !scan_number(scan, weight);
            return !*bad;
        } else {
            if (c == '{' && ++scan->depth == 2)
                scan->outer = scan->key;
            if (c == '}')
                scan->depth--;
            scan->text++;
        }
    }
    return false;
}

static int place_of(uint32_t letter)
{
    static const char letters[] = "BMES";
    const char *found = letter && letter < 128 ? strchr(letters, (int)letter) : NULL;
    return found ? (int)(found - letters) : -1;
}

static bool store_value(struct cpl_word_hmm *hmm, const struct table_scan *scan, int32_t weight)
{
    int outer = place_of(scan->outer);
    int place = place_of(scan->key);
    if (scan->outer == 0 && place >= 0)
        hmm->start[place] = weight;
    else if (outer >= 0 && place >= 0)
        hmm->change[outer][place] = weight;
    else if (outer >= 0 && cpl_word_hmm_knows(scan->key))
        hmm->emit[scan->key - CPL_HMM_FIRST][outer] = weight;
    return outer >= 0 || place >= 0;
}

static cpl_status read_table(struct cpl_word_hmm *hmm, uint64_t *hash, const char *path,
                             struct cpl_error *error)
{
    struct cpl_map map = {0};
    CPL_TRY(cpl_map_open(&map, path, error));
    *hash = XXH64(map.data, map.size, *hash);
    const char *text = (const char *)map.data;
    const char *open = map.size ? memchr(text, '{', map.size) : NULL;
    struct table_scan scan = {.text = open ? open : text, .end = text + map.size, .path = path};
    int32_t weight = 0;
    bool bad = open == NULL;
    while (!bad && scan_value(&scan, &weight, &bad))
        bad = !store_value(hmm, &scan, weight);
    size_t offset = (size_t)(scan.text - text);
    cpl_map_close(&map);
    if (bad)
        return cpl_error_set(
            error, CPL_ERROR_INPUT, path,
            "expected a table of log probabilities, found something else at byte %zu", offset);
    return CPL_OK;
}

static cpl_status hmm_init(struct cpl_word_hmm *hmm, struct cpl_error *error)
{
    *hmm = (struct cpl_word_hmm){.is_there = true};
    CPL_TRY(cpl_memory_new(&hmm->emit, CPL_HMM_CODES, sizeof *hmm->emit, error));
    for (int i = 0; i < CPL_PLACES; i++) {
        hmm->start[i] = impossible;
        for (int j = 0; j < CPL_PLACES; j++)
            hmm->change[i][j] = impossible;
        for (int code = 0; code < CPL_HMM_CODES; code++)
            hmm->emit[code][i] = impossible;
    }
    return CPL_OK;
}

cpl_status cpl_word_hmm_load(struct cpl_word_hmm *hmm, uint64_t *hash, const char *dictionary,
                             struct cpl_error *error)
{
    static const char *const names[] = {"prob_start.py", "prob_trans.py", "prob_emit.py"};
    const char *slash = strrchr(dictionary, '/');
    int directory_length = slash ? (int)(slash - dictionary) : 1;
    cpl_status status = CPL_OK;
    char *path = NULL;
    *hmm = (struct cpl_word_hmm){0};
    for (size_t i = 0; i < 3; i++) {
        CPL_TRY_GOTO(cpl_text_format(&path, error, "%.*s/finalseg/%s", directory_length,
                                     slash ? dictionary : ".", names[i]));
        if (i == 0 && !cpl_file_exists(path))
            goto done;
        if (i == 0)
            CPL_TRY_GOTO(hmm_init(hmm, error));
        CPL_TRY_GOTO(read_table(hmm, hash, path, error));
        free(path);
        path = NULL;
    }
done:
    free(path);
    if (status != CPL_OK)
        cpl_word_hmm_clear(hmm);
    return status;
}

void cpl_word_hmm_clear(struct cpl_word_hmm *hmm)
{
    free(hmm->emit);
    *hmm = (struct cpl_word_hmm){0};
}

/* ---- cutting ------------------------------------------------------------------------------ */

/* Viterbi: score[y] = max over x of score_before[x] + change[x][y], plus what y emits. */
static void advance(const struct cpl_word_hmm *hmm, int64_t score[CPL_PLACES],
                    unsigned char from[CPL_PLACES], uint32_t code)
{
    int64_t before[CPL_PLACES];
    memcpy(before, score, sizeof before);
    for (int y = 0; y < CPL_PLACES; y++) {
        int best = 0;
        for (int x = 1; x < CPL_PLACES; x++)
            if (before[x] + hmm->change[x][y] > before[best] + hmm->change[best][y])
                best = x;
        from[y] = (unsigned char)best;
        score[y] = before[best] + hmm->change[best][y] + hmm->emit[code - CPL_HMM_FIRST][y];
    }
}

cpl_status cpl_word_hmm_cut(const struct cpl_word_hmm *hmm, struct cpl_spans *words,
                            const char *text, size_t begin, size_t end, struct cpl_error *error)
{
    unsigned char from[CPL_HMM_RUN][CPL_PLACES];
    size_t ends[CPL_HMM_RUN];
    int64_t score[CPL_PLACES] = {0};
    size_t n = 0;
    for (size_t at = begin; at < end && n < CPL_HMM_RUN; n++) {
        uint32_t code = cpl_utf8_next(text, &at);
        ends[n] = at;
        if (n == 0)
            for (int y = 0; y < CPL_PLACES; y++)
                score[y] = (int64_t)hmm->start[y] + hmm->emit[code - CPL_HMM_FIRST][y];
        else
            advance(hmm, score, from[n], code);
    }
    bool ends_word[CPL_HMM_RUN];
    int place =
        score[CPL_PLACE_END] > score[CPL_PLACE_SINGLE] ? CPL_PLACE_END : CPL_PLACE_SINGLE;
    for (size_t i = n; i-- > 0;) {
        ends_word[i] = place == CPL_PLACE_END || place == CPL_PLACE_SINGLE;
        place = i > 0 ? from[i][place] : place;
    }
    for (size_t i = 0; i < n; i++) {
        if (!ends_word[i])
            continue;
        CPL_TRY(cpl_spans_add(words, begin, ends[i], error));
        begin = ends[i];
    }
    return CPL_OK;
}
