/* Training a tokenizer: see trainer.h and <couplet/tokenizer.h>. */
#include "tokenizer/train/trainer.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum cpl_unit_cut cut_of(const struct cpl_tokenizer_trainer *trainer)
{
    if (!trainer->kind->bytes)
        return CPL_CUT_LINES;
    return strcmp(trainer->options.pattern, "gpt2") == 0 ? CPL_CUT_BEFORE_LINE
                                                         : CPL_CUT_AFTER_LINE;
}

static cpl_status start_texts(struct cpl_tokenizer_trainer *trainer, struct cpl_error *error)
{
    const struct cpl_tokenizer_training *checked = &trainer->options;
    struct cpl_text_options options = {.cut = cut_of(trainer),
                                       .segmenter = checked->segmenter,
                                       .limit = checked->memory,
                                       .threads = checked->threads};
    bool wordpiece = !trainer->kind->bytes && !trainer->kind->metaspace;
    options.longest_word = wordpiece ? CPL_WORDPIECE_LONGEST : 0;
    cpl_status status =
        cpl_stages_read(&options.normalizers, CPL_NORMALIZERS,
                        json_object_get(trainer->file, "normalizer"), NULL, error);
    if (status == CPL_OK)
        status = cpl_stages_read(&options.pre_tokenizers, CPL_PRE_TOKENIZERS,
                                 json_object_get(trainer->file, "pre_tokenizer"), NULL, error);
    if (status == CPL_OK)
        return cpl_training_text_init(&trainer->texts, &options, error);
    cpl_stages_clear(&options.normalizers);
    cpl_stages_clear(&options.pre_tokenizers);
    return status;
}

/* What the caller lends is not looked at again. */
static void forget_texts(struct cpl_tokenizer_training *options)
{
    options->type = options->normalization = options->chinese = NULL;
    options->prefix_space = options->pattern = NULL;
    options->special_tokens = NULL;
}

cpl_status cpl_tokenizer_trainer_new(struct cpl_tokenizer_trainer **out,
                                     const struct cpl_tokenizer_training *options,
                                     struct cpl_error *error)
{
    struct cpl_tokenizer_trainer *trainer = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&trainer, 1, sizeof *trainer, error));
    CPL_TRY_GOTO(cpl_training_check(trainer, options, error));
    CPL_TRY_GOTO(cpl_training_compose(trainer, error));
    CPL_TRY_GOTO(start_texts(trainer, error));
    forget_texts(&trainer->options);
    *out = trainer;
    return CPL_OK;
done:
    cpl_tokenizer_trainer_free(trainer);
    return status;
}

void cpl_tokenizer_trainer_free(struct cpl_tokenizer_trainer *trainer)
{
    if (!trainer)
        return;
    cpl_training_text_clear(&trainer->texts);
    json_decref(trainer->file);
    json_decref(trainer->config);
    free(trainer);
}

cpl_status cpl_tokenizer_trainer_add(struct cpl_tokenizer_trainer *trainer, const char *text,
                                     size_t length, struct cpl_error *error)
{
    return cpl_training_text_add(&trainer->texts, text, length, error);
}

/* ---- learning -------------------------------------------------------------------------------- */

static cpl_status no_text(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "there is no text to learn from");
}

static cpl_status refuse_alphabet(const struct cpl_tokenizer_trainer *trainer, size_t n,
                                  int32_t taken, int32_t limit, struct cpl_error *error)
{
    int32_t others = trainer->options.vocab_size - limit + taken;
    return cpl_error_set(
        error, CPL_ERROR_USAGE, "vocab-size",
        "%d is too small: the text has %zu different characters, and %d tokens "
        "are for other things; take at least %zu, or limit the alphabet",
        (int)trainer->options.vocab_size, n, (int)others, n + (size_t)others);
}

cpl_status cpl_learn_alphabet(const struct cpl_tokenizer_trainer *trainer,
                              struct cpl_pieces *pieces, const struct cpl_counted_words *words,
                              int32_t taken, int32_t limit, struct cpl_error *error)
{
    struct cpl_character_count *list = NULL;
    size_t n = 0;
    char text[4];
    int32_t id;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_words_characters(&list, &n, words, error));
    if (trainer->options.alphabet > 0)
        cpl_characters_limit(list, &n, (size_t)trainer->options.alphabet);
    if (n == 0)
        CPL_TRY_GOTO(no_text(error));
    if (n + (size_t)taken > (size_t)limit)
        CPL_TRY_GOTO(refuse_alphabet(trainer, n, taken, limit, error));
    for (size_t i = 0; i < n; i++)
        CPL_TRY_GOTO(
            cpl_pieces_add(pieces, &id, text, cpl_utf8_encode(text, list[i].code), error));
done:
    free(list);
    return status;
}

cpl_status cpl_learn_merges(const struct cpl_tokenizer_trainer *trainer,
                            struct cpl_pieces *pieces, struct cpl_merge_list *merges,
                            const struct cpl_counted_words *words,
                            const struct cpl_word_split_options *split, int32_t limit,
                            struct cpl_error *error)
{
    struct cpl_word_symbols symbols = {0};
    const struct cpl_merge_options options = {.prefix = split->prefix,
                                              .limit = limit,
                                              .min_frequency = trainer->options.min_frequency,
                                              .max_length = trainer->options.max_length,
                                              .first_symbol = split->first_symbol,
                                              .progress = trainer->options.progress,
                                              .context = trainer->options.context};
    CPL_TRY(cpl_words_split(&symbols, words, pieces, split, error));
    cpl_status status = cpl_merges_learn(pieces, merges, &symbols, &options, error);
    cpl_word_symbols_clear(&symbols);
    return status;
}

json_t *cpl_learned_vocabulary(const struct cpl_pieces *pieces)
{
    json_t *vocabulary = json_object();
    for (int32_t id = 0; vocabulary && id < pieces->count; id++)
        if (json_object_set_new(vocabulary, cpl_pieces_text(pieces, id), json_integer(id)) !=
            0) {
            json_decref(vocabulary);
            return NULL;
        }
    return vocabulary;
}

/* Special tokens and tokens of single bytes. */
static cpl_status add_first_pieces(const struct cpl_tokenizer_trainer *trainer,
                                   struct cpl_pieces *pieces, struct cpl_error *error)
{
    const json_t *list = json_object_get(trainer->file, "added_tokens");
    int32_t id;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *content =
            json_string_value(json_object_get(json_array_get(list, i), "content"));
        CPL_TRY(cpl_pieces_add(pieces, &id, content, strlen(content), error));
    }
    for (int byte = 0; trainer->options.byte_fallback && byte < 256; byte++) {
        char text[8];
        int length = snprintf(text, sizeof text, "<0x%02X>", (unsigned)byte);
        CPL_TRY(cpl_pieces_add(pieces, &id, text, (size_t)length, error));
    }
    return CPL_OK;
}

static cpl_status learn(struct cpl_tokenizer_trainer *trainer,
                        const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                        struct cpl_error *error)
{
    json_t *model = NULL, *list = json_object_get(trainer->file, "added_tokens");
    bool line_break = !trainer->kind->bytes;
    CPL_TRY(add_first_pieces(trainer, pieces, error));
    CPL_TRY(trainer->kind->learn(trainer, words, pieces,
                                 trainer->options.vocab_size - line_break, &model, error));
    if (json_object_set_new(trainer->file, "model", model) != 0)
        return cpl_out_of_memory(error);
    if (line_break && json_array_append_new(
                          list, json_pack("{s:i, s:s, s:b, s:b}", "id", (int)pieces->count,
                                          "content", "\n", "special", 0, "normalized", 0)) != 0)
        return cpl_out_of_memory(error);
    return CPL_OK;
}

static cpl_status check_words(const struct cpl_tokenizer_trainer *trainer,
                              const struct cpl_counted_words *words, struct cpl_error *error)
{
    if (words->n > 0)
        return CPL_OK;
    if (trainer->texts.counts.level == 0)
        return no_text(error);
    return cpl_error_set(error, CPL_ERROR_USAGE, "word-memory",
                         "%llu bytes are not enough for the words of any part of the text",
                         (unsigned long long)trainer->options.memory);
}

cpl_status cpl_tokenizer_trainer_finish(struct cpl_tokenizer_trainer *trainer,
                                        struct cpl_tokenizer **out, struct cpl_error *error)
{
    struct cpl_counted_words words = {0};
    struct cpl_pieces pieces = {0};
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_training_text_words(&trainer->texts, &words, error));
    CPL_TRY_GOTO(check_words(trainer, &words, error));
    CPL_TRY_GOTO(learn(trainer, &words, &pieces, error));
    status = cpl_tokenizer_from_json(out, trainer->file, trainer->config, NULL, error);
done:
    cpl_counted_words_clear(&words);
    cpl_pieces_clear(&pieces);
    return status;
}

double cpl_tokenizer_trainer_share(const struct cpl_tokenizer_trainer *trainer)
{
    return ldexp(1, -(int)trainer->texts.counts.level);
}
