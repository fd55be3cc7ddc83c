/* Set algebra on ranges: see code_set.h. */
#include "tokenizer/code_set.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>
#include <string.h>

enum { LAST_CODE = 0x10FFFF, BEFORE_SURROGATES = 0xD7FF, BEHIND_SURROGATES = 0xE000 };

static int by_first(const void *a, const void *b)
{
    uint32_t x = ((const struct cpl_code_range *)a)->first;
    uint32_t y = ((const struct cpl_code_range *)b)->first;
    return (x > y) - (x < y);
}

/* Whether the second range goes on where the first one ends (surrogates do not count). */
static bool touches(const struct cpl_code_range *one, const struct cpl_code_range *next)
{
    return next->first <= one->last + 1 ||
           (one->last == BEFORE_SURROGATES && next->first == BEHIND_SURROGATES);
}

static void merge(struct cpl_code_set *set)
{
    size_t n = 0;
    qsort(set->range, set->n, sizeof *set->range, by_first);
    for (size_t i = 0; i < set->n; i++) {
        struct cpl_code_range *last = n ? &set->range[n - 1] : NULL;
        if (!last || !touches(last, &set->range[i]))
            set->range[n++] = set->range[i];
        else if (set->range[i].last > last->last)
            last->last = set->range[i].last;
    }
    set->n = n;
}

static cpl_status append(struct cpl_code_set *set, uint32_t first, uint32_t last,
                         struct cpl_error *error)
{
    CPL_TRY(
        cpl_memory_grow(&set->range, &set->capacity, set->n + 1, sizeof *set->range, error));
    if (first > BEFORE_SURROGATES && first < BEHIND_SURROGATES)
        first = BEHIND_SURROGATES;
    if (last > BEFORE_SURROGATES && last < BEHIND_SURROGATES)
        last = BEFORE_SURROGATES;
    if (first <= last)
        set->range[set->n++] = (struct cpl_code_range){first, last};
    return CPL_OK;
}

cpl_status cpl_code_set_add(struct cpl_code_set *set, const struct cpl_code_range *ranges,
                            size_t n, struct cpl_error *error)
{
    for (size_t i = 0; i < n; i++)
        CPL_TRY(append(set, ranges[i].first, ranges[i].last, error));
    if (set->n > 0)
        merge(set);
    return CPL_OK;
}

cpl_status cpl_code_set_add_set(struct cpl_code_set *set, const struct cpl_code_set *other,
                                struct cpl_error *error)
{
    return cpl_code_set_add(set, other->range, other->n, error);
}

struct cpl_category_range cpl_category_run(size_t i)
{
    uint32_t entry = cpl_regex_categories[i], last = LAST_CODE;
    if (i + 1 < cpl_regex_categories_count)
        last = (cpl_regex_categories[i + 1] >> 5) - 1;
    if (last > BEFORE_SURROGATES && last < BEHIND_SURROGATES)
        last = BEFORE_SURROGATES;
    return (struct cpl_category_range){entry >> 5, last, entry & 31};
}

cpl_status cpl_code_set_add_categories(struct cpl_code_set *set, uint32_t categories,
                                       struct cpl_error *error)
{
    for (size_t i = 0; i < cpl_regex_categories_count; i++) {
        struct cpl_category_range run = cpl_category_run(i);
        if (categories >> run.category & 1)
            CPL_TRY(append(set, run.first, run.last, error));
    }
    if (set->n > 0)
        merge(set);
    return CPL_OK;
}

cpl_status cpl_code_set_complement(struct cpl_code_set *set, struct cpl_error *error)
{
    struct cpl_code_set other = {0};
    uint32_t next = 0;
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < set->n && status == CPL_OK; i++) {
        if (set->range[i].first > next)
            status = append(&other, next, set->range[i].first - 1, error);
        next = set->range[i].last == BEFORE_SURROGATES ? BEHIND_SURROGATES
                                                       : set->range[i].last + 1;
    }
    if (status == CPL_OK && next <= LAST_CODE)
        status = append(&other, next, LAST_CODE, error);
    free(set->range);
    *set = other;
    return status;
}

/* Without: not (not this, or that). */
cpl_status cpl_code_set_remove(struct cpl_code_set *set, const struct cpl_code_set *other,
                               struct cpl_error *error)
{
    CPL_TRY(cpl_code_set_complement(set, error));
    CPL_TRY(cpl_code_set_add_set(set, other, error));
    return cpl_code_set_complement(set, error);
}

bool cpl_code_set_covers(const struct cpl_code_set *set, uint32_t first, uint32_t last)
{
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (set->range[middle].last < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->n && set->range[low].first <= first && set->range[low].last >= last;
}

bool cpl_code_set_contains(const struct cpl_code_set *set, uint32_t code)
{
    return cpl_code_set_covers(set, code, code);
}

void cpl_code_set_clear(struct cpl_code_set *set)
{
    free(set->range);
    *set = (struct cpl_code_set){0};
}

/* ---- properties ------------------------------------------------------------------------------ */

static const struct cpl_regex_property *find_property(const char *name)
{
    for (size_t i = 0; i < cpl_regex_properties_count; i++)
        if (strcmp(cpl_regex_properties[i].name, name) == 0)
            return &cpl_regex_properties[i];
    return NULL;
}

cpl_status cpl_code_set_add_property(struct cpl_code_set *set, const char *name, size_t length,
                                     bool *known, struct cpl_error *error)
{
    char plain[40] = {0};
    struct cpl_code_set found = {0}, less = {0};
    size_t n = 0;
    *known = false;
    for (size_t i = 0; i < length; i++) {
        char letter = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
        if (letter == ' ' || letter == '-' || letter == '_')
            continue;
        if (n + 1 == sizeof plain)
            return CPL_OK;
        plain[n++] = letter;
    }
    const struct cpl_regex_property *property = find_property(plain);
    if (!property)
        return CPL_OK;
    *known = true;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_code_set_add_categories(&found, property->categories, error));
    CPL_TRY_GOTO(cpl_code_set_add(&found, property->more, property->n_more, error));
    CPL_TRY_GOTO(cpl_code_set_add(&less, property->less, property->n_less, error));
    if (less.n > 0)
        CPL_TRY_GOTO(cpl_code_set_remove(&found, &less, error));
    CPL_TRY_GOTO(cpl_code_set_add_set(set, &found, error));
done:
    cpl_code_set_clear(&found);
    cpl_code_set_clear(&less);
    return status;
}
