/* Writing sets of code points as PCRE2's character classes.
 *
 * Long sets are written with PCRE2's general categories where all code points that it counts among
 * them belong to the set; what it does not know of follows as ranges, long ones first, since PCRE2
 * looks through them one by one. */
#include "base/try.h"
#include "tokenizer/regex_class.h"
#include <stdlib.h>

enum { FEW_RANGES = 8, MANY_RANGES = 64 };

static const char category_names[CPL_CATEGORIES][3] = {
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
    "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn"};

/* Categories that are wholly in the set by either of the tables. */
static uint32_t whole_categories(const struct cpl_code_set *set)
{
    uint32_t mask = (1u << CPL_CATEGORIES) - 1;
    for (size_t i = 0; i < cpl_regex_categories_count; i++) {
        struct cpl_category_range run = cpl_category_run(i);
        if ((mask >> run.category & 1) && !cpl_code_set_covers(set, run.first, run.last))
            mask &= ~(1u << run.category);
    }
    for (size_t i = 0; i < cpl_regex_older_count; i++)
        if (!cpl_code_set_covers(set, cpl_regex_older[i].first, cpl_regex_older[i].last))
            mask &= ~(1u << cpl_regex_older[i].category);
    return mask;
}

/* *rest: what PCRE2 does not find in its categories. */
static cpl_status subtract(struct cpl_code_set *rest, const struct cpl_code_set *set,
                           uint32_t mask, struct cpl_error *error)
{
    struct cpl_code_set seen = {0}, unseen = {0};
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_code_set_add_categories(&seen, mask, error));
    for (size_t i = 0; i < cpl_regex_older_count; i++) {
        struct cpl_code_range range = {cpl_regex_older[i].first, cpl_regex_older[i].last};
        if (!(mask >> cpl_regex_older[i].category & 1))
            CPL_TRY_GOTO(cpl_code_set_add(&unseen, &range, 1, error));
    }
    CPL_TRY_GOTO(cpl_code_set_remove(&seen, &unseen, error));
    CPL_TRY_GOTO(cpl_code_set_add_set(rest, set, error));
    CPL_TRY_GOTO(cpl_code_set_remove(rest, &seen, error));
done:
    cpl_code_set_clear(&seen);
    cpl_code_set_clear(&unseen);
    return status;
}

static void write_categories(struct cpl_buffer *out, uint32_t mask)
{
    static const struct {
        char name;
        uint32_t mask;
    } majors[] = {{'L', 0x1F},    {'M', 0xE0},     {'N', 0x700},
                  {'P', 0x3F800}, {'S', 0x3C0000}, {'Z', 0x1C00000}};
    for (size_t i = 0; i < sizeof majors / sizeof *majors; i++)
        if ((mask & majors[i].mask) == majors[i].mask) {
            cpl_buffer_format(out, "\\p{%c}", majors[i].name);
            mask &= ~majors[i].mask;
        }
    for (int category = 0; category < CPL_CATEGORIES; category++)
        if (mask >> category & 1)
            cpl_buffer_format(out, "\\p{%s}", category_names[category]);
}

static int by_length(const void *a, const void *b)
{
    const struct cpl_code_range *x = a, *y = b;
    uint32_t n = x->last - x->first, m = y->last - y->first;
    return n != m ? (n < m) - (n > m) : (x->first > y->first) - (x->first < y->first);
}

static void write_ranges(struct cpl_buffer *out, const struct cpl_code_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        cpl_buffer_format(out, "\\x{%x}", (unsigned)set->range[i].first);
        if (set->range[i].last > set->range[i].first)
            cpl_buffer_format(out, "-\\x{%x}", (unsigned)set->range[i].last);
    }
}

/* `set` is changed. */
static cpl_status write_class(struct cpl_buffer *out, struct cpl_code_set *set, bool properties,
                              struct cpl_error *error)
{
    struct cpl_code_set rest = {0};
    bool negated = cpl_code_set_contains(set, 0x10FFFF);
    cpl_status status = CPL_OK;
    uint32_t mask = 0;
    if (negated)
        CPL_TRY_GOTO(cpl_code_set_complement(set, error));
    if (properties && set->n > FEW_RANGES)
        mask = whole_categories(set);
    CPL_TRY_GOTO(subtract(&rest, set, mask, error));
    if (mask && rest.n > MANY_RANGES) { /* a class of ranges alone is faster for ASCII */
        mask = 0;
        rest.n = 0;
        CPL_TRY_GOTO(cpl_code_set_add_set(&rest, set, error));
    }
    qsort(rest.range, rest.n, sizeof *rest.range, by_length);
    cpl_buffer_add_text(out, negated ? "[^" : "[");
    write_categories(out, mask);
    write_ranges(out, &rest);
    cpl_buffer_add_text(out, "]");
    status = cpl_buffer_check(out, error);
done:
    cpl_code_set_clear(&rest);
    return status;
}

cpl_status cpl_regex_write_set(struct cpl_buffer *out, const struct cpl_code_set *set,
                               bool properties, struct cpl_error *error)
{
    struct cpl_code_set copy = {0};
    if (set->n == 0)
        cpl_buffer_add_text(out, "(?!)");
    else if (cpl_code_set_covers(set, 0, 0x10FFFF))
        cpl_buffer_add_text(out, "(?s:.)");
    if (set->n == 0 || cpl_code_set_covers(set, 0, 0x10FFFF))
        return cpl_buffer_check(out, error);
    cpl_status status = cpl_code_set_add_set(&copy, set, error);
    if (status == CPL_OK)
        status = write_class(out, &copy, properties, error);
    cpl_code_set_clear(&copy);
    return status;
}
