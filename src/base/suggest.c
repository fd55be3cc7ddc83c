/* "Did you mean": the nearest name by edit distance with transpositions (optimal string
 * alignment). */
#include <couplet/options.h>

#include <string.h>

#define MAX_LENGTH 40

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t row[3][MAX_LENGTH + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];
    if (n > MAX_LENGTH || m > MAX_LENGTH)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = smaller(replaced, smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[m];
}

const char *cpl_name_suggest(const char *const *names, size_t n_names, const char *name)
{
    const char *best = NULL;
    size_t length = strlen(name);
    size_t best_distance = length / 3 + 2; /* more edits than that are another word */
    for (size_t i = 0; i < n_names; i++) {
        if (!names[i])
            continue;
        size_t distance = edit_distance(name, names[i]);
        if (length >= 3 && strncmp(name, names[i], length) == 0)
            distance = 1; /* the beginning of it */
        if (distance < best_distance && distance < strlen(names[i])) {
            best = names[i];
            best_distance = distance;
        }
    }
    return best;
}
