/* The general way from text to tokens, stage after stage, as Hugging Face's tokenizers go it:
 *
 *     text → added tokens cut out → sections
 *     section → normalizers → pre-tokenizers → words → model → tokens
 *
 * Every stage keeps for each byte which bytes of the input it stands for, so that tokens know their
 * place.  Combinations that people use much have a faster way of their own (fused_encoders.def), which
 * must give the same tokens; the tests compare both. */
#ifndef CPL_TOKENIZER_PIPELINE_H
#define CPL_TOKENIZER_PIPELINE_H

#include "base/json_file.h"
#include <couplet/text.h>
#include <couplet/tokenizer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the text between two stages ------------------------------------------------------------- */

/* Bytes of valid UTF-8; byte i stands for bytes [begin[i], end[i]) of the input.  All bytes of a
 * character that was not changed have the range of the whole character.  Nine bytes a byte, so no text
 * may have 4 GB. */
struct cpl_normal_text {
    char *bytes;
    uint32_t *begin, *end;
    size_t n_bytes, capacity, begin_capacity, end_capacity;
};
/* Room for `more` bytes behind those there are. */
cpl_status cpl_normal_text_reserve(struct cpl_normal_text *text, size_t more,
                                   struct cpl_error *error);
/* Appends bytes that all stand for [begin, end). */
cpl_status cpl_normal_text_add(struct cpl_normal_text *text, const char *bytes, size_t n_bytes,
                               size_t begin, size_t end, struct cpl_error *error);
/* Appends bytes [from, to) of `source` with their places. */
cpl_status cpl_normal_text_take(struct cpl_normal_text *text,
                                const struct cpl_normal_text *source, size_t from, size_t to,
                                struct cpl_error *error);
void cpl_normal_text_clear(struct cpl_normal_text *text);

/* One section on its way.  A stage that rewrites the text writes `spare` (emptied before it is called)
 * and ends with cpl_work_swap_text or cpl_work_compose_text; one that cuts does the same with
 * `spare_words` and cpl_work_swap_words.  What a stage leaves alone stays as it is. */
struct cpl_work {
    struct cpl_normal_text text, spare;
    struct cpl_spans words,
        spare_words; /* byte ranges of `text`, in order, not empty; before the
                                            first pre-tokenizer one for all of it */
    bool first;      /* the section begins the input */
    size_t origin;   /* where in the input the section begins */
};
/* `spare` becomes the text: its places are of the input, or (compose) bytes of the old text. */
void cpl_work_swap_text(struct cpl_work *work);
void cpl_work_compose_text(struct cpl_work *work);
void cpl_work_swap_words(struct cpl_work *work);
/* Between two steps of one stage. */
void cpl_work_empty_spare(struct cpl_work *work);
void cpl_work_clear(struct cpl_work *work);
/* Appends to `spare_words`; an empty range is left out. */
cpl_status cpl_work_add_word(struct cpl_work *work, size_t begin, size_t end,
                             struct cpl_error *error);

/* ---- stages ---------------------------------------------------------------------------------- */

/* What a "type" of normalizer or pre-tokenizer does. */
struct cpl_stage_kind {
    const char *type;
    /* *state (heap or NULL) from the object in tokenizer.json; CPL_ERROR_INPUT names `where`. */
    cpl_status (*read)(void **state, const json_t *section, const char *where,
                       struct cpl_error *error);
    cpl_status (*apply)(const void *state, struct cpl_work *work, struct cpl_error *error);
    void (*free_state)(void *state);
};
struct cpl_stage {
    const struct cpl_stage_kind *kind;
    void *state;
};
/* A "Sequence" is read as its members, one behind the other. */
struct cpl_stages {
    struct cpl_stage *stage;
    size_t n, capacity;
};

enum cpl_stage_table { CPL_NORMALIZERS, CPL_PRE_TOKENIZERS };
/* Appends what `section` (NULL or null: nothing) says. */
cpl_status cpl_stages_read(struct cpl_stages *stages, enum cpl_stage_table table,
                           const json_t *section, const char *where, struct cpl_error *error);
cpl_status cpl_stages_apply(const struct cpl_stages *stages, struct cpl_work *work,
                            struct cpl_error *error);
void cpl_stages_clear(struct cpl_stages *stages);
/* The reader of kinds without members. */
cpl_status cpl_stage_read_nothing(void **state, const json_t *section, const char *where,
                                  struct cpl_error *error);
/* For readers: a member that is one character.  Without it *code stays as it is. */
cpl_status cpl_stage_character(uint32_t *code, const json_t *section, const char *key,
                               const char *where, struct cpl_error *error);
/* The state of the only stage there is when it is of that type, else NULL. */
const void *cpl_stages_only(const struct cpl_stages *stages, const char *type);

#define NORMALIZER(type, symbol) extern const struct cpl_stage_kind cpl_normalizer_##symbol;
#define PRE_TOKENIZER(type, symbol)                                                            \
    extern const struct cpl_stage_kind cpl_pre_tokenizer_##symbol;
#include "tokenizer/stages.def"
#undef NORMALIZER
#undef PRE_TOKENIZER

/* ---- memory of an encoding ------------------------------------------------------------------- */

/* Memory of a kind that only its maker knows. */
struct cpl_kept {
    void *state; /* NULL: none yet */
    void (*free_state)(void *state);
};
/* *state (a pointer to it): what is kept, of `size` bytes, zeroed when it is made now. */
cpl_status cpl_kept_find(void *state, struct cpl_kept *kept, size_t size,
                         void (*free_state)(void *state), struct cpl_error *error);

/* What encoders keep from text to text; it hangs on the caller's cpl_encoding, so encoding is
 * thread-safe. */
struct cpl_encode_scratch {
    struct cpl_work work;
    struct cpl_normal_text whole; /* a section in which added tokens are */
    uint64_t owner;               /* serial number of the tokenizer that the following is for */
    struct cpl_kept model_work;   /* what the model keeps from word to word */
    struct cpl_kept engine;       /* of a fused encoder: word cache, tables of a search … */
};
void cpl_encode_scratch_free(struct cpl_encode_scratch *scratch);

#endif
