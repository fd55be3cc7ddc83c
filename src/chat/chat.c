/* Rendering: see <couplet/chat.h>. */
#include "chat/chat.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEPS_DEFAULT ((uint64_t)1 << 28)
#define OUTPUT_DEFAULT ((size_t)64 << 20)
#define MEMORY_DEFAULT ((size_t)256 << 20)

cpl_status cpl_chat_fail(struct cpl_chat *chat, const char *format, ...)
{
    char message[800];
    va_list arguments;
    va_start(arguments, format);
    cpl_number_format(message, sizeof message, format, arguments);
    va_end(arguments);
    return cpl_template_fail(chat->template, chat->position, chat->error, "%s", message);
}

cpl_status cpl_chat_spend(struct cpl_chat *chat, uint64_t steps)
{
    if (steps <= chat->steps) {
        chat->steps -= steps;
        return CPL_OK;
    }
    return cpl_chat_fail(chat, "the template takes more than %llu steps",
                         (unsigned long long)chat->max_steps);
}

cpl_status cpl_chat_enter(struct cpl_chat *chat)
{
    if (chat->depth++ < CPL_CHAT_DEPTH)
        return CPL_OK;
    return cpl_chat_fail(chat, "calls or values nested deeper than %d levels", CPL_CHAT_DEPTH);
}

cpl_status cpl_chat_take(struct cpl_chat *chat, void *out, size_t count, size_t size)
{
    size_t bytes;
    struct cpl_error cause = {0};
    if (!cpl_size_multiply(&bytes, count, size))
        bytes = SIZE_MAX;
    cpl_status status = cpl_pool_take(&chat->pool, out, bytes, &cause);
    if (status == CPL_ERROR_INPUT)
        return cpl_chat_fail(chat, "%s", cause.message);
    return status == CPL_OK ? CPL_OK
                            : cpl_error_set(chat->error, status, NULL, "%s", cause.message);
}

cpl_status cpl_chat_check(struct cpl_chat *chat, const struct cpl_buffer *buffer)
{
    CPL_TRY(cpl_buffer_check(buffer, chat->error));
    if (buffer->length <= chat->max_output)
        return CPL_OK;
    return cpl_chat_fail(chat, "a text of more than %zu bytes", chat->max_output);
}

cpl_status cpl_chat_write(struct cpl_chat *chat, const char *data, size_t length)
{
    cpl_buffer_add(&chat->out, data, length);
    CPL_TRY(cpl_chat_spend(chat, length / 16));
    return cpl_chat_check(chat, &chat->out);
}

cpl_status cpl_chat_capture(struct cpl_chat *chat, size_t mark, struct cpl_value *out)
{
    const char *data = chat->out.data ? chat->out.data + mark : "";
    CPL_TRY(cpl_value_text(chat, out, data, chat->out.length - mark));
    chat->out.length = mark;
    return CPL_OK;
}

static void read_options(struct cpl_chat *chat, const struct cpl_chat_options *options)
{
    static const struct cpl_chat_options none = {0};
    options = options ? options : &none;
    chat->max_steps = chat->steps = options->max_steps ? options->max_steps : STEPS_DEFAULT;
    chat->max_output = options->max_output_bytes ? options->max_output_bytes : OUTPUT_DEFAULT;
    chat->pool.limit = options->max_memory_bytes ? options->max_memory_bytes : MEMORY_DEFAULT;
    chat->now = options->now ? options->now : (int64_t)time(NULL);
    chat->utc = options->utc;
}

/* Hands the output over; spans that a capture has cut off are cut, too. */
static cpl_status hand_over(struct cpl_chat *chat, struct cpl_chat_text *out)
{
    CPL_TRY(cpl_chat_write(chat, "", 0)); /* there is always a text */
    chat->out.data[chat->out.length] = 0;
    for (size_t i = 0; i < chat->n_spans; i++) {
        struct cpl_chat_span *span = &chat->span[i];
        span->end = span->end < chat->out.length ? span->end : chat->out.length;
        span->begin = span->begin < span->end ? span->begin : span->end;
    }
    *out = (struct cpl_chat_text){chat->out.data, chat->out.length, chat->span, chat->n_spans};
    chat->out = (struct cpl_buffer){0};
    chat->span = NULL;
    return CPL_OK;
}

cpl_status cpl_chat_render(const struct cpl_chat_template *chat_template, const char *variables,
                           const struct cpl_chat_options *options, struct cpl_chat_text *out,
                           struct cpl_error *error)
{
    struct cpl_chat chat = {.template = chat_template, .error = error};
    cpl_status status;
    *out = (struct cpl_chat_text){0};
    read_options(&chat, options);
    CPL_TRY_GOTO(cpl_variables_read(&chat, variables, &chat.variables));
    CPL_TRY_GOTO(cpl_chat_run_frame(&chat, chat_template->root));
    CPL_TRY_GOTO(hand_over(&chat, out));
done:
    cpl_pool_clear(&chat.pool);
    cpl_buffer_clear(&chat.out);
    free(chat.span);
    return status;
}

void cpl_chat_text_clear(struct cpl_chat_text *text)
{
    free(text->data);
    free(text->span);
    *text = (struct cpl_chat_text){0};
}
