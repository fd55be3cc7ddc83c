/* Building corpora: files → documents → tidied → without duplicates → split → written. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "corpus/corpus_place.h"
#include "corpus/corpus_report.h"
#include "corpus/corpus_split.h"
#include "corpus/sources.h"
#include "corpus/tidy.h"

#include <stdlib.h>
#include <string.h>

/* Documents between two calls of the caller's progress function. */
enum { PROGRESS_EVERY = 256 };

struct builder {
    struct cpl_corpus_build options; /* with defaults filled in */
    struct cpl_source_files files;
    struct cpl_corpus_report report;
    struct cpl_split_writers writers;
    struct cpl_reading reading;
    bool removes_duplicates;
    enum cpl_format format;
    struct cpl_hash_table documents, lines;
    struct cpl_buffer tidied, kept;
    struct cpl_source_counts *source; /* of the file being read */
    uint64_t n_documents;             /* read so far */
    size_t files_done;
    uint64_t bytes_done; /* of finished files, unpacked */
};

/* ---- options ------------------------------------------------------------------------------ */

static cpl_status choose(int *out, const char *text, const char *const *names, int n_names,
                         const char *option, struct cpl_error *error)
{
    for (int i = 0; i < n_names; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return CPL_OK;
        }
    return cpl_error_set(error, CPL_ERROR_USAGE, option, "no such choice: \"%s\"", text);
}

static cpl_status choose_format(struct builder *builder, struct cpl_error *error)
{
    const char *names[CPL_FORMAT_COUNT + 1];
    int format = 0;
    for (int i = 0; i < CPL_FORMAT_COUNT; i++)
        names[i] = cpl_formats[i].name;
    names[CPL_FORMAT_COUNT] = "auto";
    CPL_TRY(
        choose(&format, builder->options.format, names, CPL_FORMAT_COUNT + 1, "format", error));
    builder->format = (enum cpl_format)format;
    return CPL_OK;
}

static cpl_status check_split(struct builder *builder, struct cpl_error *error)
{
    double *split = builder->options.split;
    double sum = 0;
    for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
        if (!(split[i] >= 0 && split[i] <= 1e9))
            return cpl_error_set(error, CPL_ERROR_USAGE, "split",
                                 "a share is negative or no number");
        sum += split[i];
    }
    if (sum == 0) {
        split[CPL_SPLIT_TRAIN] = 98;
        split[CPL_SPLIT_VALID] = split[CPL_SPLIT_TEST] = 1;
    }
    return CPL_OK;
}

static cpl_status set_options(struct builder *builder, const struct cpl_corpus_build *options,
                              struct cpl_error *error)
{
    static const char *const dedups[] = {"off", "exact"};
    static const char *const policies[] = {"repair", "skip", "error"};
    int dedup = 0, policy = 0;
    builder->options = *options;
    struct cpl_corpus_build *filled = &builder->options;
    filled->dedup = filled->dedup ? filled->dedup : "exact";
    filled->on_bad_text = filled->on_bad_text ? filled->on_bad_text : "repair";
    filled->format = filled->format ? filled->format : "auto";
    CPL_TRY(choose(&dedup, filled->dedup, dedups, 2, "dedup", error));
    CPL_TRY(choose(&policy, filled->on_bad_text, policies, 3, "on_bad_text", error));
    CPL_TRY(choose_format(builder, error));
    CPL_TRY(check_split(builder, error));
    if (filled->n_sources == 0)
        return cpl_error_set(error, CPL_ERROR_USAGE, NULL, "no sources to build a corpus from");
    builder->removes_duplicates = dedup == 1;
    builder->reading.on_bad_text = (enum cpl_bad_text)policy;
    return CPL_OK;
}

/* ---- documents ---------------------------------------------------------------------------- */

static cpl_status show_progress(const struct builder *builder, struct cpl_error *error)
{
    const struct cpl_corpus_build *options = &builder->options;
    if (!options->progress ||
        options->progress(options->context, builder->files_done, builder->files.count,
                          builder->bytes_done + builder->reading.n_bytes))
        return CPL_OK;
    return cpl_error_set(error, CPL_STOPPED, NULL, "stopped: no corpus was written");
}

static cpl_status is_duplicate(struct builder *builder, bool *is, struct cpl_error *error)
{
    struct cpl_hash_entry *entry;
    bool is_new = true;
    if (builder->removes_duplicates)
        CPL_TRY(cpl_hash_table_find(
            &builder->documents, &entry, &is_new,
            cpl_document_hash(builder->tidied.data, builder->tidied.length), error));
    *is = !is_new;
    return CPL_OK;
}

static cpl_status keep_document(struct builder *builder, const char *text, size_t length,
                                struct cpl_error *error)
{
    enum cpl_split split = cpl_split_of(text, length, builder->options.split);
    builder->source->kept++;
    cpl_corpus_report_add(&builder->report, split, text, length);
    cpl_corpus_report_add_kind(&builder->report, text, length);
    return cpl_document_writer_add(&builder->writers.writer[split], text, length, error);
}

/* Tidied text: duplicates and shared lines go, the rest is kept. */
static cpl_status filter_document(struct builder *builder, struct cpl_error *error)
{
    uint64_t *dropped = builder->report.dropped;
    struct cpl_buffer *text = &builder->tidied;
    bool duplicate = false;
    CPL_TRY(cpl_buffer_check(text, error));
    if (text->length > 0)
        CPL_TRY(is_duplicate(builder, &duplicate, error));
    if (duplicate) {
        dropped[CPL_DROP_documents_duplicate]++;
        return CPL_OK;
    }
    if (text->length > 0 && builder->removes_duplicates) {
        CPL_TRY(cpl_tidy_repeated(&builder->kept, &builder->lines, text->data, text->length,
                                  (uint32_t)builder->n_documents, dropped, error));
        text = &builder->kept;
    }
    if (text->length == 0) {
        dropped[CPL_DROP_documents_empty]++;
        return CPL_OK;
    }
    return keep_document(builder, text->data, text->length, error);
}

/* Takes a document from a reader. */
static cpl_status take_document(void *context, const char *text, size_t length,
                                struct cpl_error *error)
{
    struct builder *builder = context;
    const struct cpl_corpus_build *options = &builder->options;
    char *normal = NULL;
    builder->n_documents++;
    builder->source->documents++;
    if (builder->n_documents % PROGRESS_EVERY == 0)
        CPL_TRY(show_progress(builder, error));
    if (options->form != CPL_FORM_NONE)
        CPL_TRY(cpl_text_clean(&normal, &length, NULL, text, length, options->form, error));
    cpl_tidy_document(&builder->tidied, normal ? normal : text, length,
                      options->chinese_lines_only, builder->report.dropped);
    free(normal);
    return filter_document(builder, error);
}

static cpl_status read_file(struct builder *builder, const struct cpl_source_file *file,
                            struct cpl_error *error)
{
    builder->source = &builder->report.source[file->source];
    CPL_TRY(cpl_reading_open(&builder->reading, file->path, error));
    cpl_status status = cpl_formats[file->format].read(&builder->reading, error);
    uint64_t bytes = builder->reading.n_bytes;
    cpl_reading_close(&builder->reading);
    builder->source->files++;
    builder->source->bytes += bytes;
    builder->bytes_done += bytes;
    builder->files_done++;
    return status == CPL_OK ? show_progress(builder, error) : status;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static cpl_status no_documents(const struct builder *builder, struct cpl_error *error)
{
    static const char *const whats[CPL_DROP_COUNT] = {
#define DROP(name, what) what,
#include <couplet/corpus_drops.def>
#undef DROP
    };
    const uint64_t *dropped = builder->report.dropped;
    int most = 0;
    for (int i = 1; i < CPL_DROP_COUNT; i++)
        most = dropped[i] > dropped[most] ? i : most;
    const char *first = builder->options.sources[0];
    if (dropped[most] == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, first,
                             "no text in %zu files: empty corpus", builder->files.count);
    return cpl_error_set(error, CPL_ERROR_INPUT, first,
                         "nothing left of %llu documents in %zu files: empty corpus; most was "
                         "dropped as %s: %llu",
                         (unsigned long long)builder->n_documents, builder->files.count,
                         whats[most], (unsigned long long)dropped[most]);
}

static cpl_status build_into(struct builder *builder, const char *directory,
                             struct cpl_error *error)
{
    char *report_path = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_split_writers_open(&builder->writers, directory, error));
    for (size_t i = 0; i < builder->files.count; i++)
        CPL_TRY_GOTO(read_file(builder, &builder->files.file[i], error));
    CPL_TRY_GOTO(cpl_split_writers_commit(&builder->writers, error));
    builder->report.repaired = builder->reading.n_repaired;
    uint64_t kept = 0;
    for (int i = 0; i < CPL_SPLIT_COUNT; i++)
        kept += builder->report.split[i].documents;
    if (kept == 0) {
        status = no_documents(builder, error);
        goto done;
    }
    CPL_TRY_GOTO(
        cpl_split_fill_empty(&builder->report, builder->options.split, directory, error));
    CPL_TRY_GOTO(cpl_path_join(&report_path, directory, "corpus.json", error));
    CPL_TRY_GOTO(
        cpl_corpus_report_write(&builder->report, &builder->options, report_path, error));
done:
    free(report_path);
    cpl_split_writers_abandon(&builder->writers);
    return status;
}

static cpl_status build_beside(struct builder *builder, const char *directory,
                               struct cpl_error *error)
{
    char *partial = NULL, *lock_path = NULL;
    struct cpl_lock lock = {0};
    cpl_status status;
    CPL_TRY_GOTO(cpl_text_format(&partial, error, "%s.partial", directory));
    CPL_TRY_GOTO(cpl_text_format(&lock_path, error, "%s/lock", partial));
    CPL_TRY_GOTO(cpl_directory_make(partial, error));
    CPL_TRY_GOTO(cpl_lock_take(&lock, partial, error));
    status = build_into(builder, partial, error);
    cpl_path_remove(lock_path, NULL);
    if (status == CPL_OK)
        status = cpl_corpus_put_in_place(partial, directory, error);
    else
        cpl_path_remove(partial, NULL);
    cpl_lock_release(&lock);
done:
    free(partial);
    free(lock_path);
    return status;
}

static void builder_clear(struct builder *builder)
{
    cpl_source_files_clear(&builder->files);
    cpl_hash_table_clear(&builder->documents);
    cpl_hash_table_clear(&builder->lines);
    cpl_buffer_clear(&builder->tidied);
    cpl_buffer_clear(&builder->kept);
    free(builder->report.source);
}

static char *without_final_slash(const char *directory)
{
    char *copy = NULL;
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    return cpl_text_copy_n(&copy, directory, length, NULL) == CPL_OK ? copy : NULL;
}

cpl_status cpl_corpus_build(const struct cpl_corpus_build *options, const char *directory,
                            struct cpl_error *error)
{
    struct builder builder = {.n_documents = 0};
    char *target = without_final_slash(directory);
    cpl_status status;
    if (!target)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, directory, "out of memory");
    CPL_TRY_GOTO(set_options(&builder, options, error));
    CPL_TRY_GOTO(cpl_corpus_check_target(target, error));
    CPL_TRY_GOTO(cpl_memory_new(&builder.report.source, options->n_sources,
                                sizeof *builder.report.source, error));
    builder.reading.dropped = builder.report.dropped;
    builder.reading.put = take_document;
    builder.reading.context = &builder;
    CPL_TRY_GOTO(cpl_source_files_list(&builder.files, options->sources, options->n_sources,
                                       builder.format, builder.report.dropped, error));
    CPL_TRY_GOTO(build_beside(&builder, target, error));
done:
    builder_clear(&builder);
    free(target);
    return status;
}
