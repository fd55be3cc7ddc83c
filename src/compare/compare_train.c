/* Training the side of a comparison that is missing. */
#include "base/file.h"
#include "base/try.h"
#include "compare/job.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static bool say_training(void *context, const struct cpl_train_progress *progress)
{
    double share = progress->steps > 0 ? (double)progress->step / (double)progress->steps : 0;
    return cpl_compare_say(context, share, progress);
}

/* Lets the process's peak of memory begin anew, so that each training is charged its own (proc(5),
 * clear_refs).  Where the kernel does not offer it, the second one shows the larger of both. */
static void forget_peak_memory(void)
{
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t written = write(file, "5", 1);
    (void)written;
    close(file);
}

static void training_options(const struct cpl_compare_job *job,
                             struct cpl_train_options *training, int side)
{
    const struct cpl_compare_options *options = job->options;
    cpl_train_options_init(training);
    training->family = side == CPL_ENCODER ? "bert" : "gpt2";
    training->size = options->size ? options->size : job->preset->size;
    training->corpus = job->comparison.corpus;
    training->tokenizer = job->comparison.tokenizer_path;
    training->objective = side == CPL_ENCODER ? "mlm" : "clm";
    training->length = options->length > 0 ? options->length : 128;
    training->max_positions = training->length;
    training->batch_tokens = options->batch_tokens > 0 ? options->batch_tokens : 4096;
    training->dropout = options->dropout;
    if (options->optimizer)
        training->optimizer = options->optimizer;
    training->lr = options->lr;
    training->seed = (int64_t)job->comparison.seed;
}

/* Parameters and arithmetic of a step that the missing side shall have: those of the run that was
 * given, or of the encoder that is trained before. */
static cpl_status plan_encoder(struct cpl_compare_job *job, const char *out, int64_t steps,
                               struct cpl_train_plan *plan, struct cpl_error *error)
{
    struct cpl_train_options encoder;
    training_options(job, &encoder, CPL_ENCODER);
    encoder.out = out;
    encoder.steps = steps;
    return cpl_pretrain_plan(&encoder, job->device, plan, error);
}

static cpl_status count_parameters(int64_t *parameters, const struct cpl_side *side,
                                   struct cpl_device *device, struct cpl_error *error)
{
    struct cpl_model *model = NULL;
    CPL_TRY(cpl_model_load(&model, side->run, device, error));
    *parameters = cpl_model_parameter_count(model);
    cpl_model_free(model);
    return CPL_OK;
}

/* Where the preset is not within the tolerance of `parameters`, the feed-forward layers are made
 * wider or narrower, in steps of 8, as near as it goes. */
static cpl_status match_size(struct cpl_compare_job *job, struct cpl_train_options *training,
                             struct cpl_train_plan *own, int64_t parameters,
                             struct cpl_error *error)
{
    struct cpl_train_plan wider = *own;
    double missing = (double)(parameters - own->parameters);
    if (fabs(missing) <= CPL_COMPARISON_TOLERANCE * (double)parameters)
        return CPL_OK;
    int64_t width = own->ff_width;
    training->ff_width = width + 8;
    CPL_TRY(cpl_pretrain_plan(training, job->device, &wider, error));
    double step = (double)(wider.parameters - own->parameters);
    training->ff_width = width + 8 * (int64_t)floor(missing / step + 0.5);
    if (training->ff_width < 8)
        training->ff_width = 8;
    return cpl_pretrain_plan(training, job->device, own, error);
}

/* The missing side gets the parameters of the other one, and as many steps as its arithmetic takes. */
static cpl_status plan_training(struct cpl_compare_job *job, struct cpl_train_options *training,
                                int side, struct cpl_error *error)
{
    int64_t wanted = job->options->steps > 0 ? job->options->steps : job->preset->steps;
    const struct cpl_side *other = &job->comparison.side[1 - side];
    struct cpl_train_plan own, encoder = {0};
    int64_t parameters;
    double budget = other->flops;
    training->steps = wanted;
    CPL_TRY(cpl_pretrain_plan(training, job->device, &own, error));
    parameters = own.parameters;
    if (other->run)
        CPL_TRY(count_parameters(&parameters, other, job->device, error));
    CPL_TRY(match_size(job, training, &own, parameters, error));
    if (!(budget > 0)) {
        CPL_TRY(plan_encoder(job, training->out, wanted, &encoder, error));
        budget = encoder.flops_per_step * (double)wanted;
    }
    training->steps = (int64_t)(budget / own.flops_per_step + 0.5);
    if (training->steps < 1)
        training->steps = 1;
    training->evaluate_every = training->steps / 12 > 0 ? training->steps / 12 : 1;
    training->save_every = training->steps / 4 > 0 ? training->steps / 4 : 1;
    return CPL_OK;
}

cpl_status cpl_compare_train(struct cpl_compare_job *job, int side, struct cpl_error *error)
{
    struct cpl_side *self = &job->comparison.side[side];
    struct cpl_train_options training;
    char *latest = NULL;
    training_options(job, &training, side);
    CPL_TRY(cpl_path_join(&self->run, job->directory,
                          side == CPL_ENCODER ? "encoder" : "decoder", error));
    training.out = self->run;
    CPL_TRY(plan_training(job, &training, side, error));
    CPL_TRY(cpl_path_join(&latest, self->run, "latest", error));
    training.resume = cpl_file_exists(latest);
    training.force = !training.resume;
    free(latest);
    training.progress = say_training;
    training.context = job;
    job->doing = side == CPL_ENCODER ? "training the encoder" : "training the decoder";
    forget_peak_memory();
    return cpl_pretrain(&training, job->device, NULL, error);
}
