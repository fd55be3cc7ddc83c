/* The normalizers NFC, NFD, NFKC and NFKD: see normal_form.h. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/normal_form.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/stage_mapping.h"

/* The next stretch that may change: [*begin, *end) of the text, its first character unchanged ones may
 * compose with; *begin at the end of the text if there is none. */
static void find_stretch(const struct cpl_normal_text *text, bool compatible, size_t *begin,
                         size_t *end)
{
    size_t at = *begin, before = *begin;
    while (at < text->n_bytes) {
        size_t from = at;
        if (!cpl_form_is_inert(cpl_utf8_next(text->bytes, &at))) {
            at = from;
            break;
        }
        before = from;
    }
    *begin = *end = before;
    if (at == text->n_bytes) {
        *begin = *end = at;
        return;
    }
    cpl_utf8_next(text->bytes, end);
    while (*end < text->n_bytes) {
        size_t next = *end;
        if (cpl_form_is_start(cpl_utf8_next(text->bytes, &next), compatible))
            break;
        *end = next;
    }
}

/* Appends the form's characters in the place of bytes [from, to). */
static cpl_status put_form(struct cpl_work *work, const struct cpl_form *form, size_t from,
                           size_t to, struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    size_t at = from;
    for (size_t i = 0; i < form->n; i++) {
        bool added = form->item[i].change > 0;
        CPL_TRY(cpl_work_put(work, form->item[i].code, at, added, error));
        for (int32_t used = form->item[i].change; used <= 0 && at < to; used++)
            cpl_utf8_next(text->bytes, &at);
    }
    return CPL_OK;
}

static cpl_status normalize(struct cpl_work *work, struct cpl_form *form, bool compatible,
                            bool compose, struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    for (size_t done = 0, begin = 0, end; done < text->n_bytes; done = begin = end) {
        find_stretch(text, compatible, &begin, &end);
        CPL_TRY(cpl_normal_text_take(&work->spare, text, done, begin, error));
        form->n = 0;
        for (size_t at = begin; at < end;)
            CPL_TRY(
                cpl_form_decompose(form, cpl_utf8_next(text->bytes, &at), compatible, error));
        CPL_TRY(cpl_form_sort(form, error));
        if (compose)
            cpl_form_compose(form);
        CPL_TRY(put_form(work, form, begin, end, error));
    }
    cpl_work_swap_text(work);
    return CPL_OK;
}

static bool is_inert(const struct cpl_normal_text *text)
{
    for (size_t at = 0; at < text->n_bytes;)
        if (!cpl_form_is_inert(cpl_utf8_next(text->bytes, &at)))
            return false;
    return true;
}

cpl_status cpl_work_normal_form(struct cpl_work *work, bool compatible, bool compose,
                                struct cpl_error *error)
{
    struct cpl_form form = {0};
    if (is_inert(&work->text))
        return CPL_OK;
    cpl_status status = normalize(work, &form, compatible, compose, error);
    cpl_form_clear(&form);
    return status;
}

static cpl_status nfc_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    (void)state;
    return cpl_work_normal_form(work, false, true, error);
}

static cpl_status nfd_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    (void)state;
    return cpl_work_normal_form(work, false, false, error);
}

static cpl_status nfkc_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    (void)state;
    return cpl_work_normal_form(work, true, true, error);
}

static cpl_status nfkd_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    (void)state;
    return cpl_work_normal_form(work, true, false, error);
}

const struct cpl_stage_kind cpl_normalizer_nfc = {"NFC", cpl_stage_read_nothing, nfc_apply,
                                                  NULL};
const struct cpl_stage_kind cpl_normalizer_nfd = {"NFD", cpl_stage_read_nothing, nfd_apply,
                                                  NULL};
const struct cpl_stage_kind cpl_normalizer_nfkc = {"NFKC", cpl_stage_read_nothing, nfkc_apply,
                                                   NULL};
const struct cpl_stage_kind cpl_normalizer_nfkd = {"NFKD", cpl_stage_read_nothing, nfkd_apply,
                                                   NULL};
