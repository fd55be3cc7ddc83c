/* libFuzzer target: whatever compiles can be rendered within small limits, twice with the same result,
 * and its spans lie inside the text.  A NUL in the input separates the template from its variables. */
#include <couplet/chat.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char defaults[] =
    "{\"messages\": [{\"role\": \"user\", \"content\": \"\\u4f60 hi \"}, {\"role\": "
    "\"assistant\", "
    "\"content\": \"<b>\", \"n\": [1, -2.5, null, true]}], \"tools\": [{\"name\": \"f\"}], "
    "\"add_generation_prompt\": true, \"bos_token\": \"<s>\", \"x\": 7, \"t\": \"aB c\"}";

static void check_spans(const struct cpl_chat_text *text)
{
    for (size_t i = 0; i < text->n_spans; i++)
        if (text->span[i].begin > text->span[i].end || text->span[i].end > text->length)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cpl_chat_options options = {.now = 1700000000,
                                                    .utc = true,
                                                    .max_steps = 200000,
                                                    .max_output_bytes = 1 << 20,
                                                    .max_memory_bytes = 8 << 20};
    const uint8_t *separator = size ? memchr(data, 0, size) : NULL;
    size_t length = separator ? (size_t)(separator - data) : size;
    struct cpl_chat_template *chat = NULL;
    struct cpl_chat_text text[2] = {{0}, {0}};
    struct cpl_error error = {0};
    char *variables = NULL;
    if (separator) {
        variables = calloc(size - length, 1);
        if (variables)
            memcpy(variables, separator + 1, size - length - 1);
    }
    if (cpl_chat_template_new(&chat, (const char *)data, length, &error) == CPL_OK) {
        for (int i = 0; i < 2; i++)
            if (cpl_chat_render(chat, variables ? variables : defaults, &options, &text[i],
                                NULL) == CPL_OK)
                check_spans(&text[i]);
        if (text[0].length != text[1].length ||
            (text[0].data == NULL) != (text[1].data == NULL) ||
            (text[0].length && memcmp(text[0].data, text[1].data, text[0].length) != 0))
            abort();
    } else if (!error.message[0]) {
        abort();
    }
    cpl_chat_text_clear(&text[0]);
    cpl_chat_text_clear(&text[1]);
    cpl_chat_template_free(chat);
    free(variables);
    return 0;
}
