/* Measuring tokenizers on the same texts, Chinese and others apart. */
#ifndef COUPLET_CLI_COMPARE_TOKENIZERS_H
#define COUPLET_CLI_COMPARE_TOKENIZERS_H

#include "cli.h"

#include <couplet/text.h>
#include <couplet/tokenizer.h>

enum cli_language { CLI_CHINESE, CLI_OTHER, CLI_LANGUAGES };
struct cli_text {
    char *text;
    size_t length;
};
struct cli_texts {
    struct cli_text *text;
    size_t n, capacity;
    uint64_t bytes, characters, words;
};
/* Lines of texts, by language; of each no more than fits in a few megabytes. */
struct cli_sample {
    struct cli_texts language[CLI_LANGUAGES];
    bool has_words; /* they were counted: there is a dictionary */
};
/* `input` NULL: a few lines of our own. */
cpl_status cli_sample_read(struct cli_sample *sample, const char *input,
                           struct cpl_error *error);
void cli_sample_clear(struct cli_sample *sample);

struct cli_figures {
    uint64_t tokens, unknown;
    double mb_per_s; /* on one thread, best of a few passes; 0: no texts */
};
cpl_status cli_measure_tokenizer(const struct cpl_tokenizer *tokenizer,
                                 const struct cli_texts *texts, struct cli_figures *figures,
                                 struct cpl_error *error);

/* *out: heap text with "|" where tokens meet, «unknown» ones in marks; (3) behind characters that take 3
 * tokens together. */
cpl_status cli_show_cuts(char **out, const struct cpl_tokenizer *tokenizer, const char *text,
                         size_t length, struct cpl_error *error);

#endif
