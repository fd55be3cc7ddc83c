/* A corpus as a page on the terminal: splits, languages, lengths, what was dropped. */
#include "corpus_page.h"

#include "cli.h"

#include <couplet/corpus.h>
#include <stdio.h>

static int64_t count_of(const struct cpl_json_value *object, const char *key)
{
    return cpl_json_value_int(cpl_json_value_member(object, key));
}

static void print_splits(const struct cpl_json_value *report)
{
    const struct cpl_json_value *splits = cpl_json_value_member(report, "splits");
    printf("%s%-8s %12s %14s %14s%s\n", cli_style(false, "dim"), "", "documents", "characters",
           "Chinese", cli_style(false, "reset"));
    for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
        const char *name = cpl_split_name((enum cpl_split)i);
        const struct cpl_json_value *split = cpl_json_value_member(splits, name);
        printf("%-8s %12lld %14lld %14lld\n", name, (long long)count_of(split, "documents"),
               (long long)count_of(split, "characters"),
               (long long)count_of(split, "chinese_characters"));
    }
}

static void print_languages(const struct cpl_json_value *report)
{
    const struct cpl_json_value *languages = cpl_json_value_member(report, "languages");
    printf("\ndocuments mostly Chinese %lld, mixed %lld, other %lld\n",
           (long long)count_of(languages, "chinese"), (long long)count_of(languages, "mixed"),
           (long long)count_of(languages, "other"));
}

static void print_lengths(const struct cpl_json_value *report)
{
    const struct cpl_json_value *lengths = cpl_json_value_member(report, "lengths");
    int64_t most = 1;
    for (size_t i = 0; i < cpl_json_value_count(lengths); i++) {
        int64_t documents = count_of(cpl_json_value_at(lengths, i), "documents");
        most = documents > most ? documents : most;
    }
    printf("\n%scharacters a document%s\n", cli_style(false, "dim"), cli_style(false, "reset"));
    for (size_t i = 0; i < cpl_json_value_count(lengths); i++) {
        const struct cpl_json_value *row = cpl_json_value_at(lengths, i);
        int64_t documents = count_of(row, "documents");
        printf("%8lld and more %10lld ", (long long)count_of(row, "from"),
               (long long)documents);
        for (int64_t bar = 0; bar * most < documents * 30; bar++)
            fputs("▇", stdout);
        putchar('\n');
    }
}

static void print_dropped(const struct cpl_json_value *report)
{
    static const char *const keys[] = {
#define DROP(name, what) #name,
#include <couplet/corpus_drops.def>
#undef DROP
    };
    const struct cpl_json_value *dropped = cpl_json_value_member(report, "dropped");
    int64_t repaired = count_of(report, "repaired");
    bool any = repaired > 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        any = any || count_of(dropped, keys[i]) > 0;
    if (!any)
        return;
    printf("\n%sdropped%s\n", cli_style(false, "dim"), cli_style(false, "reset"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (count_of(dropped, keys[i]) > 0)
            printf("%10lld %s\n", (long long)count_of(dropped, keys[i]),
                   cpl_corpus_drop_about(keys[i]));
    if (repaired > 0)
        printf("%10lld broken UTF-8 sequences became U+FFFD\n", (long long)repaired);
}

void cli_print_corpus(const char *path, const struct cpl_json_value *report)
{
    printf("%s%s%s\n", cli_style(false, "bold"), path, cli_style(false, "reset"));
    print_splits(report);
    print_languages(report);
    print_lengths(report);
    print_dropped(report);
}
