/* couplet forward: logits, hidden states, loss and gradients of given tokens, to check us against
 * another engine. */
#include "open.h"

static const struct cli_example examples[] = {
    {"couplet forward runs/bert --input in.jsonl --output out.safetensors",
     "logits and hidden states"},
    {"couplet forward MODEL --input in.jsonl --output out.safetensors --gradients --dtype f32",
     "every gradient, too"},
    {0}};
static const char *const options[] = {"input",   "output", "gradients", "cached",
                                      "threads", "isa",    "dtype",     NULL};

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cpl_device *device = NULL;
    struct cpl_model *model = NULL;
    struct cpl_forward_options forward = {.gradients = cli_flag(cli, gradients),
                                          .cached = cli_flag(cli, cached)};
    cpl_status status = cli_require(cli, CPL_OPTION_input, error);
    if (status == CPL_OK)
        status = cli_require(cli, CPL_OPTION_output, error);
    if (status == CPL_OK)
        status = cli_open_device(cli, &device, error);
    if (status == CPL_OK)
        status = cpl_model_load(&model, cli->arguments[0], device, error);
    if (status == CPL_OK)
        status = cpl_model_forward_file(model, cli_text(cli, input), cli_text(cli, output),
                                        &forward, error);
    cpl_model_free(model);
    cpl_device_free(device);
    return status;
}

const struct cli_command cli_forward = {
    .usage = "MODEL --input FILE.jsonl --output FILE.safetensors",
    .about = "Each input line is {\"input_ids\": [...], \"labels\": [...], \"token_type_ids\": "
             "[...]}, all\n"
             "but the first optional; labels are -100 where nothing is predicted, and "
             "unshifted for\n"
             "decoders.  The output holds logits.<line> [T, V], hidden.<line> [T, D] and loss "
             "[1], the mean\n"
             "over all predicted tokens of all lines; with --gradients also grad.<parameter>.  "
             "No dropout.\n",
    .examples = examples,
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
