/* The tables of filters, tests, functions and methods. */
#include "chat/builtins.h"

#include "base/try.h"

#include <string.h>

#define FILTER(name, parameters, function) {name, parameters, cpl_builtin_##function},
#define TEST(name, parameters, function) {name, parameters, cpl_builtin_##function},
#define FUNCTION(name, parameters, function) {name, parameters, cpl_builtin_##function},
#define METHOD(kind, name, parameters, function)                                               \
    {kind, {name, parameters, cpl_builtin_##function}},

static const struct cpl_builtin filters[] = {
#include "chat/filters.def"
};
static const struct cpl_builtin tests[] = {
#include "chat/tests.def"
};
static const struct cpl_builtin functions[] = {
#include "chat/functions.def"
};
static const struct {
    unsigned kind;
    struct cpl_builtin method;
} methods[] = {
#include "chat/methods.def"
};

static bool is_named(const struct cpl_builtin *builtin, const char *name, size_t length)
{
    return strlen(builtin->name) == length && memcmp(builtin->name, name, length) == 0;
}

static const struct cpl_builtin *find(const struct cpl_builtin *table, size_t n,
                                      const char *name, size_t length)
{
    for (size_t i = 0; i < n; i++)
        if (is_named(&table[i], name, length))
            return &table[i];
    return NULL;
}

const struct cpl_builtin *cpl_filter_find(const char *name, size_t length)
{
    return find(filters, sizeof filters / sizeof *filters, name, length);
}

const struct cpl_builtin *cpl_test_find(const char *name, size_t length)
{
    return find(tests, sizeof tests / sizeof *tests, name, length);
}

const struct cpl_builtin *cpl_function_find(const char *name, size_t length)
{
    return find(functions, sizeof functions / sizeof *functions, name, length);
}

const struct cpl_builtin *cpl_method_find(unsigned kind, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].kind == kind && is_named(&methods[i].method, name, length))
            return &methods[i].method;
    return NULL;
}

CPL_BUILTIN(refused)
{
    (void)value, (void)call, (void)out;
    return cpl_chat_fail(chat, "this filter, function or method is not rendered here");
}

bool cpl_builtin_is_refused(const struct cpl_builtin *builtin)
{
    return builtin->function == cpl_builtin_refused;
}

cpl_status cpl_argument_int(struct cpl_chat *chat, struct cpl_value value, int64_t fallback,
                            int64_t *out)
{
    *out = value.kind == CPL_MISSING ? fallback
           : value.kind == CPL_BOOL  ? value.as.truth
                                     : value.as.integer;
    if (value.kind == CPL_MISSING || value.kind == CPL_BOOL || value.kind == CPL_INT)
        return CPL_OK;
    return cpl_chat_fail(chat, "an integer is needed, not %s", cpl_kind_name(value.kind));
}

cpl_status cpl_argument_text(struct cpl_chat *chat, struct cpl_value value,
                             const struct cpl_text **out)
{
    *out = value.kind == CPL_TEXT ? value.as.text : NULL;
    if (value.kind == CPL_MISSING || value.kind == CPL_TEXT)
        return CPL_OK;
    return cpl_chat_fail(chat, "a text is needed, not %s", cpl_kind_name(value.kind));
}
