/* Help pages and finding commands by name; all of it comes from commands.def and options.def.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#define COLUMN 30 /* where the words of help begin */

/* ---- the commands ------------------------------------------------------------------------ */

static struct cli_entry entries[] = {
#define COMMAND(name, summary) {#name, summary, &cli_##name},
#include "commands.def"
#undef COMMAND
};
#define N_ENTRIES (sizeof entries / sizeof *entries)

/* corpus_build is written "corpus build"; done once, before anything else runs. */
static void space_names(void)
{
    static char names[N_ENTRIES][32];
    static bool done;
    for (size_t i = 0; !done && i < N_ENTRIES; i++) {
        for (size_t j = 0; entries[i].name[j] && j + 1 < sizeof names[i]; j++)
            names[i][j] = entries[i].name[j] == '_' ? ' ' : entries[i].name[j];
        entries[i].name = names[i];
    }
    done = true;
}

const struct cli_entry *cli_entries(size_t *count)
{
    space_names();
    *count = N_ENTRIES;
    return entries;
}

static bool is_in_group(const char *name, const char *group)
{
    size_t length = strlen(group);
    return strncmp(name, group, length) == 0 && name[length] == ' ';
}

static bool is_group(const char *group)
{
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (is_in_group(entries[i].name, group))
            return true;
    return false;
}

static void list_verbs(char *out, size_t size, const char *group)
{
    out[0] = 0;
    for (size_t i = 0; i < N_ENTRIES; i++) {
        if (!is_in_group(entries[i].name, group))
            continue;
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", used ? ", " : "",
                 strchr(entries[i].name, ' ') + 1);
    }
}

/* The error for a name that is no command; in a group its second word is what is wrong. */
static void say_unknown(const char *first, const char *second, struct cpl_error *error)
{
    const char *names[2 * N_ENTRIES] = {0};
    char verbs[256], firsts[N_ENTRIES][32] = {{0}};
    bool group = is_group(first);
    list_verbs(verbs, sizeof verbs, first);
    if (group && (!second || second[0] == '-')) {
        cpl_error_set(error, CPL_ERROR_USAGE, first, "one of %s must follow", verbs);
        return;
    }
    for (size_t i = 0; i < N_ENTRIES; i++) {
        const char *space = strchr(entries[i].name, ' ');
        size_t length = space ? (size_t)(space - entries[i].name) : strlen(entries[i].name);
        memcpy(firsts[i], entries[i].name, length);
        names[2 * i] = group ? NULL : firsts[i];
        names[2 * i + 1] = group && is_in_group(entries[i].name, first) ? space + 1 : NULL;
    }
    const char *near = cpl_name_suggest(names, 2 * N_ENTRIES, group ? second : first);
    if (near)
        cpl_error_set(error, CPL_ERROR_USAGE, group ? second : first,
                      "unknown command; did you mean %s%s%s?", group ? first : "",
                      group ? " " : "", near);
    else if (group)
        cpl_error_set(error, CPL_ERROR_USAGE, second, "unknown command; %s has %s", first,
                      verbs);
    else
        cpl_error_set(error, CPL_ERROR_USAGE, first, "unknown command; see couplet --help");
}

const struct cli_command *cli_find(const char *first, const char *second, int *n_words,
                                   const char **name, struct cpl_error *error)
{
    space_names();
    for (size_t i = 0; i < N_ENTRIES; i++) {
        bool two = second && is_in_group(entries[i].name, first) &&
                   strcmp(strchr(entries[i].name, ' ') + 1, second) == 0;
        if (!two && strcmp(entries[i].name, first) != 0)
            continue;
        *n_words = two ? 2 : 1;
        *name = entries[i].name;
        return entries[i].command;
    }
    say_unknown(first, second, error);
    return NULL;
}

/* ---- pages ------------------------------------------------------------------------------- */

static void heading(const char *title)
{
    printf("%s%s%s\n", cli_style(false, "bold"), title, cli_style(false, "reset"));
}

static void print_entry(size_t i)
{
    printf("  %-18s %s\n", entries[i].name, entries[i].summary);
}

void cli_help_all(void)
{
    space_names();
    printf(
        "couplet: trains, evaluates, compares and uses masked (BERT) and autoregressive (GPT)\n"
        "language models, Chinese first, on ordinary processors\n\n");
    heading("Commands");
    for (size_t i = 0; i < N_ENTRIES; i++)
        print_entry(i);
    printf("\n'couplet COMMAND --help' shows examples and options.  Every option can also be "
           "set as\n"
           "COUPLET_<OPTION> in the environment or in a YAML file given with --config.\n");
}

bool cli_help_group(const char *group)
{
    space_names();
    if (!is_group(group))
        return false;
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (is_in_group(entries[i].name, group))
            print_entry(i);
    printf("\n'couplet %s COMMAND --help' shows examples and options.\n", group);
    return true;
}

/* The default that counts for this command: its own "steps=100", else the table's. */
static const char *default_of(enum cpl_option_id id, const struct cli_command *command)
{
    const char *name = cpl_option_row(id)->name;
    size_t length = strlen(name);
    for (size_t i = 0; command && command->options[i]; i++)
        if (strncmp(command->options[i], name, length) == 0 &&
            command->options[i][length] == '=')
            return command->options[i] + length + 1;
    return cpl_option_row(id)->default_text;
}

static bool takes(const struct cli_command *command, enum cpl_option_id id)
{
    const char *name = cpl_option_row(id)->name;
    size_t length = strlen(name);
    if (cpl_option_row(id)->type == CPL_OPTION_TYPE_group)
        return false;
    if (!command)
        return true;
    for (size_t i = 0; command->options && command->options[i]; i++)
        if (strncmp(command->options[i], name, length) == 0 &&
            (command->options[i][length] == '=' || !command->options[i][length]))
            return true;
    return false;
}

static void print_option(enum cpl_option_id id, const struct cli_command *command)
{
    const struct cpl_option *option = cpl_option_row(id);
    const char *standard = default_of(id, command);
    bool flag = option->type == CPL_OPTION_TYPE_flag;
    int width = printf("  --%s%s%s", option->name, option->unit ? " " : "",
                       option->unit ? option->unit : "");
    printf("%*s%s", width + 2 < COLUMN ? COLUMN - width : 2, "", option->help);
    if (standard && !(flag && strcmp(standard, "no") == 0) && strcmp(standard, "0") != 0)
        printf(" %s[%s]%s", cli_style(false, "dim"), standard, cli_style(false, "reset"));
    putchar('\n');
}

/* A group whose title ends in a colon is told in a few lines without explanations. */
static bool is_compact(const char *title) { return title[strlen(title) - 1] == ':'; }

static void print_compact(enum cpl_option_id group, const struct cli_command *command)
{
    const char *title = cpl_option_row(group)->name;
    int column = 0;
    for (enum cpl_option_id id = group + 1;
         id < CPL_OPTION_COUNT && cpl_option_row(id)->type != CPL_OPTION_TYPE_group; id++) {
        char text[128];
        const struct cpl_option *option = cpl_option_row(id);
        if (!takes(command, id))
            continue;
        int width = snprintf(text, sizeof text, "--%s%s%s", option->name,
                             option->unit ? " " : "", option->unit ? option->unit : "");
        if (column == 0)
            column =
                printf("%s%s%s ", cli_style(false, "bold"), title, cli_style(false, "reset"));
        else if (column + 2 + width > 90)
            column = printf(",\n    ") - 2;
        else
            column += printf(", ");
        column += printf("%s", text);
    }
    if (column)
        putchar('\n');
}

/* Options by group, each under its title. */
static void print_options(const struct cli_command *command)
{
    const char *title = NULL;
    bool compact = false;
    for (enum cpl_option_id id = 0; id < CPL_OPTION_COUNT; id++) {
        const struct cpl_option *option = cpl_option_row(id);
        if (option->type == CPL_OPTION_TYPE_group) {
            title = option->name;
            compact = command && is_compact(title);
            if (compact)
                print_compact(id, command);
        }
        if (compact || !takes(command, id))
            continue;
        if (title) {
            heading(title);
            title = NULL;
        }
        print_option(id, command);
    }
}

void cli_help_command(const char *name, const struct cli_command *command)
{
    printf("%sUsage:%s couplet %s%s%s\n", cli_style(false, "bold"), cli_style(false, "reset"),
           name, *command->usage ? " " : "", command->usage);
    if (command->examples) {
        heading("Examples");
        for (const struct cli_example *example = command->examples; example->line; example++)
            printf("  %s\n      %s%s%s\n", example->line, cli_style(false, "dim"),
                   example->what, cli_style(false, "reset"));
    }
    if (command->about)
        printf("%s", command->about);
    print_options(command);
    printf("-h --help, -q --quiet, -v --verbose, --color auto|always|never, --config FILE,\n"
           "--show-config (all values and where they come from); couplet help options: what "
           "all mean\n");
}

void cli_help_options(void) { print_options(NULL); }
