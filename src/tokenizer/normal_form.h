/* Unicode normal forms (UAX #15) with an account of which characters became which, as Hugging Face's
 * tokenizers keep it: every character of the result carries a `change`,
 *
 *     0    it stands for the next old character
 *     1    it was added: no old character is used up
 *    -n    it stands for the next old character, and n further ones went into it
 *
 * which is counted before marks change places; so places of reordered marks are those of their rank. */
#ifndef CPL_TOKENIZER_NORMAL_FORM_H
#define CPL_TOKENIZER_NORMAL_FORM_H

#include "tokenizer/pipeline.h"

struct cpl_form_item {
    uint32_t code;
    int32_t change;
    uint8_t combining_class;
};
/* Zero value is empty; memory is reused. */
struct cpl_form {
    struct cpl_form_item *item, *sorted;
    size_t n, capacity, sorted_capacity;
};

/* Never changes in any form, nor what stands beside it. */
bool cpl_form_is_inert(uint32_t code);
/* What stands before it never mixes with it: a stretch may begin here. */
bool cpl_form_is_start(uint32_t code, bool compatible);

/* Appends the decomposition of one character. */
cpl_status cpl_form_decompose(struct cpl_form *form, uint32_t code, bool compatible,
                              struct cpl_error *error);
/* Puts marks into canonical order, in linear time. */
cpl_status cpl_form_sort(struct cpl_form *form, struct cpl_error *error);
/* Canonical composition of what is sorted. */
void cpl_form_compose(struct cpl_form *form);
void cpl_form_clear(struct cpl_form *form);

/* NFD (neither), NFC (compose), NFKD (compatible) or NFKC of the text, by way of `spare`. */
cpl_status cpl_work_normal_form(struct cpl_work *work, bool compatible, bool compose,
                                struct cpl_error *error);

#endif
