/* couplet tokenizer inspect: what a tokenizer is and holds. */
#include "cli.h"

#include <couplet/tokenizer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const struct cpl_json_value value;

static int64_t number(value *object, const char *key)
{
    return cpl_json_value_int(cpl_json_value_member(object, key));
}

static const char *text(value *object, const char *key)
{
    const char *found = cpl_json_value_text(cpl_json_value_member(object, key), NULL);
    return found ? found : "none";
}

/* A line break is shown as one character, so that a line stays a line. */
static void print_piece(const char *piece)
{
    for (; *piece; piece++)
        if (*piece == '\n')
            fputs("⏎", stdout);
        else
            putchar((unsigned char)*piece < 0x20 || *piece == 0x7F ? '?' : *piece);
}

static void print_texts(value *list, const char *between)
{
    for (size_t i = 0; i < cpl_json_value_count(list); i++) {
        fputs(i ? between : "", stdout);
        print_piece(cpl_json_value_text(cpl_json_value_at(list, i), NULL));
    }
    if (cpl_json_value_count(list) == 0)
        fputs("none", stdout);
}

static void title(const char *words)
{
    printf("\n%s%s%s\n", cli_style(false, "dim"), words, cli_style(false, "reset"));
}

static void print_stages(value *report)
{
    static const char *const stages[] = {"normalizer", "pre_tokenizer", "post_processor",
                                         "decoder",    "single",        "pair"};
    static const char *const labels[] = {"normalizer", "pre-tokenizer", "post-processor",
                                         "decoder",    "one text",      "two texts"};
    title("stages");
    for (size_t i = 0; i < 6; i++) {
        printf("%-15s ", labels[i]);
        print_texts(cpl_json_value_member(report, stages[i]), i < 4 ? ", " : " ");
        putchar('\n');
    }
    printf("%-15s %s\n", "fast way", text(report, "fast_way"));
}

static void print_special(value *report)
{
    static const char *const roles[] = {"pad",  "unknown", "cls", "sep",
                                        "mask", "bos",     "eos", "newline"};
    value *special = cpl_json_value_member(report, "special");
    title("special tokens");
    for (size_t i = 0; i < 8; i++) {
        value *role = cpl_json_value_member(special, roles[i]);
        if (!role)
            continue;
        printf("%-10s %8lld  ", roles[i], (long long)number(role, "id"));
        print_piece(text(role, "piece"));
        putchar('\n');
    }
}

static void print_groups(value *report, const char *key, const char *label)
{
    value *list = cpl_json_value_member(report, key);
    title(label);
    for (size_t i = 0; i < cpl_json_value_count(list); i++) {
        value *group = cpl_json_value_at(list, i);
        value *script = cpl_json_value_member(group, "script");
        bool last = i + 1 == cpl_json_value_count(list);
        if (number(group, "pieces") == 0)
            continue;
        if (script)
            printf("%-14s", cpl_json_value_text(script, NULL));
        else
            printf("%3lld%-11s", (long long)number(group, "characters"),
                   last ? " and more" : "");
        printf(" %8lld  ", (long long)number(group, "pieces"));
        print_texts(cpl_json_value_member(group, "examples"), "  ");
        putchar('\n');
    }
}

static void print_odd(value *report)
{
    static const char *const keys[] = {"unused_ids", "empty_pieces", "duplicate_texts",
                                       "reserved_pieces"};
    static const char *const labels[] = {"ids without a piece", "pieces without text",
                                         "texts that another id gets", "places kept free"};
    value *odd = cpl_json_value_member(report, "odd");
    bool any = false;
    for (size_t i = 0; i < 4; i++) {
        value *entry = cpl_json_value_member(odd, keys[i]);
        value *ids = cpl_json_value_member(entry, "ids");
        if (number(entry, "count") == 0)
            continue;
        if (!any)
            title("odd");
        any = true;
        printf("%-27s %8lld  such as", labels[i], (long long)number(entry, "count"));
        for (size_t k = 0; k < cpl_json_value_count(ids); k++)
            printf(" %lld", (long long)cpl_json_value_int(cpl_json_value_at(ids, k)));
        putchar('\n');
    }
}

static void print_page(value *report)
{
    printf("%s%s%s: %lld tokens, %lld of the model, %lld added, %lld special, %lld inside "
           "words\n",
           cli_style(false, "bold"), text(report, "kind"), cli_style(false, "reset"),
           (long long)number(report, "vocab_size"), (long long)number(report, "model_pieces"),
           (long long)number(report, "added_tokens"),
           (long long)number(report, "special_tokens"),
           (long long)number(report, "continuing"));
    print_stages(report);
    print_special(report);
    print_groups(report, "scripts", "pieces by script");
    print_groups(report, "lengths", "pieces by characters");
    print_odd(report);
}

static cpl_status run_inspect(struct cli *cli, struct cpl_error *error)
{
    struct cpl_tokenizer_load_options load = {.lowercase = cli_flag(cli, lowercase)};
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_json_value *report = NULL;
    char *json = NULL;
    cpl_status status = cpl_tokenizer_load_with(&tokenizer, cli->arguments[0], &load, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_describe(tokenizer, &json, error);
    if (status == CPL_OK && cli->json)
        puts(json);
    else if (status == CPL_OK)
        status = cpl_json_value_parse(&report, json, strlen(json), "report", error);
    if (report)
        print_page(report);
    cpl_json_value_free(report);
    free(json);
    cpl_tokenizer_free(tokenizer);
    return status;
}

static const struct cli_example inspect_examples[] = {
    {"couplet tokenizer inspect tokenizers/zh", "kind, stages, special tokens, pieces"},
    {"couplet tokenizer inspect models/gpt2 --json", "the same for scripts"},
    {0}};
static const char *const inspect_options[] = {"lowercase", "json", NULL};

const struct cli_command cli_tokenizer_inspect = {
    .usage = "TOKENIZER",
    .about = "Examples are pieces as they are stored.  Odd are ids without a piece, pieces "
             "without text, texts\n"
             "of which another id is used, and places kept free.\n",
    .examples = inspect_examples,
    .options = inspect_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_inspect,
};
