/* Filling blanks with an encoder: see <couplet/generate.h>.
 *
 * A mask is one token, or (words) a word of n = 1 .. 4 tokens: then the mask is replaced by n
 * masks that are filled from left to right with a beam, each seeing the ones before it, and
 * fillings of different lengths are ranked by the geometric mean of their tokens'
 * probabilities.  A line break is never a filling, and punctuation is no word. */
#include "generate/session.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/try.h"
#include "generate/fill_words.h"
#include "tokenizer/tokenizer_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BEAM 32 /* words under consideration at each length */
#define MAX_TOP 64  /* fillings of a blank */

struct beam {
    int32_t id[CPL_FILL_TOKENS];
    double log_probability; /* of all its tokens together */
};

struct filler {
    struct cpl_session session;
    const struct cpl_fill_options *options;
    int32_t mask;
    int top;
    int32_t *ids; /* the text with its special tokens */
    size_t n_ids;
    size_t *place;    /* [n_blanks] index of each open mask in ids */
    int32_t *scratch; /* [n_ids + CPL_FILL_TOKENS] */
};

static void choose_tokens(struct filler *f)
{
    const struct cpl_tokenizer *tokenizer = f->session.tokenizer;
    cpl_session_skip(&f->session, cpl_tokenizer_special(tokenizer).newline);
    for (int32_t id = 0; f->options->words && id < cpl_tokenizer_size(tokenizer); id++)
        if (!cpl_fill_is_word_part(tokenizer, id))
            cpl_session_skip(&f->session, id);
}

/* The ids with the mask at `place` replaced by `n` tokens: those of `beam`, masks behind them.
 */
static size_t expand(struct filler *f, size_t place, const struct beam *beam, int n_filled,
                     int n)
{
    size_t count = place;
    memcpy(f->scratch, f->ids, place * sizeof *f->ids);
    for (int i = 0; i < n; i++)
        f->scratch[count++] = i < n_filled ? beam->id[i] : f->mask;
    memcpy(f->scratch + count, f->ids + place + 1, (f->n_ids - place - 1) * sizeof *f->ids);
    return count + f->n_ids - place - 1;
}

static void beam_insert(struct beam *beams, int *count, int most, const struct beam *beam)
{
    int i = *count < most ? (*count)++ : most;
    while (i > 0 && beams[i - 1].log_probability < beam->log_probability) {
        if (i < most)
            beams[i] = beams[i - 1];
        i--;
    }
    if (i < most)
        beams[i] = *beam;
}

/* The best words of exactly n tokens for one mask; *count beams, best first. */
static cpl_status beam_search(struct filler *f, size_t place, int n, struct beam *beams,
                              int *count, struct cpl_error *error)
{
    int most = n == 1 ? f->top : MAX_BEAM;
    *count = 1;
    beams[0] = (struct beam){0};
    for (int filled = 0; filled < n; filled++) {
        struct beam next[MAX_TOP];
        int n_next = 0;
        for (int b = 0; b < *count; b++) {
            float *logits = NULL;
            int32_t row = (int32_t)place + filled;
            size_t n_ids = expand(f, place, &beams[b], filled, n);
            CPL_TRY(cpl_session_logits(&f->session, &logits, f->scratch, (int64_t)n_ids, &row,
                                       1, NULL, error));
            double total = cpl_log_sum_exp(logits, f->session.vocab_size);
            if (!isfinite(total))
                return cpl_error_set(error, CPL_ERROR_NUMERIC, "fill",
                                     "the model's logits are not finite");
            struct cpl_candidate *work = f->session.work;
            int held = cpl_candidates_top(work, logits, f->session.vocab_size, f->session.skip,
                                          4 * MAX_TOP);
            for (int i = 0; i < held; i++) {
                bool allowed = filled == 0
                                   ? !f->options->words ||
                                         cpl_fill_begins_word(f->session.tokenizer, work[i].id)
                                   : cpl_fill_joins(f->session.tokenizer,
                                                    beams[b].id[filled - 1], work[i].id);
                if (!allowed)
                    continue;
                struct beam longer = beams[b];
                longer.id[filled] = work[i].id;
                longer.log_probability += work[i].score - total;
                beam_insert(next, &n_next, most, &longer);
            }
        }
        memcpy(beams, next, (size_t)n_next * sizeof *beams);
        *count = n_next;
        if (n_next == 0)
            break;
    }
    return CPL_OK;
}

static void keep_filling(const struct filler *f, struct cpl_blank *blank,
                         const struct cpl_filling *filling)
{
    int place = blank->count;
    while (place > 0 && blank->filling[place - 1].probability < filling->probability)
        place--;
    memmove(blank->filling + place + 1, blank->filling + place,
            (size_t)(blank->count - place) * sizeof *blank->filling);
    blank->filling[place] = *filling;
    blank->count++;
    if (blank->count > f->top)
        free(blank->filling[--blank->count].text);
}

static cpl_status take_filling(struct filler *f, struct cpl_blank *blank,
                               const struct beam *beam, int n, struct cpl_error *error)
{
    static const struct cpl_decode_options reading = {CPL_DECODE_READING, true};
    struct cpl_filling filling = {.n_ids = n, .probability = exp(beam->log_probability / n)};
    if (blank->count == f->top && filling.probability <= blank->filling[f->top - 1].probability)
        return CPL_OK;
    memcpy(filling.id, beam->id, sizeof filling.id);
    CPL_TRY(cpl_tokenizer_decode(f->session.tokenizer, &filling.text, NULL, beam->id, (size_t)n,
                                 &reading, error));
    cpl_fill_trim(filling.text);
    bool word = true;
    cpl_status status = CPL_OK;
    if (f->options->words)
        status = cpl_fill_is_word(&word, f->options->segmenter, filling.text, n, error);
    if (status == CPL_OK && word)
        keep_filling(f, blank, &filling);
    else
        free(filling.text);
    return status;
}

static cpl_status fill_blank(struct filler *f, struct cpl_blank *blank, size_t place,
                             struct cpl_error *error)
{
    int longest = f->options->words ? CPL_FILL_TOKENS : 1;
    for (int n = 1; n <= longest; n++) {
        if ((int64_t)f->n_ids + n - 1 > f->session.model->config.max_positions)
            break;
        struct beam beams[MAX_TOP];
        int count = 0;
        CPL_TRY(beam_search(f, place, n, beams, &count, error));
        for (int i = 0; i < count; i++)
            CPL_TRY(take_filling(f, blank, &beams[i], n, error));
    }
    return CPL_OK;
}

static cpl_status blank_init(struct cpl_blank *blank, struct filler *f, struct cpl_error *error)
{
    return cpl_memory_new(&blank->filling, (size_t)f->top + 1, sizeof *blank->filling, error);
}

static void blank_clear(struct cpl_blank *blank)
{
    for (int i = 0; i < blank->count; i++)
        free(blank->filling[i].text);
    free(blank->filling);
    blank->filling = NULL;
    blank->count = 0;
}

/* Puts the tokens of a filling where the mask was; later masks move. */
static cpl_status settle(struct filler *f, int blank, int n_blanks,
                         const struct cpl_filling *filling, struct cpl_error *error)
{
    struct beam beam = {0};
    memcpy(beam.id, filling->id, sizeof beam.id);
    size_t n_ids = expand(f, f->place[blank], &beam, filling->n_ids, filling->n_ids);
    int32_t *ids = NULL, *scratch = NULL;
    CPL_TRY(cpl_memory_new(&ids, n_ids, sizeof *ids, error));
    memcpy(ids, f->scratch, n_ids * sizeof *ids);
    free(f->ids);
    f->ids = ids;
    f->n_ids = n_ids;
    CPL_TRY(cpl_memory_new(&scratch, n_ids + CPL_FILL_TOKENS, sizeof *scratch, error));
    free(f->scratch);
    f->scratch = scratch;
    for (int i = 0; i < n_blanks; i++)
        if (f->place[i] > f->place[blank])
            f->place[i] += (size_t)filling->n_ids - 1;
    return CPL_OK;
}

/* What goes into the text: the filling behind the space with which its first token begins. */
static cpl_status choose_filling(const struct filler *f, char **chosen,
                                 const struct cpl_filling *filling, struct cpl_error *error)
{
    char first = 0;
    cpl_piece_text(f->session.tokenizer, filling->id[0], &first, 1);
    return cpl_text_format(chosen, error, "%s%s", first == ' ' ? " " : "", filling->text);
}

/* Fills all blanks one after the other, the surest first; chosen[i]: heap text of blank i. */
static cpl_status fill_all(struct filler *f, char **chosen, int n_blanks,
                           struct cpl_error *error)
{
    int top = f->top;
    f->top = 1;
    for (int round = 0; round < n_blanks; round++) {
        struct cpl_filling best = {0};
        int best_blank = -1;
        for (int i = 0; i < n_blanks; i++) {
            if (chosen[i])
                continue;
            struct cpl_blank blank = {0};
            cpl_status status = blank_init(&blank, f, error);
            if (status == CPL_OK)
                status = fill_blank(f, &blank, f->place[i], error);
            if (status == CPL_OK && blank.count > 0 &&
                (best_blank < 0 || blank.filling[0].probability > best.probability)) {
                free(best.text);
                best = blank.filling[0];
                blank.filling[0].text = NULL;
                best_blank = i;
            }
            blank_clear(&blank);
            if (status != CPL_OK) {
                free(best.text);
                return status;
            }
        }
        if (best_blank < 0)
            break;
        cpl_status status = choose_filling(f, &chosen[best_blank], &best, error);
        free(best.text);
        CPL_TRY(status);
        CPL_TRY(settle(f, best_blank, n_blanks, &best, error));
    }
    f->top = top;
    return CPL_OK;
}

static cpl_status read_text(struct filler *f, const char *text, struct cpl_fill_result *result,
                            struct cpl_error *error)
{
    struct cpl_encoding encoding = {0};
    cpl_status status;
    CPL_TRY_GOTO(cpl_tokenizer_encode_special(f->session.tokenizer, &encoding, text,
                                              strlen(text), error));
    f->n_ids = encoding.count;
    CPL_TRY_GOTO(cpl_memory_new(&f->ids, f->n_ids, sizeof *f->ids, error));
    CPL_TRY_GOTO(
        cpl_memory_new(&f->scratch, f->n_ids + CPL_FILL_TOKENS, sizeof *f->scratch, error));
    CPL_TRY_GOTO(cpl_memory_new(&f->place, f->n_ids, sizeof *f->place, error));
    CPL_TRY_GOTO(cpl_memory_new(&result->blank, f->n_ids, sizeof *result->blank, error));
    for (size_t i = 0; i < f->n_ids; i++) {
        f->ids[i] = encoding.id[i];
        if (f->ids[i] != f->mask)
            continue;
        struct cpl_blank *blank = &result->blank[result->n_blanks];
        f->place[result->n_blanks++] = i;
        blank->begin = encoding.span[i].begin;
        blank->end = encoding.span[i].end;
    }
    if (result->n_blanks == 0)
        status = cpl_error_set(error, CPL_ERROR_INPUT, "fill", "the text has no %s to fill",
                               cpl_tokenizer_piece(f->session.tokenizer, f->mask));
    else if ((int64_t)f->n_ids > f->session.model->config.max_positions)
        status = cpl_error_set(error, CPL_ERROR_INPUT, "fill",
                               "the text has %zu tokens, the model takes at most %lld",
                               f->n_ids, (long long)f->session.model->config.max_positions);
done:
    cpl_encoding_clear(&encoding);
    return status;
}

/* A space of the filling is there already at the start and behind white space. */
static const char *without_space(const struct cpl_buffer *before, const char *filling)
{
    bool spaced = before->length == 0 || strchr(" \t\n", before->data[before->length - 1]);
    return filling[0] == ' ' && spaced ? filling + 1 : filling;
}

static cpl_status write_text(struct cpl_fill_result *result, char **chosen, const char *text,
                             struct cpl_error *error)
{
    struct cpl_buffer filled = {0};
    size_t from = 0;
    for (int i = 0; i < result->n_blanks; i++) {
        cpl_buffer_add(&filled, text + from, result->blank[i].begin - from);
        cpl_buffer_add_text(&filled, chosen[i] ? without_space(&filled, chosen[i]) : "");
        from = result->blank[i].end;
    }
    cpl_buffer_add_text(&filled, text + from);
    cpl_status status = cpl_buffer_check(&filled, error);
    if (status == CPL_OK)
        status = cpl_text_copy_n(&result->text, filled.data, filled.length, error);
    cpl_buffer_clear(&filled);
    return status;
}

cpl_status cpl_fill(struct cpl_model *model, const struct cpl_tokenizer *tokenizer,
                    const struct cpl_fill_options *options, const char *text,
                    struct cpl_fill_result *result, struct cpl_error *error)
{
    *result = (struct cpl_fill_result){0};
    struct filler f = {.options = options, .top = options->top > 0 ? options->top : 5};
    f.mask = cpl_tokenizer_special(tokenizer).mask;
    if (!cpl_model_is_masked(model) || f.mask < 0)
        return cpl_error_set(
            error, CPL_ERROR_USAGE, "fill",
            "filling blanks needs an encoder and a tokenizer with a mask token");
    if (f.top > MAX_TOP)
        return cpl_error_set(error, CPL_ERROR_USAGE, "fill",
                             "at most %d fillings a blank, not %d", MAX_TOP, f.top);
    cpl_status status;
    char **chosen = NULL;
    CPL_TRY_GOTO(cpl_session_init(&f.session, model, tokenizer, error));
    choose_tokens(&f);
    CPL_TRY_GOTO(read_text(&f, text, result, error));
    CPL_TRY_GOTO(cpl_memory_new(&chosen, (size_t)result->n_blanks, sizeof *chosen, error));
    for (int i = 0; i < result->n_blanks; i++) {
        CPL_TRY_GOTO(blank_init(&result->blank[i], &f, error));
        CPL_TRY_GOTO(fill_blank(&f, &result->blank[i], f.place[i], error));
    }
    CPL_TRY_GOTO(fill_all(&f, chosen, result->n_blanks, error));
    CPL_TRY_GOTO(write_text(result, chosen, text, error));
done:
    for (int i = 0; chosen && i < result->n_blanks; i++)
        free(chosen[i]);
    free(chosen);
    free(f.ids);
    free(f.scratch);
    free(f.place);
    cpl_session_clear(&f.session);
    return status;
}

void cpl_fill_result_clear(struct cpl_fill_result *result)
{
    for (int i = 0; result->blank && i < result->n_blanks; i++)
        blank_clear(&result->blank[i]);
    free(result->blank);
    free(result->text);
    *result = (struct cpl_fill_result){0};
}
