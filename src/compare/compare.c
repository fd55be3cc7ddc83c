/* The comparison: train what is missing, measure both, report.  See <couplet/compare.h>. */
#include <couplet/compare.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "compare/held_out.h"
#include "compare/job.h"
#include "compare/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cpl_compare_preset presets[] = {
    {"quick", "tiny", 300, 300, 40, 48},
    {"full", "mini", 2000, 2000, 200, 64},
};

bool cpl_compare_say(struct cpl_compare_job *job, double share,
                     const struct cpl_train_progress *training)
{
    const struct cpl_compare_options *options = job->options;
    if (options->progress && !options->progress(options->context, job->doing, share, training))
        job->stopped = true;
    return !job->stopped;
}

/* After both trainings, so that no model lies in memory while the other one is trained. */
static cpl_status load_sides(struct cpl_compare_job *job, struct cpl_error *error)
{
    for (int side = 0; side < 2; side++) {
        struct cpl_side *self = &job->comparison.side[side];
        CPL_TRY(cpl_model_load(&self->model, self->run, job->device, error));
        self->masked = side == CPL_ENCODER;
    }
    return CPL_OK;
}

/* Puts the runs that were given where they belong: their models say which is which. */
static cpl_status take_runs(struct cpl_compare_job *job, struct cpl_error *error)
{
    for (int i = 0; i < 2; i++) {
        if (!job->options->runs[i])
            continue;
        struct cpl_model *model = NULL;
        CPL_TRY(cpl_model_load(&model, job->options->runs[i], job->device, error));
        int side = cpl_model_is_masked(model) ? CPL_ENCODER : CPL_DECODER;
        cpl_model_free(model);
        struct cpl_side *self = &job->comparison.side[side];
        if (self->run)
            return cpl_error_set(error, CPL_ERROR_USAGE, job->options->runs[i],
                                 "both runs are %ss; the comparison wants one of each",
                                 side == CPL_ENCODER ? "encoder" : "decoder");
        CPL_TRY(cpl_text_copy(&self->run, job->options->runs[i], error));
        CPL_TRY(cpl_side_read_metrics(self, error));
    }
    return CPL_OK;
}

/* Corpus and tokenizer: as told, else as the first run given names them. */
static cpl_status take_text(struct cpl_compare_job *job, struct cpl_error *error)
{
    struct cpl_comparison *c = &job->comparison;
    const char *run = c->side[0].run ? c->side[0].run : c->side[1].run;
    if (job->options->corpus)
        CPL_TRY(cpl_text_copy(&c->corpus, job->options->corpus, error));
    else if (run)
        CPL_TRY(cpl_run_option(&c->corpus, run, "corpus", error));
    if (job->options->tokenizer)
        CPL_TRY(cpl_text_copy(&c->tokenizer_path, job->options->tokenizer, error));
    else if (run)
        CPL_TRY(cpl_model_resolve(&c->tokenizer_path, run, error));
    if (!c->corpus || !c->tokenizer_path)
        return cpl_error_set(
            error, CPL_ERROR_USAGE, "compare", "%s is needed: give --%s or a run",
            c->corpus ? "a tokenizer" : "a corpus", c->corpus ? "tokenizer" : "corpus");
    return CPL_OK;
}

/* The runs must have learnt with the same tokenizer, or nothing that follows is fair. */
static cpl_status check_tokenizer(struct cpl_compare_job *job, int side,
                                  struct cpl_error *error)
{
    struct cpl_side *self = &job->comparison.side[side];
    struct cpl_tokenizer *own = NULL;
    char *path = NULL;
    CPL_TRY(cpl_model_resolve(&path, self->run, error));
    cpl_status status = cpl_tokenizer_load(&own, path, error);
    if (status == CPL_OK && cpl_tokenizer_hash(own) != cpl_tokenizer_hash(job->tokenizer))
        status = cpl_error_set(error, CPL_ERROR_STATE, self->run,
                               "its tokenizer differs from the one compared with, %s",
                               job->comparison.tokenizer_path);
    cpl_tokenizer_free(own);
    free(path);
    return status;
}

/* Nor is it when they learnt from different texts. */
static cpl_status check_texts(struct cpl_compare_job *job, struct cpl_error *error)
{
    const struct cpl_side *side = job->comparison.side;
    char *text[2] = {0};
    cpl_status status = CPL_OK;
    for (int i = 0; i < 2 && status == CPL_OK; i++)
        status = cpl_run_text(&text[i], side[i].run, error);
    if (status == CPL_OK && strcmp(text[0], text[1]) != 0)
        status = cpl_error_set(error, CPL_ERROR_STATE, side[CPL_DECODER].run,
                               "it learnt from another text than %s", side[CPL_ENCODER].run);
    free(text[0]);
    free(text[1]);
    return status;
}

/* Windows begin with a special token, blanks are masks, an encoder's text ends with a special token. */
static cpl_status check_special(const struct cpl_compare_job *job, struct cpl_error *error)
{
    struct cpl_special_ids encoder = cpl_side_special(job->tokenizer, true);
    struct cpl_special_ids decoder = cpl_side_special(job->tokenizer, false);
    if (encoder.mask >= 0 && encoder.cls >= 0 && encoder.sep >= 0 && decoder.cls >= 0)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, job->comparison.tokenizer_path,
                         "a comparison needs a tokenizer with a mask token and with tokens to "
                         "begin and to end a text with");
}

static cpl_status open_text(struct cpl_compare_job *job, struct cpl_error *error)
{
    struct cpl_comparison *c = &job->comparison;
    char *tokens = NULL, *path = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_tokenizer_load(&job->tokenizer, c->tokenizer_path, error));
    CPL_TRY_GOTO(check_special(job, error));
    CPL_TRY_GOTO(cpl_corpus_open(&job->corpus, c->corpus, error));
    CPL_TRY_GOTO(cpl_segmenter_new(&job->segmenter, NULL, NULL, error));
    CPL_TRY_GOTO(cpl_corpus_encode(job->corpus, job->tokenizer, job->segmenter, &tokens, NULL,
                                   NULL, error));
    CPL_TRY_GOTO(cpl_path_join(&path, tokens, "test.shard", error));
    CPL_TRY_GOTO(cpl_shard_open(&job->test, path, error));
    c->train_characters = (int64_t)cpl_corpus_counts(job->corpus, CPL_SPLIT_TRAIN).characters;
    c->test_characters = (int64_t)cpl_corpus_counts(job->corpus, CPL_SPLIT_TEST).characters;
    c->vocab_size = cpl_tokenizer_size(job->tokenizer);
done:
    free(tokens);
    free(path);
    return status;
}

static cpl_status write_file(struct cpl_compare_job *job, const char *name, const char *text,
                             size_t length, struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, job->directory, name, error));
    cpl_status status = cpl_file_write(path, text, length, error);
    free(path);
    return status;
}

static cpl_status report(struct cpl_compare_job *job, char **table, struct cpl_error *error)
{
    struct cpl_buffer page = {0}, lines = {0};
    char *json = NULL;
    cpl_status status;
    cpl_comparison_page(&job->comparison, &page);
    cpl_comparison_table(&job->comparison, &lines);
    CPL_TRY_GOTO(cpl_buffer_check(&page, error));
    CPL_TRY_GOTO(cpl_buffer_check(&lines, error));
    CPL_TRY_GOTO(cpl_comparison_json(&job->comparison, &json, error));
    CPL_TRY_GOTO(write_file(job, "compare.json", json, strlen(json), error));
    CPL_TRY_GOTO(write_file(job, "compare.html", page.data, page.length, error));
    CPL_TRY_GOTO(cpl_text_copy_n(table, lines.data, lines.length, error));
done:
    free(json);
    cpl_buffer_clear(&page);
    cpl_buffer_clear(&lines);
    return status;
}

static cpl_status run(struct cpl_compare_job *job, char **table, struct cpl_error *error)
{
    CPL_TRY(cpl_directory_make(job->directory, error));
    CPL_TRY(take_runs(job, error));
    CPL_TRY(take_text(job, error));
    for (int side = 0; side < 2; side++) {
        if (job->comparison.side[side].run)
            continue;
        CPL_TRY(cpl_compare_train(job, side, error));
        CPL_TRY(cpl_side_read_metrics(&job->comparison.side[side], error));
    }
    CPL_TRY(check_texts(job, error));
    CPL_TRY(open_text(job, error));
    for (int side = 0; side < 2; side++)
        CPL_TRY(check_tokenizer(job, side, error));
    CPL_TRY(load_sides(job, error));
    CPL_TRY(cpl_compare_measure(job, error));
    return report(job, table, error);
}

static const struct cpl_compare_preset *find_preset(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (!name || strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}

cpl_status cpl_compare(const struct cpl_compare_options *options, struct cpl_device *device,
                       const char *directory, char **table, struct cpl_error *error)
{
    struct cpl_compare_job job = {.options = options, .device = device, .directory = directory};
    char machine[256];
    *table = NULL;
    job.preset = find_preset(options->preset);
    if (!job.preset)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--preset", "quick or full, not %s",
                             options->preset);
    job.comparison.seed = options->seed > 0 ? options->seed : 1;
    job.comparison.threads = cpl_device_threads(device);
    job.comparison.dtype = cpl_device_dtype(device);
    snprintf(machine, sizeof machine, "%s (%s)", cpl_machine_processor(),
             cpl_device_isa(device));
    job.comparison.machine = machine;
    cpl_status status = run(&job, table, error);
    cpl_shard_close(&job.test);
    cpl_corpus_close(job.corpus);
    cpl_tokenizer_free(job.tokenizer);
    cpl_segmenter_free(job.segmenter);
    for (int i = 0; i < 2; i++)
        cpl_side_clear(&job.comparison.side[i]);
    free(job.comparison.corpus);
    free(job.comparison.tokenizer_path);
    return status;
}
