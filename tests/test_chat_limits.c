/* labels: sanitize fast */
/* Hostile templates and variables: one clear error, soon, within 256 KiB of stack; the n-th allocation
 * failing; and what the public functions say about a template. */
#include "chat_fixture.h"

#include "base/memory.h"
#include <pthread.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STACK_BYTES = 8 << 20 }; /* checked code has larger frames */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { STACK_BYTES = 8 << 20 };
#else
enum { STACK_BYTES = 256 << 10 };
#endif
#else
enum { STACK_BYTES = 256 << 10 };
#endif

/* `count` times `piece` between `head` and `tail`, on the heap. */
static char *repeat(const char *head, const char *piece, size_t count, const char *tail)
{
    size_t length = strlen(piece), at = strlen(head);
    char *text = malloc(at + count * length + strlen(tail) + 1);
    assert_non_null(text);
    strcpy(text, head);
    for (size_t i = 0; i < count; i++, at += length)
        memcpy(text + at, piece, length);
    strcpy(text + at, tail);
    return text;
}

/* head piece*n middle closer*n tail */
static char *nest(const char *head, const char *piece, const char *middle, const char *closer,
                  size_t n)
{
    char *left = repeat(head, piece, n, middle), *right = repeat("", closer, n, "");
    char *all = malloc(strlen(left) + strlen(right) + 8);
    assert_non_null(all);
    strcpy(all, left);
    strcat(all, right);
    strcat(all, " }}");
    free(left);
    free(right);
    return all;
}

struct job {
    const char *source, *variables;
    struct cpl_chat_options options;
    cpl_status status;
    struct cpl_error error;
    struct cpl_chat_text text;
};

static void *run_job(void *context)
{
    struct job *job = context;
    job->status = render_n(job->source, strlen(job->source), job->variables, &job->options,
                           &job->text, &job->error);
    return NULL;
}

/* Renders on a small stack. */
static void run_small(struct job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_job, job), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static void assert_small(const char *source, const char *variables, const char *message)
{
    struct timespec begin, end;
    struct job job = {.source = source, .variables = variables};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    run_small(&job);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (message && job.status != CPL_ERROR_INPUT)
        fail_msg("status %d, expected bad input: %.100s", (int)job.status, source);
    if (message && !strstr(job.error.message, message))
        fail_msg("\"%s\" does not say \"%s\"", job.error.message, message);
    if (!message && job.status != CPL_OK)
        fail_msg("%.100s: %s", source, job.error.message);
    assert_true(end.tv_sec - begin.tv_sec < 60);
    cpl_chat_text_clear(&job.text);
}

static void assert_small_freed(char *source, const char *message)
{
    assert_small(source, "{}", message);
    free(source);
}

static void test_deep_syntax(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"(", ")"},  {"[", "]"},           {"{1: ", "}"},      {"(1 + ", ")"}, {"x(", ")"},
        {"x[", "]"}, {"1 if 1 else ", ""}, {"(1, ", ")"},      {"x|d(", ")"},  {"not ", ""},
        {"-", ""},   {"x is eq(", ")"},    {"x is in [", "]"}, {"x(*", ")"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_small_freed(nest("{{ ", pairs[i][0], "1", pairs[i][1], 100000), " than ");
        assert_small_freed(nest("{{ ", pairs[i][0], "1", pairs[i][1], 400), " than ");
        if (!strchr(pairs[i][0], 'x')) /* which is undefined */
            assert_small_freed(nest("{{ ", pairs[i][0], "1", pairs[i][1], 40), NULL);
    }
}

static void test_long_syntax(void **state)
{
    (void)state;
    assert_small_freed(repeat("{{ 1", " + 1", 100000, " }}"), "deeper than");
    assert_small_freed(repeat("{{ 1", " and 1", 100000, " }}"), "deeper than");
    assert_small_freed(repeat("{{ 1", "|abs", 100000, " }}"), "deeper than");
    assert_small_freed(repeat("{{ x", ".x", 100000, " }}"), "deeper than");
    assert_small_freed(repeat("{{ 1", " + 1", 200, " }}"), NULL);
    assert_small_freed(repeat("{{ 1", " ~ 1", 100000, " }}"), NULL);
    assert_small_freed(repeat("{{ 1", " == 1", 100000, " }}"), NULL);
    assert_small_freed(repeat("{{ [", "1, ", 100000, "] }}"), NULL);
    assert_small_freed(repeat("{% if 1 %}", "{% elif 1 %}", 50000, "{% endif %}"), NULL);
    assert_small_freed(repeat("", "{% if 1 %}", 100000, ""), "deeper than");
    assert_small_freed(repeat("", "{% for x in y %}", 100000, ""), "deeper than");
    assert_small_freed(repeat("", "{% macro m() %}", 100000, ""), "deeper than");
    assert_small_freed(repeat("", "{% set x %}", 250, ""), "no end");
    assert_small_freed(repeat("", "{{ x }}", 200000, ""), NULL);
    assert_small_freed(
        repeat("", "{% set x = 1 %}{% if x %}{% set y = 1 %}{% endif %}", 40000, ""), NULL);
    assert_small_freed(repeat("{{ '", "a", 3000000, "' | length }}"), NULL);
}

static void test_runaway(void **state)
{
    (void)state;
    static const char *const templates[][2] = {
        {"{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", "deeper than"},
        {"{% macro m(n) %}{{ m(n - 1) ~ m(n - 1) if n else 'x' }}{% endmacro %}{{ m(60) }}",
         "more than"},
        {"{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() "
         "}}",
         "deeper than"},
        {"{{ range(10 ** 9) | list }}", "more than 100000 items"},
        {"{{ 'a' * 10 ** 9 }}", "bytes of memory"},
        {"{{ [1] * 10 ** 12 }}", "bytes of memory"},
        {"{{ ('a' * 10 ** 6) * 10 ** 6 }}", "bytes of memory"},
        {"{{ 'a'.center(10 ** 12) }}", "more than"},
        {"{{ '%1000000000d' % 1 }}", "more than"},
        {"{{ '{:1000000000}'.format(1) }}", "more than"},
        {"{{ '%.1000000000f' % 1.5 }}", "more than"},
        {"{{ [[1]] | tojson(indent=10 ** 9) }}", "bytes of memory"},
        {"{{ 'a' | indent(10 ** 9) }}", "bytes of memory"},
        {"{{ '\t' | string | replace('\t', '\t'.expandtabs(10 ** 12)) }}", "more than"},
        {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
         "steps"},
        {"{% for a in range(99999) %}{% for b in range(99999) %}xxxxxxxxxxxxxxxx{% endfor %}{% "
         "endfor %}",
         "more than"},
        {"{% set ns = namespace(x=1) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% "
         "endfor %}{{ ns.x }}",
         "deeper than"},
        {"{% set ns = namespace(x=1) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% "
         "endfor %}{{ ns.x|tojson }}",
         "deeper than"},
        {"{% set ns = namespace(x=1) %}{% for i in range(9999) %}{% set ns.x = (ns.x,) %}{% "
         "endfor %}{{ {ns.x: 1} }}",
         "deeper than"},
        {"{% set ns = namespace(x=1, y=1) %}{% for i in range(9999) %}{% set ns.x = [ns.x] "
         "%}{% set ns.y = [ns.y] %}"
         "{% endfor %}{{ ns.x == ns.y }}{{ ns.x < ns.y }}",
         "deeper than"},
        {"{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "deeper than"},
        {"{% set ns = namespace(x=[1]) %}{% for i in range(9999) %}{% set ns.x = "
         "ns.x|map('string') %}{% endfor %}"
         "{{ ns.x|list }}",
         "deeper than"},
        {"{% set ns = namespace(x=[1]) %}{% for i in range(50) %}{% set ns.x = ns.x + ns.x "
         "%}{% endfor %}",
         "memory"},
        {"{% set ns = namespace(x='a') %}{% for i in range(50) %}{% set ns.x = ns.x ~ ns.x "
         "%}{% endfor %}",
         "more than"},
        {"{% set ns = namespace(x='a,') %}{% for i in range(26) %}{% set ns.x = ns.x ~ ns.x "
         "%}{% endfor %}"
         "{{ ns.x.split(',') | sort }}",
         "more than"},
        {"{% for x in [[]] recursive %}{{ loop([[]]) }}{% endfor %}", "deeper than"},
        {"{{ 9223372036854775807 + 1 }}", "64 bits"},
        {"{{ 99999999999999999999 }}", "too large"},
        {"{{ -9223372036854775807 - 1 }}{{ (-9223372036854775807 - 1) // -1 }}", "64 bits"},
        {"{{ 3 ** 100 }}", "64 bits"},
    };
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        assert_small(templates[i][0], "{}", templates[i][1]);
}

static void test_variables(void **state)
{
    (void)state;
    char *deep = repeat("{\"a\": ", "[", 200000, "");
    assert_small("{{ a }}", deep, "nested deeper");
    free(deep);
    deep = repeat("{\"a\": ", "[", 150, "");
    char *right = repeat("", "]", 150, "}");
    char *both = repeat(deep, right, 1, "");
    assert_small("{{ a }}{{ a|tojson }}{{ a == a }}{{ a < a }}", both, NULL);
    free(deep);
    free(right);
    free(both);
    assert_refused("x", "[]", NULL, "one JSON object");
    assert_refused("x", "{", NULL, "not valid JSON");
    assert_refused("x", "{\"a\": 1, \"a\": 2}", NULL, "not valid JSON");
    assert_rendered("{{ a|length }}{{ a|tojson }}", "{\"a\": \"x\\u0000y\"}", "3\"x\\u0000y\"");
    assert_rendered("{{ m.b }}{{ m|list }}", "{\"m\": {\"z\": 1, \"b\": 2, \"a\": 3}}",
                    "2['z', 'b', 'a']");
}

static void test_limits_are_options(void **state)
{
    (void)state;
    struct cpl_chat_options few_steps = {.max_steps = 1000},
                            short_output = {.max_output_bytes = 10},
                            little = {.max_memory_bytes = 1000};
    assert_refused("{% for x in range(1000) %}{% endfor %}", "{}", &few_steps, "1000 steps");
    assert_refused("0123456789a", "{}", &short_output, "more than 10 bytes");
    assert_refused("{{ 'a' * 2000 }}", "{}", &little, "1000 bytes of memory");
}

static void test_places(void **state)
{
    (void)state;
    assert_refused("ab\n  {{ x | nosuch }}", "{}", NULL,
                   "chat template:2:10: unknown filter \"nosuch\"");
    assert_refused("你好{{ x is nosuch }}", "{}", NULL,
                   "chat template:1:11: unknown test \"nosuch\"");
    assert_refused("\r\n\r{% nosuch %}", "{}", NULL,
                   "chat template:3:4: unknown tag \"nosuch\"");
    assert_refused("{% if 1 %}\n{{ x.y.z }}{% endif %}", "{}", NULL,
                   "chat template:2:5: \"x\" is undefined");
    assert_refused("{{ raise_exception('Only \"user\" may speak') }}", "{}", NULL,
                   "chat template:1:4: Only \"user\" may speak");
    assert_refused("{{ x|urlize }}", "{}", NULL, "\"urlize\" is not rendered here");
    assert_refused("\xFF", "{}", NULL, "not valid UTF-8");
}

static void test_about_a_template(void **state)
{
    (void)state;
    static const char source[] = "{% for m in messages %}{% generation %}{{ m.documents }}"
                                 "{% endgeneration %}{% endfor %}{% set unread = 1 %}";
    struct cpl_chat_template *chat = NULL;
    struct cpl_chat_text text = {0};
    assert_int_equal(cpl_chat_template_new(&chat, source, sizeof source - 1, NULL), CPL_OK);
    assert_true(cpl_chat_template_marks(chat));
    assert_true(cpl_chat_template_reads(chat, "messages"));
    assert_false(cpl_chat_template_reads(chat, "documents"));
    assert_false(cpl_chat_template_reads(chat, "unread"));
    assert_false(cpl_chat_template_reads(chat, "tools"));
    for (int i = 0; i < 2; i++) { /* a template can be used again */
        assert_int_equal(cpl_chat_render(chat, "{\"messages\": [{\"documents\": \"ab\"}, {}]}",
                                         NULL, &text, NULL),
                         CPL_OK);
        assert_string_equal(text.data, "ab");
        assert_int_equal(text.n_spans, 2);
        assert_int_equal(text.span[0].end, 2);
        assert_int_equal(text.span[1].begin, 2);
        cpl_chat_text_clear(&text);
    }
    cpl_chat_template_free(chat);
    cpl_chat_template_free(NULL);
}

/* Spans inside macros count what stands before them, too. */
static void test_spans_in_macros(void **state)
{
    (void)state;
    struct cpl_chat_text text;
    struct cpl_error error = {0};
    static const char source[] = "{% macro m(x) %}<{% generation %}{{ x }}{% endgeneration "
                                 "%}>{% endmacro %}你{{ m('ab') }}{{ m('c') }}";
    assert_int_equal(render_n(source, sizeof source - 1, "{}", NULL, &text, &error), CPL_OK);
    assert_string_equal(text.data, "你<ab><c>");
    assert_int_equal(text.n_spans, 2);
    assert_int_equal(text.span[0].begin, 4);
    assert_int_equal(text.span[0].end, 6);
    assert_int_equal(text.span[1].begin, 8);
    assert_int_equal(text.span[1].end, 9);
    cpl_chat_text_clear(&text);
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const templates[] = {
        "{% macro m(a, b=[1, 2]) %}{{ a ~ b }}{% endmacro %}{{ m({'x': messages}) }}",
        "{% for m in messages | selectattr('role') %}{{ loop.index }}{{ m.role | upper | "
        "indent }}"
        "{% generation %}{{ m | tojson(indent=2) }}{% endgeneration %}{% endfor %}",
        "{% set x %}{{ '%s {}' % 'a' }}{% endset %}{{ x.format(x.split()) | replace('a', 'bc') "
        "}}"
        "{{ messages | map(attribute='role') | sort | join(', ') }}{{ 1.5 }}{{ [3, 1] | sort "
        "}}"};
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        cpl_status status = CPL_ERROR_SYSTEM;
        size_t n = 1;
        for (; status != CPL_OK; n++) {
            struct cpl_chat_text text;
            struct cpl_error error = {0};
            assert_true(n < 1000);
            cpl_memory_fail_at(n);
            status = render_n(templates[i], strlen(templates[i]),
                              "{\"messages\": [{\"role\": \"user\"}, {\"role\": \"b\"}]}", NULL,
                              &text, &error);
            cpl_memory_fail_at(0);
            if (status != CPL_OK) {
                assert_int_equal(status, CPL_ERROR_SYSTEM);
                assert_int_equal(error.status, CPL_ERROR_SYSTEM);
                assert_non_null(strstr(error.message, "out of memory"));
            }
            cpl_chat_text_clear(&text);
        }
        assert_true(n > 10);
    }
}

/* Every beginning of a template is either rendered or refused. */
static void test_beginnings(void **state)
{
    (void)state;
    static const char source[] =
        "{%- set ns = namespace(a=1) -%}{# c #}{% for m in messages if m %}{{ "
        "m['role'][1:2]|upper "
        "~ '\\u4f60' }}{% if loop.last and not m.x is defined %}{{ {'a': [1, 2.5]}|tojson }}"
        "{% elif 1 < 2 <= 3 %}{% raw %}{{ x }}{% endraw %}{% else %}{% endif %}{%- endfor %}"
        "{% macro m(a, b=1) %}{{ a }}{% endmacro %}{{ m(*[1], **{}) }}";
    for (size_t n = 0; n < sizeof source; n++) {
        struct cpl_chat_text text;
        struct cpl_error error = {0};
        char *part = malloc(n + 1); /* so that reading beyond its end is seen */
        assert_non_null(part);
        memcpy(part, source, n);
        cpl_status status =
            render_n(part, n < sizeof source - 1 ? n : sizeof source - 1,
                     "{\"messages\": [{\"role\": \"user\"}]}", NULL, &text, &error);
        assert_true(status == CPL_OK || (status == CPL_ERROR_INPUT && error.message[0]));
        cpl_chat_text_clear(&text);
        free(part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_syntax),
        cmocka_unit_test(test_long_syntax),
        cmocka_unit_test(test_runaway),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_limits_are_options),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_about_a_template),
        cmocka_unit_test(test_spans_in_macros),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_beginnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
