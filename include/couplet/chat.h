/* Chat templates: from the messages of a dialogue to the text that a model was trained on.
 *
 *     static const char source[] = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}";
 *     const char *variables = "{\"messages\": [{\"role\": \"user\", \"content\": \"你好\"}]}";
 *     struct cpl_chat_template *chat = NULL;
 *     struct cpl_chat_text text = {0};
 *     if (cpl_chat_template_new(&chat, source, sizeof source - 1, &error) == CPL_OK &&
 *         cpl_chat_render(chat, variables, NULL, &text, &error) == CPL_OK)
 *         fputs(text.data, stdout);
 *     cpl_chat_text_clear(&text);
 *     cpl_chat_template_free(chat);
 *
 * Templates are Jinja as Hugging Face's chat_template uses it: jinja2's immutable sandbox with
 * trim_blocks, lstrip_blocks and loop controls, a tojson without HTML escapes, raise_exception,
 * strftime_now and `{% generation %}`.  Lists and mappings cannot be changed, integers have 64 bits.
 * Inheritance, inclusion, autoescape blocks and a few filters and methods that make no sense in
 * prompts (urlize, pprint, encode ...) are refused by name. */
#ifndef COUPLET_CHAT_H
#define COUPLET_CHAT_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A compiled template.  It does not change any more: threads may render from one at the same time. */
struct cpl_chat_template;

/* `source`: UTF-8, at most 4 MiB, copied.  Errors name line and column: CPL_ERROR_INPUT for bad
 * syntax, unknown tags, filters and tests (these only when they are reached, if they stand inside
 * an `if`, as with jinja2), and for nesting that is too deep. */
CPL_API cpl_status cpl_chat_template_new(struct cpl_chat_template **out, const char *source,
                                         size_t length, struct cpl_error *error);
CPL_API void cpl_chat_template_free(struct cpl_chat_template *chat); /* NULL is fine */

/* Whether the template reads a variable of this name anywhere ("tools", "documents", "enable_thinking");
 * a server can tell from it what a model understands. */
CPL_API bool cpl_chat_template_reads(const struct cpl_chat_template *chat, const char *name);
/* Whether it marks the assistant's words with `{% generation %}`. */
CPL_API bool cpl_chat_template_marks(const struct cpl_chat_template *chat);

/* Zero values are the defaults. */
struct cpl_chat_options {
    int64_t now;        /* seconds since 1970 for strftime_now; 0: the clock */
    bool utc;           /* strftime_now gives UTC instead of local time */
    uint64_t max_steps; /* elementary work: nodes evaluated, items and bytes touched; 0: 2^28 */
    size_t max_output_bytes; /* 0: 64 MiB */
    size_t max_memory_bytes; /* for values made on the way; 0: 256 MiB */
};

/* Bytes [begin, end) of the text. */
struct cpl_chat_span {
    size_t begin, end;
};
/* A rendered dialogue; the zero value is an empty one. */
struct cpl_chat_text {
    char *data; /* UTF-8 followed by a NUL that is not counted; may hold other NULs */
    size_t length;
    struct cpl_chat_span *span; /* [n_spans]: what the model itself would have said, in order of
                                   ending; only what `{% generation %}` encloses */
    size_t n_spans;
};
/* `variables`: a JSON object (NUL-terminated UTF-8, nested at most 200 deep) with everything that the
 * template may read: "messages", "tools", "documents", "add_generation_prompt", "bos_token" ...  The
 * order of its keys is kept.  A name that is missing is undefined, which is not the same as null.
 * `options` may be NULL.
 *
 * Spans are exact where the block's text goes straight to the output, also through macros; a block
 * inside `{% set %}` or a filter marks the place where it was rendered.
 *
 * Errors: CPL_ERROR_INPUT with line and column for what jinja2 would refuse, for raise_exception (its
 * text stands behind the place), and for every limit; CPL_ERROR_SYSTEM when out of memory.  *out is
 * left empty then. */
CPL_API cpl_status cpl_chat_render(const struct cpl_chat_template *chat, const char *variables,
                                   const struct cpl_chat_options *options,
                                   struct cpl_chat_text *out, struct cpl_error *error);
CPL_API void cpl_chat_text_clear(struct cpl_chat_text *text);

#endif
