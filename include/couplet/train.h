/* Training and evaluating models.
 *
 *     struct cpl_train_options options;
 *     cpl_train_options_init(&options);
 *     options.family = "bert";
 *     options.corpus = "corpus";
 *     options.tokenizer = "tokenizer";
 *     options.out = "runs/bert";
 *     options.steps = 1000;
 *     if (cpl_pretrain(&options, device, NULL, &error) == CPL_OK)
 *         puts("trained: runs/bert/latest");
 *
 * A run is a directory:
 *
 *     RUN/config.yaml                every option, resolved; readable by --config
 *     RUN/metrics.jsonl              one object a line: step, loss, lr, ...; eval_ lines
 *     RUN/log.txt                    what happened, with times
 *     RUN/checkpoints/step-000100/   a Hugging Face directory, training.safetensors, training.json
 *     RUN/latest, RUN/best           links to checkpoints
 *     RUN/lock                       held while the run is written
 */
#ifndef COUPLET_TRAIN_H
#define COUPLET_TRAIN_H

#include <couplet/corpus.h>
#include <couplet/device.h>
#include <couplet/model.h>
#include <couplet/options.h>
#include <couplet/status.h>
#include <couplet/tokenizer.h>
#include <stdbool.h>
#include <stdint.h>

/* Where a training stands; also what it calls back with. */
struct cpl_train_progress {
    const char *doing;   /* "preparing", "training", "evaluating", "saving" */
    int64_t step;        /* steps done */
    int64_t steps;       /* steps in all; 0: bounded by time alone */
    int64_t tokens;      /* seen so far */
    double loss;         /* of the last step, nats a predicted token */
    double lr;           /* of the last step */
    double grad_norm;    /* of the last step, before clipping */
    double tokens_per_s; /* of the last steps */
    double gflops;       /* needed arithmetic a second */
    double peak_share;   /* gflops / the machine's peak of the dtype; 0: not measured */
    double seconds;      /* spent training, over all resumptions */
    double seconds_left; /* estimate; 0: unknown */
    double eval_loss;    /* of the last evaluation; 0: none yet */
};

/* All of pretrain's options; their names, defaults, ranges and help stand in
 * <couplet/options.def>. Texts are borrowed until the call returns. */
struct cpl_train_options {
    /* the model: a preset, a configuration file or the weights of another model */
    const char *family, *size, *model_config, *from;
    int64_t max_positions, ff_width;
    double dropout; /* negative: the family's own */
    /* the data */
    const char *corpus, *tokenizer, *dict, *objective, *mask;
    double mask_share;
    int64_t length, batch_tokens, micro_batch_tokens;
    /* the optimization */
    const char *optimizer, *schedule, *muon_adjust;
    double lr, adamw_lr, min_lr_share, weight_decay, beta1, beta2, eps, momentum, clip;
    int64_t warmup;
    /* how long: whichever ends first; 0: no limit */
    int64_t steps, tokens;
    double epochs, max_time;
    /* the run */
    const char *out;
    int64_t save_every, keep_last, evaluate_every, log_every;
    bool resume, force, save_initial;
    int64_t seed;
    /* Called after every step and now and then in longer work; false: end after the running
     * step with a saved checkpoint.  May be NULL. */
    bool (*progress)(void *context, const struct cpl_train_progress *progress);
    /* One line for people: "resumed from step 100".  May be NULL. */
    void (*message)(void *context, const char *text);
    void *context;
};
/* Every field as <couplet/options.def> has it. */
CPL_API void cpl_train_options_init(struct cpl_train_options *options);
/* Fields whose option `values` accepts get its value; texts belong to `values`. */
CPL_API void cpl_train_options_read(struct cpl_train_options *options,
                                    const struct cpl_options *values);

/* *out: the objective as given, or what the family is for; a static text. */
CPL_API cpl_status cpl_train_objective(const char **out,
                                       const struct cpl_train_options *options,
                                       struct cpl_error *error);

struct cpl_train_result {
    struct cpl_train_progress last;
    bool saved;                      /* a checkpoint of the last step exists */
    double eval_loss, eval_accuracy; /* of the last evaluation */
};
/* Trains into options->out.  *result may be NULL; it is filled on failure too.
 * Errors: CPL_ERROR_USAGE for options that cannot be; CPL_ERROR_INPUT for a corpus, tokenizer
 * or model that does not fit; CPL_ERROR_STATE for a run in use, one that exists without
 * `resume` or `force`, one that differs from what is resumed; CPL_ERROR_NUMERIC for NaN or
 * infinity, which never reach a checkpoint; CPL_STOPPED when `progress` asked for it
 * (result->saved says whether there was anything to save). */
CPL_API cpl_status cpl_pretrain(const struct cpl_train_options *options,
                                struct cpl_device *device, struct cpl_train_result *result,
                                struct cpl_error *error);

/* What a run would take, found by a dry run of the model on a batch of that size. */
struct cpl_train_plan {
    int64_t parameters;
    int64_t ff_width; /* of the feed-forward layers */
    int64_t steps;    /* 0: bounded by time alone */
    double flops_per_step;
    double peak_gflops; /* of this machine and dtype, measured */
    double seconds;     /* estimate at half of the peak */
    size_t weight_bytes, gradient_bytes, optimizer_bytes, activation_bytes, packed_bytes;
    size_t total_bytes;
    size_t checkpoint_bytes;                   /* of one checkpoint on disk */
    size_t free_memory_bytes, free_disk_bytes; /* 0: unknown */
};
CPL_API cpl_status cpl_pretrain_plan(const struct cpl_train_options *options,
                                     struct cpl_device *device, struct cpl_train_plan *plan,
                                     struct cpl_error *error);

/* ---- evaluation
 * ---------------------------------------------------------------------------------
 *
 * The whole split, in order, masks fixed by `seed`; no dropout. */
struct cpl_evaluate_options {
    enum cpl_split split;  /* of a corpus */
    const char *objective; /* NULL: what the model is for, "mlm" or "clm" */
    const char *mask;      /* NULL: "word" */
    double mask_share;     /* 0: 0.15 */
    int32_t length;        /* 0: 128, or the model's longest when that is less */
    int64_t batch_tokens;  /* 0: 4096 */
    uint64_t seed;         /* of the masks */
    const char
        *dictionary; /* user dictionary of words, for text that is not encoded yet; or NULL */
    bool (*progress)(void *context, double share); /* false: CPL_STOPPED.  May be NULL. */
    void *context;
};
struct cpl_evaluation {
    int64_t tokens, predicted, correct;
    double loss;       /* nats a predicted token */
    double accuracy;   /* share of predicted tokens that were the most probable */
    double perplexity; /* exp(loss) */
    /* clm: negative log2-likelihood of the text by its characters, line breaks included; every
     * unknown token is charged 20 bits instead of its own likelihood.  0 for mlm. */
    double bits_per_character;
    int64_t characters, unknown;
    /* Guessing by frequency on the same targets: cross-entropy under the add-one unigram
     * distribution of the training split, and the share right by always saying its most
     * frequent token.  0 when there is no training split. */
    double unigram_loss, most_frequent_accuracy;
};
/* `path`: a corpus directory, or a text file of any kind that corpora are built from (all of it
 * is measured then).  Errors: CPL_ERROR_INPUT when the tokenizer does not fit the model or
 * there is no text, CPL_ERROR_USAGE for an objective that the family cannot do. */
CPL_API cpl_status cpl_evaluate(struct cpl_model *model, const struct cpl_tokenizer *tokenizer,
                                const char *path, const struct cpl_evaluate_options *options,
                                struct cpl_evaluation *out, struct cpl_error *error);

/* ---- speed
 * --------------------------------------------------------------------------------------
 *
 * Whole training steps on random tokens: forward, loss on 15 % of the rows for mlm and on all
 * for clm, backward, AdamW; no dropout, no clipping. */
struct cpl_step_bench_options {
    const char *family, *size;
    const char *objective; /* NULL: the family's */
    int32_t vocab_size, length;
    int64_t sequences, micro_batch_tokens;
    int64_t steps; /* timed; two more warm up */
    uint64_t seed;
    bool (*progress)(void *context, double share); /* false: CPL_STOPPED.  May be NULL. */
    void *context;
};
struct cpl_step_bench {
    double tokens_per_s, tokens_per_s_best; /* median and best step */
    double needed_gflops;                   /* at the median */
    double peak_gflops;                     /* median of bursts between the steps */
    double share;
    int64_t peak_memory_bytes;                         /* of the process */
    double forward_s, loss_s, backward_s, optimizer_s; /* medians */
};
CPL_API cpl_status cpl_step_bench(const struct cpl_step_bench_options *options,
                                  struct cpl_device *device, struct cpl_step_bench *out,
                                  struct cpl_error *error);

#endif
