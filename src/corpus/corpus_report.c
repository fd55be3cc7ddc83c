/* What is known about a corpus: see corpus_report.h. */
#include "corpus/corpus_report.h"

#include "base/file.h"
#include "base/json_file.h"
#include "base/try.h"
#include "text/utf8.h"

#include <couplet/json.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

static const char format_name[] = "couplet corpus";

static const char *const drop_names[CPL_DROP_COUNT] = {
#define DROP(name, what) #name,
#include <couplet/corpus_drops.def>
#undef DROP
};
static const char *const language_names[CPL_LANGUAGE_COUNT] = {"chinese", "mixed", "other"};

const char *cpl_split_name(enum cpl_split split)
{
    static const char *const names[CPL_SPLIT_COUNT] = {"train", "valid", "test"};
    return names[split];
}

const char *cpl_corpus_drop_about(const char *key)
{
    static const char *const abouts[CPL_DROP_COUNT] = {
#define DROP(name, what) what,
#include <couplet/corpus_drops.def>
#undef DROP
    };
    for (int i = 0; i < CPL_DROP_COUNT; i++)
        if (strcmp(drop_names[i], key) == 0)
            return abouts[i];
    return NULL;
}

uint64_t cpl_document_hash(const char *text, size_t length) { return XXH64(text, length, 0); }

struct characters {
    uint64_t all, letters, chinese;
};

static struct characters count_characters(const char *text, size_t length)
{
    struct characters count = {0};
    for (size_t at = 0; at < length; count.all++) {
        uint32_t code = cpl_utf8_next(text, &at);
        bool is_chinese = cpl_code_is_han(code);
        count.chinese += is_chinese;
        count.letters += is_chinese || cpl_code_is_letter(code);
    }
    return count;
}

void cpl_corpus_report_add(struct cpl_corpus_report *report, enum cpl_split split,
                           const char *text, size_t length)
{
    struct cpl_corpus_counts *counts = &report->split[split];
    struct characters count = count_characters(text, length);
    uint64_t hash = cpl_document_hash(text, length);
    counts->documents++;
    counts->bytes += length;
    counts->characters += count.all;
    counts->chinese_characters += count.chinese;
    report->split_hash[split] = XXH64(&hash, sizeof hash, report->split_hash[split]);
}

void cpl_corpus_report_add_kind(struct cpl_corpus_report *report, const char *text,
                                size_t length)
{
    struct characters count = count_characters(text, length);
    int power = 0;
    while (power + 1 < CPL_CORPUS_LENGTHS && count.all >> (power + 1))
        power++;
    report->lengths[power]++;
    enum cpl_language language = CPL_LANGUAGE_OTHER;
    if (count.chinese * 2 >= count.letters && count.chinese > 0)
        language = CPL_LANGUAGE_CHINESE;
    else if (count.chinese * 10 >= count.letters && count.chinese > 0)
        language = CPL_LANGUAGE_MIXED;
    report->language[language]++;
}

uint64_t cpl_corpus_report_hash(const struct cpl_corpus_report *report)
{
    return XXH64(report->split_hash, sizeof report->split_hash, CPL_CORPUS_VERSION);
}

/* ---- writing ------------------------------------------------------------------------------ */

static void add_count(struct cpl_json *json, const char *key, uint64_t value)
{
    cpl_json_add_int(json, key, (int64_t)value);
}

static void add_options(struct cpl_json *json, const struct cpl_corpus_build *options)
{
    static const char *const forms[] = {"none", "nfc", "nfkc"};
    cpl_json_begin_object(json, "options");
    cpl_json_begin_array(json, "split");
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        cpl_json_add_real(json, NULL, options->split[i]);
    cpl_json_end(json);
    cpl_json_add_text(json, "dedup", options->dedup);
    cpl_json_add_text(json, "on_bad_text", options->on_bad_text);
    cpl_json_add_text(json, "format", options->format);
    cpl_json_add_bool(json, "chinese_only", options->chinese_lines_only);
    cpl_json_add_text(json, "normalize", forms[options->form]);
    cpl_json_end(json);
}

static void add_splits(struct cpl_json *json, const struct cpl_corpus_report *report)
{
    cpl_json_begin_object(json, "splits");
    for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
        const struct cpl_corpus_counts *counts = &report->split[i];
        cpl_json_begin_object(json, cpl_split_name((enum cpl_split)i));
        add_count(json, "documents", counts->documents);
        add_count(json, "bytes", counts->bytes);
        add_count(json, "characters", counts->characters);
        add_count(json, "chinese_characters", counts->chinese_characters);
        cpl_json_end(json);
    }
    cpl_json_end(json);
}

static void add_sources(struct cpl_json *json, const struct cpl_corpus_report *report,
                        const struct cpl_corpus_build *options)
{
    cpl_json_begin_array(json, "sources");
    for (size_t i = 0; i < options->n_sources; i++) {
        const struct cpl_source_counts *counts = &report->source[i];
        cpl_json_begin_object(json, NULL);
        cpl_json_add_text(json, "path", options->sources[i]);
        add_count(json, "files", counts->files);
        add_count(json, "bytes", counts->bytes);
        add_count(json, "documents", counts->documents);
        add_count(json, "documents_kept", counts->kept);
        cpl_json_end(json);
    }
    cpl_json_end(json);
}

static void add_named_counts(struct cpl_json *json, const char *key, const char *const *names,
                             const uint64_t *counts, size_t n_counts)
{
    cpl_json_begin_object(json, key);
    for (size_t i = 0; i < n_counts; i++)
        add_count(json, names[i], counts[i]);
    cpl_json_end(json);
}

static void add_lengths(struct cpl_json *json, const struct cpl_corpus_report *report)
{
    cpl_json_begin_array(json, "lengths");
    for (int i = 0; i < CPL_CORPUS_LENGTHS; i++) {
        if (report->lengths[i] == 0)
            continue;
        cpl_json_begin_object(json, NULL);
        add_count(json, "from", (uint64_t)1 << i);
        add_count(json, "documents", report->lengths[i]);
        cpl_json_end(json);
    }
    cpl_json_end(json);
}

cpl_status cpl_corpus_report_write(const struct cpl_corpus_report *report,
                                   const struct cpl_corpus_build *options, const char *path,
                                   struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    struct cpl_buffer text = {0};
    const char *finished = NULL;
    size_t length = 0;
    char hash[20];
    cpl_status status;
    snprintf(hash, sizeof hash, "%016" PRIx64, cpl_corpus_report_hash(report));
    CPL_TRY(cpl_json_new(&json, 2, error));
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "format", format_name);
    cpl_json_add_int(json, "version", CPL_CORPUS_VERSION);
    cpl_json_add_text(json, "hash", hash);
    add_options(json, options);
    add_splits(json, report);
    add_sources(json, report, options);
    add_named_counts(json, "dropped", drop_names, report->dropped, CPL_DROP_COUNT);
    add_count(json, "repaired", report->repaired);
    add_named_counts(json, "languages", language_names, report->language, CPL_LANGUAGE_COUNT);
    add_lengths(json, report);
    cpl_json_end(json);
    CPL_TRY_GOTO(cpl_json_finish(json, &finished, &length, error));
    cpl_buffer_add(&text, finished, length);
    cpl_buffer_add_byte(&text, '\n');
    CPL_TRY_GOTO(cpl_buffer_check(&text, error));
    CPL_TRY_GOTO(cpl_file_write(path, text.data, text.length, error));
done:
    cpl_buffer_clear(&text);
    cpl_json_free(json);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------ */

static cpl_status read_count(uint64_t *out, const json_t *object, const char *key,
                             const char *path, struct cpl_error *error)
{
    int64_t value = 0;
    CPL_TRY(cpl_json_get_int(&value, object, key, 0, INT64_MAX, path, error));
    *out = (uint64_t)value;
    return CPL_OK;
}

static cpl_status read_split(struct cpl_corpus_counts *counts, const json_t *object,
                             const char *path, struct cpl_error *error)
{
    CPL_TRY(read_count(&counts->documents, object, "documents", path, error));
    CPL_TRY(read_count(&counts->bytes, object, "bytes", path, error));
    CPL_TRY(read_count(&counts->characters, object, "characters", path, error));
    return read_count(&counts->chinese_characters, object, "chinese_characters", path, error);
}

cpl_status cpl_corpus_report_read(struct cpl_corpus_report *report, uint64_t *hash,
                                  const char *path, struct cpl_error *error)
{
    json_t *json = NULL;
    const char *format = NULL, *hash_text = NULL;
    int64_t version = 0;
    cpl_status status;
    CPL_TRY_GOTO(cpl_json_load(&json, path, 0, error));
    CPL_TRY_GOTO(cpl_json_get_text(&format, json, "format", path, error));
    CPL_TRY_GOTO(cpl_json_get_int(&version, json, "version", 0, INT64_MAX, path, error));
    CPL_TRY_GOTO(cpl_json_get_text(&hash_text, json, "hash", path, error));
    if (!format || strcmp(format, format_name) != 0 || !hash_text ||
        sscanf(hash_text, "%16" SCNx64, hash) != 1) {
        status = cpl_error_set(error, CPL_ERROR_INPUT, path, "not the description of a corpus");
        goto done;
    }
    if (version != CPL_CORPUS_VERSION) {
        status = cpl_error_set(error, CPL_ERROR_INPUT, path,
                               "corpus format %lld, this program reads %d", (long long)version,
                               CPL_CORPUS_VERSION);
        goto done;
    }
    const json_t *splits = json_object_get(json, "splits");
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        CPL_TRY_GOTO(read_split(&report->split[i],
                                json_object_get(splits, cpl_split_name((enum cpl_split)i)),
                                path, error));
done:
    json_decref(json);
    return status;
}
