/* What can be trained, and which options each kind takes. */
#include "base/try.h"
#include "tokenizer/train/trainer.h"
#include <couplet/options.h>
#include <omp.h>
#include <string.h>

static const struct cpl_training_kind kinds[] = {
    {.type = "wordpiece",
     .special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"},
     .learn = cpl_learn_wordpiece},
    {.type = "bpe",
     .special = {"<pad>", NULL, "<s>", "</s>", "<mask>"},
     .bytes = true,
     .learn = cpl_learn_bpe},
    {.type = "char-bpe",
     .special = {"<pad>", "<unk>", "<s>", "</s>", "<mask>"},
     .metaspace = true,
     .max_length = 16,
     .learn = cpl_learn_bpe},
    {.type = "unigram",
     .special = {"<pad>", "<unk>", "<s>", "</s>", "<mask>"},
     .metaspace = true,
     .prunes = true,
     .max_length = 16,
     .learn = cpl_learn_unigram},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds, SMALLEST_VOCABULARY = 16 };

/* `value` is one of names (NULL-terminated); NULL becomes the first. */
static cpl_status check_choice(const char **value, const char *const *names, const char *option,
                               struct cpl_error *error)
{
    char known[200] = "";
    size_t n = 0;
    if (!*value)
        *value = names[0];
    for (; names[n]; n++) {
        if (strcmp(*value, names[n]) == 0) {
            *value = names[n];
            return CPL_OK;
        }
        strncat(known, n ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, names[n], sizeof known - strlen(known) - 1);
    }
    const char *near = cpl_name_suggest(names, n, *value);
    return cpl_error_set(error, CPL_ERROR_USAGE, option,
                         "\"%.100s\" is not known; known: %s%s%s%s", *value, known,
                         near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static cpl_status check_number(int32_t *value, int32_t usual, int32_t least, int32_t most,
                               const char *option, struct cpl_error *error)
{
    if (*value == 0)
        *value = usual;
    if (*value == usual || (*value >= least && *value <= most))
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_USAGE, option, "%d, must be %d to %d", (int)*value,
                         (int)least, (int)most);
}

static cpl_status find_kind(struct cpl_tokenizer_trainer *trainer, struct cpl_error *error)
{
    const char *names[N_KINDS + 1] = {0};
    for (size_t i = 0; i < N_KINDS; i++)
        names[i] = kinds[i].type;
    CPL_TRY(check_choice(&trainer->options.type, names, "type", error));
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcmp(trainer->options.type, kinds[i].type) == 0)
            trainer->kind = &kinds[i];
    return CPL_OK;
}

static cpl_status refuse(bool given, const struct cpl_training_kind *kind, const char *option,
                         const char *takes, struct cpl_error *error)
{
    return given ? cpl_error_set(error, CPL_ERROR_USAGE, option,
                                 "is not for type %s: only %s takes it", kind->type, takes)
                 : CPL_OK;
}

static cpl_status check_fitting(const struct cpl_tokenizer_trainer *trainer,
                                struct cpl_error *error)
{
    const struct cpl_tokenizer_training *options = &trainer->options;
    const struct cpl_training_kind *kind = trainer->kind;
    bool pruned = options->seed_size || options->em_iterations || options->shrinking_factor > 0;
    CPL_TRY(refuse(options->pattern && !kind->bytes, kind, "pattern", "bpe", error));
    CPL_TRY(refuse(options->alphabet && kind->bytes, kind, "alphabet",
                   "wordpiece, char-bpe or unigram", error));
    CPL_TRY(refuse(pruned && !kind->prunes, kind,
                   "seed-size, em-iterations or shrinking-factor", "unigram", error));
    if (kind->metaspace)
        return CPL_OK;
    CPL_TRY(refuse(options->chinese, kind, "chinese-pieces", "char-bpe or unigram", error));
    CPL_TRY(
        refuse(options->byte_fallback, kind, "byte-fallback", "char-bpe or unigram", error));
    return refuse(options->prefix_space, kind, "prefix-space", "char-bpe or unigram", error);
}

static cpl_status check_special(const struct cpl_tokenizer_training *options,
                                const struct cpl_training_kind *kind, struct cpl_error *error)
{
    for (size_t i = 0; i < options->n_special_tokens; i++) {
        const char *token = options->special_tokens[i];
        bool twice = strcmp(token, "\n") == 0;
        if (!token[0])
            return cpl_error_set(error, CPL_ERROR_USAGE, "special-token", "one is empty");
        if (cpl_utf8_valid_prefix(token, strlen(token)) != strlen(token))
            return cpl_error_set(error, CPL_ERROR_USAGE, "special-token", "one is not UTF-8");
        for (size_t k = 0; k < 5; k++)
            twice = twice || (kind->special[k] && strcmp(token, kind->special[k]) == 0);
        for (size_t k = 0; k < i; k++)
            twice = twice || strcmp(token, options->special_tokens[k]) == 0;
        if (twice)
            return cpl_error_set(error, CPL_ERROR_USAGE, "special-token",
                                 "\"%.100s\" is there already", token);
    }
    return CPL_OK;
}

static cpl_status check_texts(struct cpl_tokenizer_training *options, struct cpl_error *error)
{
    static const char *const forms[] = {"none", "nfc", "nfkc", NULL};
    static const char *const patterns[] = {"gpt2", "llama3", "qwen2", NULL};
    static const char *const spaces[] = {"never", "first", "always", NULL};
    static const char *const chinese[] = {"clause", "any", "word", "character", NULL};
    CPL_TRY(check_choice(&options->normalization, forms, "normalize", error));
    CPL_TRY(check_choice(&options->pattern, patterns, "pattern", error));
    CPL_TRY(check_choice(&options->prefix_space, spaces, "prefix-space", error));
    CPL_TRY(check_choice(&options->chinese, chinese, "chinese-pieces", error));
    bool words = strcmp(options->chinese, "word") == 0;
    if (words && !options->segmenter)
        return cpl_error_set(error, CPL_ERROR_USAGE, "chinese-pieces",
                             "\"word\" needs a segmenter");
    if (!words)
        options->segmenter = NULL;
    return CPL_OK;
}

cpl_status cpl_training_check(struct cpl_tokenizer_trainer *trainer,
                              const struct cpl_tokenizer_training *given,
                              struct cpl_error *error)
{
    struct cpl_tokenizer_training *options = &trainer->options;
    *options = *given;
    CPL_TRY(find_kind(trainer, error));
    CPL_TRY(check_fitting(trainer, error));
    CPL_TRY(check_texts(options, error));
    CPL_TRY(check_special(options, trainer->kind, error));
    CPL_TRY(check_number(&options->vocab_size, 8000, SMALLEST_VOCABULARY, 10000000,
                         "vocab-size", error));
    CPL_TRY(check_number(&options->min_frequency, 2, 1, INT32_MAX, "min-frequency", error));
    CPL_TRY(check_number(&options->max_length, trainer->kind->max_length, 2, 200,
                         "max-piece-length", error));
    CPL_TRY(check_number(&options->alphabet, 0, 1, 0x110000, "alphabet", error));
    CPL_TRY(check_number(&options->seed_size, 1000000, 1, 100000000, "seed-size", error));
    CPL_TRY(check_number(&options->em_iterations, 2, 1, 100, "em-iterations", error));
    CPL_TRY(check_number(&options->threads, omp_get_max_threads(), 1, 4096, "threads", error));
    if (options->shrinking_factor == 0)
        options->shrinking_factor = 0.75;
    if (!(options->shrinking_factor > 0 && options->shrinking_factor < 1))
        return cpl_error_set(error, CPL_ERROR_USAGE, "shrinking-factor",
                             "%g, must be above 0 and below 1", options->shrinking_factor);
    if (options->memory == 0)
        options->memory = (uint64_t)128 << 20;
    return CPL_OK;
}
