/* couplet generate: continue a text. */
#include "json_lines.h"
#include "open.h"

#include <couplet/generate.h>
#include <stdio.h>
#include <stdlib.h>

static const struct cli_example examples[] = {
    {"couplet generate runs/gpt2 --prompt 床前明月光，", "one continuation"},
    {"couplet generate runs/gpt2 --prompt 春 --n 3 --temperature 0.8 --top-k 40",
     "three, a little tamer"},
    {"couplet generate runs/gpt2 --prompt 打开文件 --greedy --max-tokens 30",
     "the most probable"},
    {"couplet generate runs/gpt2 --input prompts.jsonl --json", "a prompt a line"},
    {0}};
static const char *const options[] = {
    "prompt",      "input", "max-tokens", "greedy",
    "temperature", "top-k", "top-p",      "repetition-penalty",
    "stop",        "n",     "seed",       "threads",
    "isa",         "dtype", "json",       NULL};

/* A continuation on its way to the terminal: the prompt stands before its first piece, so that
 * nothing is printed when the model cannot write at all. */
struct writing {
    const char *prompt;
    bool begun;
};

static void show_prompt(struct writing *writing)
{
    if (!writing->begun)
        printf("%s%s%s", cli_style(false, "dim"), writing->prompt, cli_style(false, "reset"));
    writing->begun = true;
}

static bool show_piece(void *context, const char *piece)
{
    show_prompt(context);
    fputs(piece, stdout);
    fflush(stdout);
    return !cli_stop_requested();
}

static bool go_on(void *context, const char *piece)
{
    (void)context;
    (void)piece;
    return !cli_stop_requested();
}

static struct cpl_generate_options generate_options(const struct cli *cli)
{
    return (struct cpl_generate_options){
        .max_tokens = (int32_t)cli_int(cli, max_tokens),
        .greedy = cli_flag(cli, greedy) || !(cli_real(cli, temperature) > 0),
        .temperature = cli_real(cli, temperature),
        .top_k = (int32_t)cli_int(cli, top_k),
        .top_p = cli_real(cli, top_p),
        .repetition_penalty = cli_real(cli, repetition_penalty),
        .stop = cli_text(cli, stop),
        .seed = (uint64_t)cli_int(cli, seed),
        .stream = cli->json ? go_on : show_piece,
    };
}

static cpl_status print_json(const char *prompt, const char *text,
                             const struct cpl_generate_counts *counts, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "prompt", prompt);
    cpl_json_add_text(json, "text", text);
    cpl_json_add_int(json, "prompt_tokens", counts->prompt_tokens);
    cpl_json_add_int(json, "new_tokens", counts->new_tokens);
    cpl_json_add_bool(json, "ended", counts->ended);
    cpl_json_add_real(json, "prompt_seconds", counts->prompt_seconds);
    cpl_json_add_real(json, "new_seconds", counts->new_seconds);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static cpl_status generate_one(struct cli *cli, struct cli_model *opened, const char *prompt,
                               uint32_t sample, struct cpl_error *error)
{
    struct cpl_generate_options generate = generate_options(cli);
    struct cpl_generate_counts counts;
    struct writing writing = {.prompt = prompt};
    char *text = NULL;
    generate.sample = sample;
    generate.context = &writing;
    cpl_status status = cpl_generate(opened->model, opened->tokenizer, &generate, prompt, &text,
                                     &counts, error);
    if (status == CPL_OK && cli->json)
        status = print_json(prompt, text, &counts, error);
    else if (status == CPL_OK)
        show_prompt(&writing);
    if (writing.begun)
        putchar('\n');
    if (status == CPL_OK && cli->verbose)
        cli_note(cli, "%lld + %lld tokens, %.0f tokens/s", (long long)counts.prompt_tokens,
                 (long long)counts.new_tokens,
                 counts.new_seconds > 0 ? (double)counts.new_tokens / counts.new_seconds : 0);
    free(text);
    if (status == CPL_OK)
        status = cli_flush(error);
    if (status == CPL_OK && cli_stop_requested())
        return cpl_error_set(error, CPL_STOPPED, NULL, "stopped on request");
    return status;
}

static cpl_status generate_prompt(struct cli *cli, struct cli_model *opened, const char *prompt,
                                  uint32_t *sample, struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    for (int64_t i = 0; status == CPL_OK && i < cli_int(cli, n); i++)
        status = generate_one(cli, opened, prompt, (*sample)++, error);
    return status;
}

/* A text, or an object with "prompt". */
static cpl_status line_prompt(const char **prompt, const struct cpl_json_value *value,
                              const char *where, struct cpl_error *error)
{
    const struct cpl_json_value *text = value;
    if (cpl_json_value_kind(text) == CPL_JSON_OBJECT)
        text = cpl_json_value_member(text, "prompt");
    *prompt = text ? cpl_json_value_text(text, NULL) : NULL;
    if (!*prompt)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "expected a JSON text or an object with \"prompt\"");
    return CPL_OK;
}

static cpl_status generate_file(struct cli *cli, struct cli_model *opened,
                                struct cpl_error *error)
{
    struct cli_lines lines = {0};
    struct cpl_json_value *value = NULL;
    uint32_t sample = 0;
    cpl_status status = cli_lines_open(&lines, cli_text(cli, input), error);
    while (status == CPL_OK) {
        const char *prompt = NULL;
        status = cli_lines_next(&lines, &value, error);
        if (status != CPL_OK || !value)
            break;
        status = line_prompt(&prompt, value, lines.where, error);
        if (status == CPL_OK)
            status = generate_prompt(cli, opened, prompt, &sample, error);
        cpl_json_value_free(value);
    }
    cli_lines_close(&lines);
    return status;
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cli_model opened = {0};
    uint32_t sample = 0;
    const char *prompt = cli_text(cli, prompt);
    if (prompt && cli_text(cli, input))
        return cpl_error_set(error, CPL_ERROR_USAGE, "generate",
                             "--prompt and --input cannot be given together");
    cli_stop_defer();
    cpl_status status = cli_open_model(cli, &opened, cli->arguments[0], error);
    if (status == CPL_OK)
        status = cli_text(cli, input)
                     ? generate_file(cli, &opened, error)
                     : generate_prompt(cli, &opened, prompt ? prompt : "", &sample, error);
    cli_close_model(&opened);
    return status;
}

const struct cli_command cli_generate = {
    .usage = "MODEL [--prompt TEXT|--input FILE.jsonl]",
    .about =
        "The decoder continues each prompt until it ends the text, --stop comes up or\n"
        "--max-tokens are written; without a prompt it begins a text of its own. A prompt of\n"
        "--input is a JSON text or an object with \"prompt\", one a line.\n"
        "\n"
        "Tokens are drawn by probability: --temperature below 1, --top-k and --top-p make "
        "that\n"
        "safer, --temperature 0 is --greedy. The same --seed writes the same text, on any "
        "number\n"
        "of threads; the continuations of one call differ.\n",
    .examples = examples,
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
