/* Decomposing, ordering and composing: see normal_form.h and UAX #15; Hangul as in the Unicode
 * Standard, section 3.12.  utf8proc knows the characters, normalizer_unicode.h which of them count. */
#include "tokenizer/normal_form.h"

#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/normalizer_unicode.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { LONGEST_DECOMPOSITION = 32, FEW = 32, FIRST_ACTIVE = 0xA0 };

static bool is_active(uint32_t code)
{
    if (code < FIRST_ACTIVE || (code >= 0x3400 && code <= 0x9FFF))
        return false;
    return cpl_code_ranges_contain(cpl_normal_active, cpl_normal_active_count, code);
}

static bool is_second(uint32_t code)
{
    return code >= 0x300 &&
           cpl_code_ranges_contain(cpl_normal_second, cpl_normal_second_count, code);
}

bool cpl_form_is_inert(uint32_t code) { return !is_active(code) && !is_second(code); }

static uint8_t class_of(uint32_t code)
{
    if (!is_active(code))
        return 0;
    return (uint8_t)utf8proc_get_property((utf8proc_int32_t)code)->combining_class;
}

static size_t decompose(utf8proc_int32_t image[LONGEST_DECOMPOSITION], uint32_t code,
                        bool compatible)
{
    int last = UTF8PROC_BOUNDCLASS_START;
    image[0] = (utf8proc_int32_t)code;
    if (!is_active(code))
        return 1;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        image[0], image, LONGEST_DECOMPOSITION,
        compatible ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT : UTF8PROC_DECOMPOSE, &last);
    return n > 0 ? (size_t)n : 1;
}

bool cpl_form_is_start(uint32_t code, bool compatible)
{
    utf8proc_int32_t image[LONGEST_DECOMPOSITION];
    decompose(image, code, compatible);
    uint32_t first = (uint32_t)image[0];
    return class_of(first) == 0 && !is_second(first);
}

cpl_status cpl_form_decompose(struct cpl_form *form, uint32_t code, bool compatible,
                              struct cpl_error *error)
{
    utf8proc_int32_t image[LONGEST_DECOMPOSITION];
    size_t n = decompose(image, code, compatible);
    CPL_TRY(
        cpl_memory_grow(&form->item, &form->capacity, form->n + n, sizeof *form->item, error));
    for (size_t i = 0; i < n; i++)
        form->item[form->n++] =
            (struct cpl_form_item){(uint32_t)image[i], i > 0, class_of((uint32_t)image[i])};
    return CPL_OK;
}

/* ---- order ----------------------------------------------------------------------------------- */

static void sort_few(struct cpl_form_item *item, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct cpl_form_item moved = item[i];
        size_t at = i;
        for (; at > 0 && item[at - 1].combining_class > moved.combining_class; at--)
            item[at] = item[at - 1];
        item[at] = moved;
    }
}

/* By counting the classes. */
static void sort_many(struct cpl_form_item *item, size_t n, struct cpl_form_item *sorted)
{
    size_t begin[257] = {0};
    for (size_t i = 0; i < n; i++)
        begin[item[i].combining_class + 1]++;
    for (size_t i = 1; i < 257; i++)
        begin[i] += begin[i - 1];
    for (size_t i = 0; i < n; i++)
        sorted[begin[item[i].combining_class]++] = item[i];
    memcpy(item, sorted, n * sizeof *item);
}

cpl_status cpl_form_sort(struct cpl_form *form, struct cpl_error *error)
{
    struct cpl_form_item *item = form->item;
    for (size_t i = 0, end; i < form->n; i = end) {
        for (end = i + 1; end < form->n && item[end].combining_class != 0;)
            end++;
        size_t begin = item[i].combining_class ? i : i + 1;
        if (end - begin <= FEW) {
            sort_few(item + begin, end - begin);
            continue;
        }
        CPL_TRY(cpl_memory_grow(&form->sorted, &form->sorted_capacity, end - begin,
                                sizeof *form->sorted, error));
        sort_many(item + begin, end - begin, form->sorted);
    }
    return CPL_OK;
}

/* ---- composition ----------------------------------------------------------------------------- */

static bool compose_pair(uint32_t *composed, uint32_t first, uint32_t second)
{
    utf8proc_int32_t pair[2] = {(utf8proc_int32_t)first, (utf8proc_int32_t)second};
    if (!is_second(second) ||
        utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE) != 1)
        return false;
    *composed = (uint32_t)pair[0];
    return is_active(*composed);
}

void cpl_form_compose(struct cpl_form *form)
{
    struct cpl_form_item *item = form->item, *starter = NULL;
    size_t n = 0;
    int last_class = -1; /* of what stands between the starter and the next one; -1: nothing */
    for (size_t i = 0; i < form->n; i++) {
        struct cpl_form_item next = item[i];
        uint32_t composed;
        if (starter && last_class < next.combining_class &&
            compose_pair(&composed, starter->code, next.code)) {
            starter->code = composed;
            starter->change += next.change - 1;
            continue;
        }
        item[n] = next;
        if (next.combining_class == 0) {
            starter = &item[n];
            last_class = -1;
        } else {
            last_class = next.combining_class;
        }
        n++;
    }
    form->n = n;
}

void cpl_form_clear(struct cpl_form *form)
{
    free(form->item);
    free(form->sorted);
    *form = (struct cpl_form){0};
}
