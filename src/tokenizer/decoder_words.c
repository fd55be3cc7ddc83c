/* Decoders that look at one token at a time: WordPiece, Metaspace, BPEDecoder, CTC, and none at all.
 * What they do is what Hugging Face's tokenizers (0.23) do. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/decoder.h"
#include <couplet/text.h>
#include <stdlib.h>
#include <string.h>

/* ---- clean-up of English --------------------------------------------------------------------- */

/* WordPiece's and CTC's, token by token; transformers' own has all but "do not". */
static const char *const token_pairs[][2] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};
const char *const cpl_decoder_cleanup_pairs[][2] = {
    {" .", "."},     {" ?", "?"},     {" !", "!"},   {" ,", ","},
    {" ' ", "'"},    {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"},
    {" 've", "'ve"}, {" 're", "'re"}, {NULL, NULL},
};

/* Every pair begins with a space and one of these. */
static bool needs_cleanup(const char *text, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++)
        if (text[i] == ' ' && text[i + 1] && strchr(".?!,'nd", text[i + 1]))
            return true;
    return false;
}

/* Cleans link->one; link->two is used meanwhile. */
static void clean_up(struct cpl_decoder_link *link)
{
    if (!needs_cleanup(link->one.data, link->one.length))
        return;
    for (size_t i = 0; i < sizeof token_pairs / sizeof *token_pairs; i++) {
        cpl_buffer_reset(&link->two);
        cpl_decoder_substitute(&link->two, link->one.data, link->one.length, token_pairs[i][0],
                               token_pairs[i][1]);
        struct cpl_buffer swapped = link->one;
        link->one = link->two;
        link->two = swapped;
    }
}

static void give_one(struct cpl_decoder_link *link)
{
    if (link->one.status == CPL_OK)
        cpl_decoder_give(link, link->one.data, link->one.length, true);
}

/* ---- options --------------------------------------------------------------------------------- */

struct words {
    char *text, *second; /* prefix, suffix or pad token; word delimiter */
    bool cleanup, drops_first;
};

static void free_words(void *state)
{
    struct words *words = state;
    if (!words)
        return;
    free(words->text);
    free(words->second);
    free(words);
}

/* The texts under `key` and `second_key` (may be NULL), or what stands for them. */
static cpl_status read_words(void **state, const json_t *section, const char *key,
                             const char *usual, const char *second_key,
                             const char *second_usual, const char *where,
                             struct cpl_error *error)
{
    struct words *words = NULL;
    const char *text = usual, *second = second_usual;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&words, 1, sizeof *words, error));
    words->cleanup = true;
    CPL_TRY_GOTO(cpl_json_get_text(&text, section, key, where, error));
    if (second_key)
        CPL_TRY_GOTO(cpl_json_get_text(&second, section, second_key, where, error));
    CPL_TRY_GOTO(cpl_json_get_bool(&words->cleanup, section, "cleanup", where, error));
    CPL_TRY_GOTO(cpl_text_copy(&words->text, text, error));
    CPL_TRY_GOTO(cpl_text_copy(&words->second, second, error));
    *state = words;
    words = NULL;
done:
    free_words(words);
    return status;
}

/* ---- WordPiece ------------------------------------------------------------------------------- */

static cpl_status read_wordpiece(void **state, const json_t *section, const char *where,
                                 struct cpl_error *error)
{
    return read_words(state, section, "prefix", "##", NULL, "", where, error);
}

static void take_wordpiece(const void *state, struct cpl_decoder_link *link, const char *text,
                           size_t length, bool ends)
{
    const struct words *words = state;
    size_t prefix = strlen(words->text);
    (void)ends;
    cpl_buffer_reset(&link->one);
    if (link->n_tokens > 0 && length >= prefix && memcmp(text, words->text, prefix) == 0) {
        text += prefix;
        length -= prefix;
    } else if (link->n_tokens > 0) {
        cpl_buffer_add_byte(&link->one, ' ');
    }
    cpl_buffer_add(&link->one, text, length);
    if (words->cleanup && link->one.status == CPL_OK)
        clean_up(link);
    give_one(link);
}

const struct cpl_decoder_kind cpl_decoder_wordpiece = {
    .type = "WordPiece",
    .read = read_wordpiece,
    .take = take_wordpiece,
    .free_state = free_words,
    .wants_whole = true,
};

/* ---- Metaspace ------------------------------------------------------------------------------- */

static cpl_status read_metaspace(void **state, const json_t *section, const char *where,
                                 struct cpl_error *error)
{
    bool prefix = true;
    const char *scheme = NULL;
    CPL_TRY(cpl_json_get_bool(&prefix, section, "add_prefix_space", where, error));
    CPL_TRY(cpl_json_get_text(&scheme, section, "prepend_scheme", where, error));
    CPL_TRY(read_words(state, section, "replacement", "▁", NULL, "", where, error));
    struct words *words = *state;
    words->drops_first = scheme ? strcmp(scheme, "never") != 0 : prefix;
    if (cpl_utf8_count(words->text, strlen(words->text)) == 1)
        return CPL_OK;
    free_words(words);
    *state = NULL;
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "decoder: a Metaspace's replacement is not one character");
}

static void take_metaspace(const void *state, struct cpl_decoder_link *link, const char *text,
                           size_t length, bool ends)
{
    const struct words *words = state;
    const char *space = link->n_tokens == 0 && words->drops_first ? "" : " ";
    cpl_buffer_reset(&link->one);
    cpl_decoder_substitute(&link->one, text, length, words->text, space);
    if (link->one.status == CPL_OK)
        cpl_decoder_give(link, link->one.data, link->one.length, ends);
}

const struct cpl_decoder_kind cpl_decoder_metaspace = {
    .type = "Metaspace",
    .read = read_metaspace,
    .take = take_metaspace,
    .free_state = free_words,
};

/* ---- BPEDecoder: the suffix of the last token is no space ------------------------------------- */

static cpl_status read_bpe(void **state, const json_t *section, const char *where,
                           struct cpl_error *error)
{
    return read_words(state, section, "suffix", "</w>", NULL, "", where, error);
}

static void give_held(const struct words *words, struct cpl_decoder_link *link,
                      const char *space)
{
    cpl_buffer_reset(&link->one);
    if (link->held.status == CPL_OK)
        cpl_decoder_substitute(&link->one, link->held.data, link->held.length, words->text,
                               space);
    give_one(link);
}

static void take_bpe(const void *state, struct cpl_decoder_link *link, const char *text,
                     size_t length, bool ends)
{
    (void)ends;
    if (link->n_tokens > 0)
        give_held(state, link, " ");
    cpl_buffer_reset(&link->held);
    cpl_buffer_add(&link->held, text, length);
}

static void finish_bpe(const void *state, struct cpl_decoder_link *link)
{
    if (link->n_tokens > 0)
        give_held(state, link, "");
}

const struct cpl_decoder_kind cpl_decoder_bpe = {
    .type = "BPEDecoder",
    .read = read_bpe,
    .take = take_bpe,
    .finish = finish_bpe,
    .free_state = free_words,
    .wants_whole = true,
};

/* ---- CTC ------------------------------------------------------------------------------------- */

static cpl_status read_ctc(void **state, const json_t *section, const char *where,
                           struct cpl_error *error)
{
    return read_words(state, section, "pad_token", "<pad>", "word_delimiter_token", "|", where,
                      error);
}

/* A token that is the one before it again is left out. */
static void take_ctc(const void *state, struct cpl_decoder_link *link, const char *text,
                     size_t length, bool ends)
{
    const struct words *words = state;
    (void)ends;
    if (link->n_tokens > 0 && link->held.length == length &&
        memcmp(link->held.data, text, length) == 0)
        return;
    cpl_buffer_reset(&link->held);
    cpl_buffer_add(&link->held, text, length);
    cpl_buffer_reset(&link->one);
    cpl_decoder_substitute(&link->one, text, length, words->text, "");
    if (words->cleanup && link->one.status == CPL_OK) {
        clean_up(link);
        cpl_buffer_reset(&link->two);
        cpl_decoder_substitute(&link->two, link->one.data, link->one.length, words->second,
                               " ");
        cpl_buffer_reset(&link->one);
        if (link->two.status == CPL_OK)
            cpl_buffer_add(&link->one, link->two.data, link->two.length);
    }
    if (link->one.length > 0)
        give_one(link);
}

const struct cpl_decoder_kind cpl_decoder_ctc = {
    .type = "CTC",
    .read = read_ctc,
    .take = take_ctc,
    .free_state = free_words,
    .wants_whole = true,
};

/* ---- none ------------------------------------------------------------------------------------ */

static void take_spaces(const void *state, struct cpl_decoder_link *link, const char *text,
                        size_t length, bool ends)
{
    (void)state;
    if (link->n_tokens > 0 && !link->inside)
        cpl_decoder_give(link, " ", 1, false);
    cpl_decoder_give(link, text, length, ends);
}

const struct cpl_decoder_kind cpl_decoder_spaces = {.type = "", .take = take_spaces};
