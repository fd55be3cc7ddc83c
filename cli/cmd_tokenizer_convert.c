/* couplet tokenizer convert: any tokenizer that can be read, written as transformers reads it. */
#include "cli.h"

#include <couplet/tokenizer.h>

static cpl_status run_convert(struct cli *cli, struct cpl_error *error)
{
    struct cpl_tokenizer_load_options load = {.lowercase = cli_flag(cli, lowercase)};
    struct cpl_tokenizer *tokenizer = NULL;
    cpl_status status = cli_require(cli, CPL_OPTION_out, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_load_with(&tokenizer, cli->arguments[0], &load, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_save(tokenizer, cli_text(cli, out), error);
    if (status == CPL_OK)
        cli_note(cli, "%d tokens: %s", (int)cpl_tokenizer_size(tokenizer), cli_text(cli, out));
    cpl_tokenizer_free(tokenizer);
    return status;
}

static const struct cli_example convert_examples[] = {
    {"couplet tokenizer convert vocab.txt --lowercase --out tokenizers/bert",
     "a bare vocab.txt does not say whether it is lower case"},
    {0}};
static const char *const convert_options[] = {"out", "lowercase", NULL};

const struct cli_command cli_tokenizer_convert = {
    .usage = "TOKENIZER",
    .about = "Writes tokenizer.json and tokenizer_config.json, and vocab.txt or vocab.json and "
             "merges.txt where\n"
             "the kind of tokenizer has them.  transformers loads them with the same ids.\n",
    .examples = convert_examples,
    .options = convert_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_convert,
};
