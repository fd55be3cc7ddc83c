/* A tape for inference: see session.h. */
#include "generate/session.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

cpl_status cpl_session_init(struct cpl_session *session, struct cpl_model *model,
                            const struct cpl_tokenizer *tokenizer, struct cpl_error *error)
{
    *session = (struct cpl_session){.model = model, .tokenizer = tokenizer};
    cpl_tape_init(&session->tape, &model->device->queue, model->device->dtype);
    session->tape.recording = false;
    session->vocab_size = (int32_t)model->config.vocab_size;
    int32_t known = cpl_tokenizer_size(tokenizer);
    if (known > session->vocab_size)
        return cpl_error_set(error, CPL_ERROR_INPUT, "tokenizer",
                             "it has %d tokens, the model's vocabulary only %d", known,
                             session->vocab_size);
    CPL_TRY(cpl_memory_new(&session->work, (size_t)session->vocab_size, sizeof *session->work,
                           error));
    CPL_TRY(cpl_memory_new(&session->skip, (size_t)session->vocab_size, 1, error));
    for (int32_t id = 0; id < session->vocab_size; id++)
        session->skip[id] = id >= known || cpl_tokenizer_is_special(tokenizer, id);
    return CPL_OK;
}

void cpl_session_clear(struct cpl_session *session)
{
    if (!session->model)
        return;
    cpl_tape_clear(&session->tape);
    free(session->work);
    free(session->skip);
    *session = (struct cpl_session){0};
}

void cpl_session_skip(struct cpl_session *session, int32_t id)
{
    if (id >= 0 && id < session->vocab_size)
        session->skip[id] = 1;
}

cpl_status cpl_session_logits(struct cpl_session *session, float **out, const int32_t *ids,
                              int64_t n_ids, const int32_t *rows, int64_t n_rows,
                              struct cpl_kv_cache *cache, struct cpl_error *error)
{
    struct cpl_tape *tape = &session->tape;
    cpl_tape_reset(tape);
    int32_t *positions = cpl_tape_memory(tape, (size_t)n_ids, sizeof *positions);
    int32_t *offsets = cpl_tape_memory(tape, 2, sizeof *offsets);
    if (!positions || !offsets)
        return cpl_tape_check(tape, error);
    int32_t begin = cache ? cache->length[0] : 0;
    for (int64_t i = 0; i < n_ids; i++)
        positions[i] = begin + (int32_t)i;
    offsets[0] = 0;
    offsets[1] = (int32_t)n_ids;
    struct cpl_input input = {.tokens = n_ids,
                              .sequences = 1,
                              .ids = ids,
                              .positions = positions,
                              .offsets = offsets};
    struct cpl_value *hidden = cpl_model_hidden(session->model, tape, &input, cache);
    struct cpl_value *head = cpl_model_head(session->model, tape, hidden, rows, n_rows);
    struct cpl_value *logits = cpl_model_logits(session->model, tape, head);
    CPL_TRY(cpl_tape_check(tape, error));
    *out = logits->data.data;
    return CPL_OK;
}
