/* couplet inspect: what a file or directory is and holds. */
#include "cli.h"

#include <couplet/inspect.h>
#include <stdio.h>
#include <stdlib.h>

static const struct cli_example examples[] = {
    {"couplet inspect runs/bert", "a run: its options, its last measures, its checkpoints"},
    {"couplet inspect runs/bert@best --json", "a model: configuration and tensors"},
    {"couplet inspect corpus", "a corpus; also tokenizers, shards and .safetensors files"},
    {0}};
static const char *const options[] = {"json", NULL};

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    char *text = NULL;
    cpl_status status = cpl_inspect(&text, cli->arguments[0], cli->json, error);
    if (status == CPL_OK)
        puts(text);
    free(text);
    return status;
}

const struct cli_command cli_inspect = {
    .usage = "PATH",
    .about =
        "Says what PATH is and what is known about it: a model, a run or one of its "
        "checkpoints, a\n"
        "corpus, a token shard, a tokenizer, a .safetensors file or a model's config.json.\n",
    .examples = examples,
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
