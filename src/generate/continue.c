/* Continuing a text with a decoder: see <couplet/generate.h>.
 *
 *     [bos] prompt ----prefill----> logits -> sample -> feed one token -> logits -> sample ...
 *
 * When the key/value cache is full, generation goes on from the second half of what it holds.
 */
#include "generate/session.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/try.h"

#include "tokenizer/tokenizer_model.h"
#include <couplet/measure.h>
#include <stdlib.h>
#include <string.h>

struct continuation {
    struct cpl_session session;
    struct cpl_kv_cache *cache;
    const struct cpl_generate_options *options;
    int32_t *ids; /* begin token, prompt, new tokens */
    size_t n_ids, capacity;
    size_t n_prompt;    /* ids before the first new one */
    size_t fed;         /* ids that are in the cache, from `window` on */
    int32_t begin, end; /* special tokens; -1: none */
    struct cpl_decode_stream *decoding;
    size_t n_prompt_text; /* bytes still to come that belong to the prompt */
    struct cpl_buffer text;
    size_t searched; /* bytes of text in which `stop` does not begin */
    size_t streamed; /* bytes of text already given to the stream */
    bool stopped;    /* `stop` was found */
    bool refused;    /* the stream wants no more */
};

static cpl_status check_options(const struct cpl_model *model,
                                const struct cpl_generate_options *options,
                                struct cpl_error *error)
{
    if (cpl_model_is_masked(model))
        return cpl_error_set(
            error, CPL_ERROR_USAGE, "generate",
            "a %s model sees both sides and cannot continue a text; use a decoder",
            cpl_model_family(model));
    if (!(options->temperature >= 0) || !(options->top_p >= 0) || options->top_k < 0 ||
        options->max_tokens < 0 || !(options->repetition_penalty >= 0))
        return cpl_error_set(
            error, CPL_ERROR_USAGE, "generate",
            "temperature, top-k, top-p, penalty and max-tokens cannot be negative");
    return CPL_OK;
}

static cpl_status append_id(struct continuation *c, int32_t id, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&c->ids, &c->capacity, c->n_ids + 1, sizeof *c->ids, error));
    c->ids[c->n_ids++] = id;
    return CPL_OK;
}

/* Where pieces hold white space, the first new one is read as what follows the prompt: the prompt
 * goes through the decoding, too, and its text is dropped. */
static cpl_status begin_decoding(struct continuation *c, struct cpl_error *error)
{
    static const struct cpl_decode_options reading = {CPL_DECODE_READING, true};
    const struct cpl_tokenizer *tokenizer = c->session.tokenizer;
    CPL_TRY(cpl_decode_stream_new(&c->decoding, tokenizer, &reading, error));
    if (!cpl_tokenizer_keeps_space(tokenizer))
        return CPL_OK;
    char *prompt = NULL;
    CPL_TRY(cpl_tokenizer_decode(tokenizer, &prompt, &c->n_prompt_text, c->ids, c->n_ids,
                                 &reading, error));
    free(prompt);
    for (size_t i = 0; i < c->n_ids; i++) {
        const char *piece;
        size_t length;
        CPL_TRY(cpl_decode_stream_take(c->decoding, c->ids[i], &piece, &length, error));
        c->n_prompt_text -= length < c->n_prompt_text ? length : c->n_prompt_text;
    }
    return CPL_OK;
}

static cpl_status begin_text(struct continuation *c, const char *prompt,
                             struct cpl_error *error)
{
    struct cpl_special_ids special = cpl_tokenizer_special(c->session.tokenizer);
    c->begin = special.bos >= 0 ? special.bos : special.cls;
    c->end = special.eos >= 0 ? special.eos : special.sep;
    if (c->end >= 0)
        c->session.skip[c->end] = 0;
    if (c->begin >= 0)
        CPL_TRY(append_id(c, c->begin, error));
    struct cpl_encoding encoding = {0};
    cpl_status status =
        cpl_tokenizer_encode(c->session.tokenizer, &encoding, prompt, strlen(prompt), error);
    for (size_t i = 0; status == CPL_OK && i < encoding.count; i++)
        status = append_id(c, encoding.id[i], error);
    cpl_encoding_clear(&encoding);
    CPL_TRY(status);
    if (c->n_ids == 0)
        return cpl_error_set(error, CPL_ERROR_USAGE, "generate",
                             "an empty prompt needs a tokenizer with a begin token");
    c->n_prompt = c->n_ids;
    return begin_decoding(c, error);
}

/* Feeds what the cache does not hold yet; *logits [V] of the last token. */
static cpl_status feed(struct continuation *c, float **logits, struct cpl_error *error)
{
    size_t capacity = (size_t)c->cache->capacity;
    size_t waiting = c->n_ids - c->fed;
    const int32_t *ids = c->ids + c->fed;
    int32_t *window = NULL;
    cpl_status status = CPL_OK;
    if ((size_t)c->cache->length[0] + waiting > capacity) {
        /* Full, so there are more ids than fit: the last half of a window, behind the begin token
         * where both have room. */
        size_t tail = capacity > 1 ? capacity / 2 : 1;
        CPL_TRY(cpl_memory_new(&window, tail + 1, sizeof *window, error));
        size_t n = 0;
        if (c->begin >= 0 && tail < capacity)
            window[n++] = c->begin;
        memcpy(window + n, c->ids + c->n_ids - tail, tail * sizeof *window);
        waiting = n + tail;
        ids = window;
        c->cache->length[0] = 0;
    }
    int32_t last = (int32_t)waiting - 1;
    status = cpl_session_logits(&c->session, logits, ids, (int64_t)waiting, &last, 1, c->cache,
                                error);
    c->fed = c->n_ids;
    free(window);
    return status;
}

/* Gives the stream the bytes of text up to `ready`, whole characters only. */
static cpl_status stream_text(struct continuation *c, const char *text, size_t ready,
                              struct cpl_error *error)
{
    while (ready > c->streamed && ready < c->text.length &&
           ((unsigned char)text[ready] & 0xc0) == 0x80)
        ready--;
    if (!c->options->stream || c->refused || ready <= c->streamed)
        return CPL_OK;
    char *piece = NULL;
    CPL_TRY(cpl_text_copy_n(&piece, text + c->streamed, ready - c->streamed, error));
    c->refused = !c->options->stream(c->options->context, piece);
    c->streamed = ready;
    free(piece);
    return CPL_OK;
}

/* Appends what the newest token adds to the text; at the end (`last`) what was held back. */
static cpl_status decode_more(struct continuation *c, bool last, struct cpl_error *error)
{
    const char *piece = NULL;
    size_t length = 0;
    if (last)
        CPL_TRY(cpl_decode_stream_finish(c->decoding, &piece, &length, error));
    else
        CPL_TRY(
            cpl_decode_stream_take(c->decoding, c->ids[c->n_ids - 1], &piece, &length, error));
    size_t dropped = length < c->n_prompt_text ? length : c->n_prompt_text;
    c->n_prompt_text -= dropped;
    cpl_buffer_add(&c->text, piece + dropped, length - dropped);
    return cpl_buffer_check(&c->text, error);
}

/* Gives the stream what cannot be the beginning of `stop`. */
static cpl_status update_text(struct continuation *c, bool last, struct cpl_error *error)
{
    CPL_TRY(decode_more(c, last, error));
    size_t ready = c->text.length;
    const char *stop = c->options->stop;
    if (stop && *stop) {
        const char *found = strstr(c->text.data + c->searched, stop);
        size_t held_back = strlen(stop) - 1;
        c->searched = ready > held_back ? ready - held_back : 0;
        if (found) {
            c->text.length = ready = (size_t)(found - c->text.data);
            c->text.data[ready] = '\0';
            c->stopped = true;
        } else if (!last) {
            ready = c->searched;
        }
    }
    return stream_text(c, c->text.data, ready, error);
}

static cpl_status generate_tokens(struct continuation *c, struct cpl_generate_counts *counts,
                                  struct cpl_error *error)
{
    const struct cpl_generate_options *options = c->options;
    int32_t most = options->max_tokens > 0 ? options->max_tokens : 128;
    struct cpl_rng_key key = {options->seed, CPL_RNG_SAMPLING, options->sample};
    double start = cpl_measure_seconds();
    for (int32_t i = 0; i < most && !c->stopped && !c->refused; i++) {
        float *logits = NULL;
        CPL_TRY(feed(c, &logits, error));
        if (i == 0) {
            counts->prompt_seconds = cpl_measure_seconds() - start;
            start = cpl_measure_seconds();
        }
        int32_t id = cpl_sample_token(logits, c->session.vocab_size, c->session.skip, options,
                                      c->ids, (int64_t)c->n_ids,
                                      cpl_rng_uniform(key, (uint64_t)i), c->session.work);
        if (id < 0)
            return cpl_error_set(error, CPL_ERROR_NUMERIC, "generate",
                                 "no token can follow: the model's logits are not finite");
        if (id == c->end) {
            counts->ended = true;
            break;
        }
        CPL_TRY(append_id(c, id, error));
        counts->new_tokens++;
        CPL_TRY(update_text(c, false, error));
    }
    counts->new_seconds = cpl_measure_seconds() - start;
    if (!c->stopped)
        CPL_TRY(update_text(c, true, error));
    counts->ended = counts->ended || c->stopped;
    return CPL_OK;
}

cpl_status cpl_generate(struct cpl_model *model, const struct cpl_tokenizer *tokenizer,
                        const struct cpl_generate_options *options, const char *prompt,
                        char **text, struct cpl_generate_counts *counts,
                        struct cpl_error *error)
{
    struct cpl_generate_counts own_counts = {0};
    struct cpl_generate_counts *count = counts ? counts : &own_counts;
    *count = (struct cpl_generate_counts){0};
    *text = NULL;
    CPL_TRY(check_options(model, options, error));
    struct continuation c = {.options = options};
    cpl_status status;
    CPL_TRY_GOTO(cpl_session_init(&c.session, model, tokenizer, error));
    CPL_TRY_GOTO(begin_text(&c, prompt, error));
    count->prompt_tokens = (int64_t)c.n_prompt;
    CPL_TRY_GOTO(cpl_kv_cache_new(&c.cache, model, 1, model->config.max_positions, error));
    CPL_TRY_GOTO(generate_tokens(&c, count, error));
    CPL_TRY_GOTO(cpl_text_copy_n(text, c.text.data ? c.text.data : "", c.text.length, error));
done:
    cpl_buffer_clear(&c.text);
    cpl_decode_stream_free(c.decoding);
    cpl_kv_cache_free(c.cache);
    cpl_session_clear(&c.session);
    free(c.ids);
    return status;
}
