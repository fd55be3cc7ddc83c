/* Normalizers that go character by character: Lowercase, StripAccents, Nmt, Strip, ByteLevel.
 *
 * Lowercase is that of Rust's standard library, without context (no final sigma), and the same as
 * BertNormalizer's; what StripAccents removes is of other tables (normalizer_unicode.h). */
#include "tokenizer/stage_mapping.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bert_characters.h"
#include "tokenizer/byte_characters.h"
#include "tokenizer/normalizer_unicode.h"
#include "tokenizer/unicode_classes.h"
#include <stdlib.h>

cpl_status cpl_work_put_text(struct cpl_work *work, const char *bytes, size_t n_bytes,
                             size_t at, bool added, struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    if (added && at == 0)
        return cpl_normal_text_add(&work->spare, bytes, n_bytes, work->origin, work->origin,
                                   error);
    size_t from = added || at == text->n_bytes ? at - 1 : at;
    return cpl_normal_text_add(&work->spare, bytes, n_bytes, text->begin[from], text->end[from],
                               error);
}

cpl_status cpl_work_put(struct cpl_work *work, uint32_t code, size_t at, bool added,
                        struct cpl_error *error)
{
    char bytes[4];
    return cpl_work_put_text(work, bytes, cpl_utf8_encode(bytes, code), at, added, error);
}

/* ---- Lowercase ------------------------------------------------------------------------------- */

enum { DOTTED_I = 0x130, DOT_ABOVE = 0x307 };

static bool is_ascii_lower(const struct cpl_normal_text *text)
{
    for (size_t i = 0; i < text->n_bytes; i++)
        if ((unsigned char)text->bytes[i] >= 0x80 ||
            (text->bytes[i] >= 'A' && text->bytes[i] <= 'Z'))
            return false;
    return true;
}

static cpl_status lowercase_apply(const void *state, struct cpl_work *work,
                                  struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    (void)state;
    if (is_ascii_lower(text))
        return CPL_OK;
    CPL_TRY(cpl_normal_text_reserve(&work->spare, text->n_bytes, error));
    for (size_t at = 0; at < text->n_bytes;) {
        size_t from = at;
        uint32_t code = cpl_utf8_next(text->bytes, &at);
        uint32_t lower = code == DOTTED_I ? 'i' : cpl_bert_lower(code);
        CPL_TRY(cpl_work_put(work, lower, from, false, error));
        if (code == DOTTED_I)
            CPL_TRY(cpl_work_put(work, DOT_ABOVE, at, true, error));
    }
    cpl_work_swap_text(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_normalizer_lowercase = {"Lowercase", cpl_stage_read_nothing,
                                                        lowercase_apply, NULL};

/* ---- what removes and replaces single characters ----------------------------------------------- */

enum { REMOVED = 0x110000 };

/* Every character becomes what `image` says, or REMOVED. */
static cpl_status map_characters(struct cpl_work *work, uint32_t (*image)(uint32_t code),
                                 struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    size_t done = 0;
    for (size_t at = 0; at < text->n_bytes;) {
        size_t from = at;
        uint32_t code = cpl_utf8_next(text->bytes, &at), becomes = image(code);
        if (becomes == code)
            continue;
        CPL_TRY(cpl_normal_text_take(&work->spare, text, done, from, error));
        if (becomes != REMOVED)
            CPL_TRY(cpl_work_put(work, becomes, from, false, error));
        done = at;
    }
    if (done == 0)
        return CPL_OK;
    CPL_TRY(cpl_normal_text_take(&work->spare, text, done, text->n_bytes, error));
    cpl_work_swap_text(work);
    return CPL_OK;
}

static uint32_t strip_accent(uint32_t code)
{
    bool accent = code >= 0x300 &&
                  cpl_code_ranges_contain(cpl_normal_accent, cpl_normal_accent_count, code);
    return accent ? REMOVED : code;
}

static cpl_status strip_accents_apply(const void *state, struct cpl_work *work,
                                      struct cpl_error *error)
{
    (void)state;
    return map_characters(work, strip_accent, error);
}

const struct cpl_stage_kind cpl_normalizer_strip_accents = {
    "StripAccents", cpl_stage_read_nothing, strip_accents_apply, NULL};

/* SentencePiece's "nmt" rules as Hugging Face's tokenizers have them: some control characters go, others
 * and invisible ones become spaces. */
static uint32_t nmt(uint32_t code)
{
    switch (code) {
    case 0x0B:
    case 0x7F:
    case 0x8F:
    case 0x9F: return REMOVED;
    case 0x09:
    case 0x0A:
    case 0x0C:
    case 0x0D:
    case 0x1680:
    case 0x200B:
    case 0x200C:
    case 0x200D:
    case 0x200E:
    case 0x200F:
    case 0x2028:
    case 0x2029:
    case 0x2581:
    case 0xFEFF:
    case 0xFFFD: return ' ';
    default: return (code >= 1 && code <= 8) || (code >= 0xE && code <= 0x1F) ? REMOVED : code;
    }
}

static cpl_status nmt_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    (void)state;
    return map_characters(work, nmt, error);
}

const struct cpl_stage_kind cpl_normalizer_nmt = {"Nmt", cpl_stage_read_nothing, nmt_apply,
                                                  NULL};

/* ---- Strip ----------------------------------------------------------------------------------- */

struct strip {
    bool left, right;
};

static cpl_status strip_read(void **state, const json_t *section, const char *where,
                             struct cpl_error *error)
{
    struct strip *strip = NULL;
    CPL_TRY(cpl_memory_new(&strip, 1, sizeof *strip, error));
    *state = strip;
    strip->left = strip->right = true;
    cpl_status status = cpl_json_get_bool(&strip->left, section, "strip_left", where, error);
    if (status == CPL_OK)
        status = cpl_json_get_bool(&strip->right, section, "strip_right", where, error);
    if (status == CPL_OK)
        return CPL_OK;
    free(strip);
    *state = NULL;
    return status;
}

static cpl_status strip_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    const struct strip *strip = state;
    const struct cpl_normal_text *text = &work->text;
    size_t begin = 0, end = text->n_bytes;
    while (strip->left && begin < end) {
        size_t next = begin;
        if (!(cpl_code_flags(cpl_utf8_next(text->bytes, &next)) & CPL_CODE_SPACE))
            break;
        begin = next;
    }
    while (strip->right && end > begin) {
        size_t before = cpl_utf8_before(text->bytes, end), at = before;
        if (!(cpl_code_flags(cpl_utf8_next(text->bytes, &at)) & CPL_CODE_SPACE))
            break;
        end = before;
    }
    if (begin == 0 && end == text->n_bytes)
        return CPL_OK;
    CPL_TRY(cpl_normal_text_take(&work->spare, text, begin, end, error));
    cpl_work_swap_text(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_normalizer_strip = {"Strip", strip_read, strip_apply, free};

/* ---- ByteLevel ------------------------------------------------------------------------------- */

/* Every byte becomes its character (byte_characters.h), from the place of the whole old one. */
static cpl_status byte_level_apply(const void *state, struct cpl_work *work,
                                   struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    (void)state;
    for (size_t at = 0; at < text->n_bytes; at++)
        CPL_TRY(
            cpl_work_put(work, cpl_byte_character((uint8_t)text->bytes[at]), at, false, error));
    cpl_work_swap_text(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_normalizer_byte_level = {"ByteLevel", cpl_stage_read_nothing,
                                                         byte_level_apply, NULL};
