/* Reading tokenizers: tokenizer.json, vocab.txt, vocab.json and merges.txt, or SentencePiece's .model, all
 * but the first with tokenizer_config.json. */
#include "base/try.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/tokenizer_model.h"
#include "tokenizer/tokenizer_sources.h"

/* A vocab.txt says nothing of casing; what stands beside it does, or the caller. */
static cpl_status set_lowercase(json_t **config, const struct cpl_tokenizer_sources *sources,
                                const char *where, struct cpl_error *error)
{
    if (*config || !sources->vocabulary || sources->tokenizer || sources->merges)
        return cpl_error_set(error, CPL_ERROR_USAGE, where,
                             "only a vocab.txt with nothing beside it leaves open whether text "
                             "is lower-cased");
    *config = json_pack("{s:b}", "do_lower_case", 1);
    return *config ? CPL_OK : cpl_error_set(error, CPL_ERROR_SYSTEM, where, "out of memory");
}

static cpl_status load(struct cpl_tokenizer **out, const struct cpl_tokenizer_sources *sources,
                       const struct cpl_tokenizer_load_options *options,
                       struct cpl_error *error)
{
    json_t *file = NULL, *config = NULL;
    const char *where = sources->tokenizer       ? sources->tokenizer
                        : sources->sentencepiece ? sources->sentencepiece
                                                 : sources->vocabulary;
    cpl_status status = CPL_OK;
    if (sources->config)
        CPL_TRY_GOTO(cpl_tokenizer_config_read(&config, sources->config, error));
    if (options && options->lowercase)
        CPL_TRY_GOTO(set_lowercase(&config, sources, where, error));
    if (sources->tokenizer)
        CPL_TRY_GOTO(cpl_json_load(&file, sources->tokenizer, JSON_ALLOW_NUL, error));
    else if (sources->merges)
        CPL_TRY_GOTO(cpl_merges_read(&file, sources->vocabulary, sources->merges, config,
                                     sources->config, error));
    else if (sources->sentencepiece)
        CPL_TRY_GOTO(cpl_sentencepiece_load(&file, sources->sentencepiece, config, error));
    else
        CPL_TRY_GOTO(
            cpl_vocabulary_read(&file, sources->vocabulary, config, sources->config, error));
    status = cpl_tokenizer_from_json(out, file, config, where, error);
done:
    json_decref(file);
    json_decref(config);
    return status;
}

cpl_status cpl_tokenizer_load(struct cpl_tokenizer **out, const char *path,
                              struct cpl_error *error)
{
    return cpl_tokenizer_load_with(out, path, NULL, error);
}

cpl_status cpl_tokenizer_load_with(struct cpl_tokenizer **out, const char *path,
                                   const struct cpl_tokenizer_load_options *options,
                                   struct cpl_error *error)
{
    struct cpl_tokenizer_sources sources = {0};
    cpl_status status = cpl_tokenizer_sources_find(&sources, path, error);
    if (status == CPL_OK)
        status = load(out, &sources, options, error);
    cpl_tokenizer_sources_clear(&sources);
    return status;
}
