/* Memory of the cache of words: see word_cache.h. */
#include "tokenizer/word_cache.h"

#include "base/memory.h"
#include <stdlib.h>

cpl_status cpl_word_cache_init(struct cpl_word_cache *cache, struct cpl_error *error)
{
    if (cache->word)
        return CPL_OK;
    return cpl_memory_new(&cache->word, (size_t)1 << CPL_CACHED_WORDS_LOG2, sizeof *cache->word,
                          error);
}

void cpl_word_cache_clear(struct cpl_word_cache *cache)
{
    free(cache->word);
    cache->word = NULL;
}
