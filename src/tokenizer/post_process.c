/* Truncation and trimmed spans, as Hugging Face's tokenizers (0.23) apply them between model and
 * post-processor: see tokenizer_model.h. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"
#include <string.h>

/* ---- truncation ------------------------------------------------------------------------------ */

/* What is kept of two texts of n[0] and n[1] tokens, as Hugging Face's truncate_encodings does. */
static cpl_status fit(size_t kept[2], const size_t n[2], size_t room, bool pair,
                      enum cpl_truncation truncation, struct cpl_error *error)
{
    size_t total = n[0] + n[1];
    kept[0] = n[0];
    kept[1] = n[1];
    if (total <= room)
        return CPL_OK;
    size_t k = truncation == CPL_TRUNCATE_SECOND;
    if (room == 0) {
        kept[0] = kept[1] = 0;
    } else if (truncation != CPL_TRUNCATE_LONGEST || !pair) {
        if (truncation != CPL_TRUNCATE_LONGEST && (n[k] <= total - room || (k && !pair)))
            return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                                 "the %s text is too short to leave out %zu of its tokens",
                                 k ? "second" : "first", total - room);
        kept[k] = n[k] - (total - room);
    } else {
        size_t shorter = n[0] > n[1], longer = !shorter;
        if (n[shorter] <= room - n[shorter] && n[shorter] <= room) {
            kept[longer] = room - n[shorter];
        } else {
            kept[shorter] = room / 2;
            kept[longer] = room / 2 + room % 2;
        }
    }
    return CPL_OK;
}

cpl_status cpl_layout_truncate(const struct cpl_post_processor *processor,
                               const struct cpl_template *plan, struct cpl_layout *layout,
                               struct cpl_encoding *encoding,
                               const struct cpl_encode_options *options, bool pair,
                               struct cpl_error *error)
{
    size_t n[2] = {0, 0}, kept[2], count = 0;
    size_t added = options->special ? processor->n_added[pair] : 0;
    if (options->max_length < added)
        return cpl_error_set(error, CPL_ERROR_USAGE, NULL,
                             "%zu tokens leave no room for the %zu special ones",
                             options->max_length, added);
    for (size_t i = 0; i < plan->n; i++)
        if (plan->item[i].id < 0)
            n[plan->item[i].id == CPL_TEMPLATE_SECOND] = layout->end[i] - layout->begin[i];
    CPL_TRY(fit(kept, n, options->max_length - added, pair, options->truncation, error));
    for (size_t i = 0; i < plan->n; i++) {
        size_t begin = layout->begin[i], length = layout->end[i] - begin;
        size_t most = plan->item[i].id < 0 ? kept[plan->item[i].id == CPL_TEMPLATE_SECOND] : 1;
        size_t taken = length < most ? length : most;
        if (options->truncate_left)
            begin = layout->end[i] - taken;
        if (taken > 0) {
            memmove(encoding->id + count, encoding->id + begin, taken * sizeof *encoding->id);
            memmove(encoding->span + count, encoding->span + begin,
                    taken * sizeof *encoding->span);
        }
        layout->begin[i] = count;
        layout->end[i] = count += taken;
    }
    encoding->count = count;
    return CPL_OK;
}

/* ---- spans without the white space of pieces --------------------------------------------------- */

/* A byte-level space, or white space. */
static bool is_trimmed(uint32_t code) { return code == 0x120 || cpl_code_is_space(code); }

/* Characters that are left out at both ends of a token's text. */
static void count_trimmed(size_t *leading, size_t *trailing, const char *text, size_t length)
{
    *leading = *trailing = 0;
    for (size_t at = 0; at < length && is_trimmed(cpl_utf8_next(text, &at));)
        ++*leading;
    for (size_t at = length; at > 0; ++*trailing) {
        size_t begin = cpl_utf8_before(text, at), next = begin;
        if (!is_trimmed(cpl_utf8_next(text, &next)))
            break;
        at = begin;
    }
}

static void trim_span(struct cpl_span *span, const char *text, size_t leading, size_t trailing)
{
    for (size_t at = span->begin; leading > 0 && span->begin < span->end; leading--) {
        cpl_utf8_next(text, &at);
        span->begin = at < span->end ? at : span->end;
    }
    size_t end = span->end;
    for (; trailing > 0 && end > 0; trailing--)
        end = cpl_utf8_before(text, end);
    if (trailing == 0)
        span->end = end > span->begin ? end : span->begin;
}

/* Whether an added token was found in the text, which may also be the model's unknown token; it may
 * have taken white space along. */
static bool was_found(const char *text, size_t length, const char *content)
{
    size_t n = strlen(content);
    for (size_t at = 0; n <= length - at;) {
        if (memcmp(text + at, content, n) == 0)
            return true;
        if (at == length || !cpl_code_is_space(cpl_utf8_next(text, &at)))
            return false;
    }
    return false;
}

/* A token's text is its piece; an added token's is what was found, with the white space around it. */
void cpl_span_trim(const struct cpl_tokenizer *tokenizer, int32_t id, struct cpl_span *span,
                   bool first, const char *text)
{
    const struct cpl_post_processor *processor = &tokenizer->processor;
    const char *piece = cpl_tokenizer_piece(tokenizer, id);
    size_t length = tokenizer->pieces.length[id], width = span->end - span->begin;
    size_t leading, trailing;
    if ((tokenizer->flags[id] & CPL_PIECE_ADDED) &&
        was_found(text + span->begin, width, piece)) {
        piece = text + span->begin;
        length = width;
    }
    count_trimmed(&leading, &trailing, piece, length);
    for (size_t t = 0; t < processor->n_trims && leading + trailing > 0; t++) {
        bool put = processor->trim_prefixed[t] && leading == 1 && (first || span->begin == 0);
        trim_span(span, text, put ? 0 : leading, trailing);
    }
}
