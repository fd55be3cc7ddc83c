/* Bits per character by likelihood and pseudo-likelihood: see held_out.h. */
#include "base/try.h"
#include "compare/bundle.h"
#include "compare/held_out.h"

#include <math.h>

#define UNKNOWN_BITS 20.0
#define BUNDLE_TOKENS 4096

/* Adds up the answers of a bundle; labels of unknown tokens are charged instead. */
static cpl_status settle(struct cpl_bundle *bundle, struct cpl_side *side, int32_t unknown,
                         struct cpl_error *error)
{
    if (bundle->predicted == 0)
        return CPL_OK;
    const double *loss;
    CPL_TRY(cpl_bundle_losses(bundle, &loss, error));
    for (size_t i = 0; i < bundle->predicted; i++) {
        bool charged = bundle->labels[i] == unknown;
        side->bits += charged ? UNKNOWN_BITS : loss[i] / log(2.0);
        side->unknown_bits += charged ? UNKNOWN_BITS : 0;
    }
    cpl_bundle_reset(bundle);
    return CPL_OK;
}

static cpl_status add_causal(struct cpl_bundle *bundle, const struct cpl_window *window,
                             struct cpl_special_ids special, struct cpl_error *error)
{
    CPL_TRY(cpl_bundle_begin(bundle, error));
    CPL_TRY(cpl_bundle_add(bundle, special.cls, error));
    for (int32_t i = 0; i < window->count; i++) {
        CPL_TRY(cpl_bundle_ask(bundle, bundle->tokens - 1, window->ids[i], error));
        CPL_TRY(cpl_bundle_add(bundle, window->ids[i], error));
    }
    return CPL_OK;
}

static cpl_status add_masked_at(struct cpl_bundle *bundle, const struct cpl_window *window,
                                int32_t place, struct cpl_special_ids special,
                                struct cpl_error *error)
{
    CPL_TRY(cpl_bundle_begin(bundle, error));
    CPL_TRY(cpl_bundle_add(bundle, special.cls, error));
    for (int32_t i = 0; i < window->count; i++) {
        if (i == place)
            CPL_TRY(cpl_bundle_ask(bundle, bundle->tokens, window->ids[i], error));
        CPL_TRY(cpl_bundle_add(bundle, i == place ? special.mask : window->ids[i], error));
    }
    return cpl_bundle_add(bundle, special.sep, error);
}

static cpl_status measure_window(struct cpl_bundle *bundle, struct cpl_side *side,
                                 const struct cpl_window *window,
                                 struct cpl_special_ids special, struct cpl_error *error)
{
    if (!side->masked)
        CPL_TRY(add_causal(bundle, window, special, error));
    for (int32_t place = 0; side->masked && place < window->count; place++) {
        CPL_TRY(add_masked_at(bundle, window, place, special, error));
        if (bundle->tokens >= BUNDLE_TOKENS)
            CPL_TRY(settle(bundle, side, special.unknown, error));
    }
    return bundle->tokens >= BUNDLE_TOKENS ? settle(bundle, side, special.unknown, error)
                                           : CPL_OK;
}

cpl_status cpl_measure_bits(struct cpl_side *side, const struct cpl_tokenizer *tokenizer,
                            const struct cpl_windows *windows,
                            bool (*go_on)(void *context, double share), void *context,
                            struct cpl_error *error)
{
    struct cpl_special_ids special = cpl_side_special(tokenizer, side->masked);
    struct cpl_bundle bundle;
    cpl_bundle_init(&bundle, side->model);
    cpl_status status = CPL_OK;
    for (int32_t i = 0; status == CPL_OK && i < windows->count; i++) {
        const struct cpl_window *window = &windows->window[i];
        for (int32_t t = 0; t < window->count; t++)
            side->bits_characters +=
                (double)cpl_tokenizer_solid_characters(tokenizer, window->ids[t]);
        status = measure_window(&bundle, side, window, special, error);
        if (status == CPL_OK && go_on && !go_on(context, (double)(i + 1) / windows->count))
            status = cpl_error_set(error, CPL_STOPPED, NULL, "stopped on request");
    }
    if (status == CPL_OK)
        status = settle(&bundle, side, special.unknown, error);
    cpl_bundle_clear(&bundle);
    return status;
}
