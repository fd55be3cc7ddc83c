/* The key/value cache of a decoder: see model.h. */
#include "model/model.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

cpl_status cpl_kv_cache_new(struct cpl_kv_cache **out, const struct cpl_model *model,
                            int64_t sequences, int64_t capacity, struct cpl_error *error)
{
    *out = NULL;
    const struct cpl_config *config = &model->config;
    struct cpl_kv_cache *cache = NULL;
    CPL_TRY(cpl_memory_new(&cache, 1, sizeof *cache, error));
    cache->sequences = sequences;
    cache->capacity = capacity;
    cache->layers = config->layers;
    cache->dtype = model->device->dtype;
    size_t row =
        (size_t)(config->kv_heads * config->head_width) * cpl_dtype_bytes(cache->dtype);
    size_t rows;
    cpl_status status;
    CPL_TRY_GOTO(
        cpl_memory_new(&cache->length, (size_t)sequences, sizeof *cache->length, error));
    CPL_TRY_GOTO(
        cpl_memory_new(&cache->layer, (size_t)config->layers, sizeof *cache->layer, error));
    if (!cpl_size_multiply(&rows, (size_t)sequences, (size_t)capacity) || rows > INT32_MAX)
        CPL_TRY_GOTO(cpl_error_set(error, CPL_ERROR_USAGE, "cache",
                                   "%lld sequences of %lld tokens are too many",
                                   (long long)sequences, (long long)capacity));
    for (int64_t l = 0; l < config->layers; l++) {
        cache->layer[l].capacity = capacity;
        CPL_TRY_GOTO(cpl_memory_new(&cache->layer[l].k, rows, row, error));
        CPL_TRY_GOTO(cpl_memory_new(&cache->layer[l].v, rows, row, error));
    }
    *out = cache;
    return CPL_OK;
done:
    cpl_kv_cache_free(cache);
    return status;
}

void cpl_kv_cache_free(struct cpl_kv_cache *cache)
{
    if (!cache)
        return;
    for (int64_t l = 0; cache->layer && l < cache->layers; l++) {
        free(cache->layer[l].k);
        free(cache->layer[l].v);
    }
    free(cache->layer);
    free(cache->length);
    free(cache);
}
