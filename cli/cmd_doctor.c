/* couplet doctor: what this machine and installation have, and what is missing. */
#include "cli.h"

#include <couplet/device.h>
#include <couplet/measure.h>
#include <couplet/text.h>
#include <couplet/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static const struct cli_example examples[] = {
    {"couplet doctor", "what was found, and what to do about what was not"},
    {"couplet doctor --json", "the same for scripts"},
    {0},
};
static const char *const options[] = {"json", "threads", "isa", "dtype", "dict", NULL};

struct findings {
    struct utsname system;
    const char *isa, *dtype;
    int cores, threads;
    double memory_gb, memory_free_gb;
    const char *locale;
    bool utf8;
    bool dictionary;
    char dictionary_problem[sizeof((struct cpl_error){0}.message)];
};

static const char *name_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "C";
}

static void find_dictionary(struct findings *found, const char *user_dictionary)
{
    struct cpl_segmenter *segmenter = NULL;
    struct cpl_error error = {0};
    found->dictionary = cpl_segmenter_new(&segmenter, NULL, user_dictionary, &error) == CPL_OK;
    memcpy(found->dictionary_problem, error.message, sizeof error.message);
    cpl_segmenter_free(segmenter);
}

static void look(struct findings *found, const struct cli *cli, const struct cpl_device *device)
{
    if (uname(&found->system) != 0)
        memset(&found->system, 0, sizeof found->system);
    found->isa = cpl_device_isa(device);
    found->dtype = cpl_device_dtype(device);
    found->threads = cpl_device_threads(device);
    found->cores = cpl_machine_cores();
    found->memory_gb = (double)cpl_measure_memory_total() / 1e9;
    found->memory_free_gb = (double)cpl_measure_memory_available() / 1e9;
    found->locale = name_locale();
    found->utf8 = strstr(found->locale, "UTF-8") || strstr(found->locale, "utf8");
    find_dictionary(found, cli_text(cli, dict));
}

static cpl_status print_json(const struct findings *found, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "version", cpl_version());
    cpl_json_add_text(json, "compiler", cpl_version_compiler());
    cpl_json_add_text(json, "system", found->system.sysname);
    cpl_json_add_text(json, "system_release", found->system.release);
    cpl_json_add_text(json, "architecture", found->system.machine);
    cpl_json_add_text(json, "processor", cpl_machine_processor());
    cpl_json_add_text(json, "isa", found->isa);
    cpl_json_add_text(json, "dtype", found->dtype);
    cpl_json_add_int(json, "cores", found->cores);
    cpl_json_add_int(json, "threads", found->threads);
    cpl_json_add_int(json, "memory_bytes", (int64_t)cpl_measure_memory_total());
    cpl_json_add_int(json, "memory_available_bytes", (int64_t)cpl_measure_memory_available());
    cpl_json_add_text(json, "locale", found->locale);
    cpl_json_add_bool(json, "dictionary", found->dictionary);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static void print_line(bool good, const char *name, const char *value)
{
    printf("%s%s%s %-12s %s\n", cli_style(false, good ? "green" : "yellow"), good ? "ok" : "--",
           cli_style(false, "reset"), name, value);
}

static void print_page(const struct findings *found)
{
    char text[sizeof found->dictionary_problem + 32];
    snprintf(text, sizeof text, "%s, %s", cpl_version(), cpl_version_compiler());
    print_line(true, "couplet", text);
    snprintf(text, sizeof text, "%s %s, %s", found->system.sysname, found->system.release,
             found->system.machine);
    print_line(true, "system", text);
    print_line(true, "processor", cpl_machine_processor());
    snprintf(text, sizeof text, "%s, training in %s", found->isa, found->dtype);
    print_line(strcmp(found->isa, "c") != 0, "kernels", text);
    snprintf(text, sizeof text, "%d of %d cores", found->threads, found->cores);
    print_line(true, "threads", text);
    snprintf(text, sizeof text, "%.1f GB, %.1f GB available", found->memory_gb,
             found->memory_free_gb);
    print_line(found->memory_free_gb > 1, "memory", text);
    snprintf(text, sizeof text, "%s%s", found->locale,
             found->utf8 ? ""
                         : " (texts are UTF-8 all the same; the terminal may not show them)");
    print_line(found->utf8, "locale", text);
    print_line(found->dictionary, "dictionary",
               found->dictionary ? "found: Chinese words are known"
                                 : found->dictionary_problem);
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct findings found = {.cores = 0};
    struct cpl_device *device = NULL;
    struct cpl_device_options wanted = {
        .threads = (int)cli_int(cli, threads),
        .isa = cli_text(cli, isa),
        .dtype = cli_text(cli, dtype),
    };
    cpl_status status = cpl_device_new(&device, &wanted, error);
    if (status != CPL_OK)
        return status;
    look(&found, cli, device);
    if (cli->json)
        status = print_json(&found, error);
    else
        print_page(&found);
    cpl_device_free(device);
    return status;
}

const struct cli_command cli_doctor = {
    .usage = "",
    .examples = examples,
    .options = options,
    .run = run,
};
