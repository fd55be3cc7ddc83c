/* Which names of a frame are bound to nothing when it is entered.  jinja2 decides while compiling
 * whether a name is a local variable or comes from outside (jinja2/idtracking.py): one that is stored
 * before it is read, on every way through the frame, hides what the caller passed, also from macros
 * that run before the store.  Everything else about scopes is looked up while rendering. */
#include "chat/syntax.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

enum symbol_kind {
    SYMBOL_OUTSIDE, /* a parameter, or whatever an outer frame or the caller has */
    SYMBOL_UNDEFINED
};
struct symbol {
    struct cpl_name *name;
    enum symbol_kind kind;
    bool stored;
};
struct symbols {
    const struct symbols *parent;
    struct symbol *symbol; /* heap */
    size_t count, capacity;
};
struct scopes {
    struct cpl_chat_template *chat;
    struct cpl_error *error;
    uint64_t work; /* left: bounds the quadratic searches */
};
enum { WORK_MAX = 200000000 };

static cpl_status visit(struct scopes *scopes, struct symbols *symbols,
                        const struct cpl_node *node);

static struct symbol *find_own(struct scopes *scopes, const struct symbols *symbols,
                               const struct cpl_name *name)
{
    for (size_t i = 0; i < symbols->count; i++)
        if (symbols->symbol[i].name == name) {
            scopes->work -= scopes->work > i ? i : scopes->work;
            return &symbols->symbol[i];
        }
    scopes->work -= scopes->work > symbols->count ? symbols->count : scopes->work;
    return NULL;
}

static bool is_known(struct scopes *scopes, const struct symbols *symbols,
                     const struct cpl_name *name)
{
    for (; symbols; symbols = symbols->parent)
        if (find_own(scopes, symbols, name))
            return true;
    return false;
}

static cpl_status add(struct scopes *scopes, struct symbols *symbols, struct symbol symbol)
{
    if (scopes->work == 0)
        return cpl_error_set(scopes->error, CPL_ERROR_INPUT, "chat template",
                             "too many variables and branches");
    CPL_TRY(cpl_memory_grow(&symbols->symbol, &symbols->capacity, symbols->count + 1,
                            sizeof *symbols->symbol, scopes->error));
    symbols->symbol[symbols->count++] = symbol;
    return CPL_OK;
}

static cpl_status store(struct scopes *scopes, struct symbols *symbols, struct cpl_name *name,
                        bool parameter)
{
    struct symbol *found = find_own(scopes, symbols, name);
    if (found) {
        found->stored = true;
        return CPL_OK;
    }
    bool outside = parameter || is_known(scopes, symbols->parent, name);
    return add(scopes, symbols,
               (struct symbol){name, outside ? SYMBOL_OUTSIDE : SYMBOL_UNDEFINED, true});
}

static cpl_status load(struct scopes *scopes, struct symbols *symbols, struct cpl_name *name)
{
    if (is_known(scopes, symbols, name))
        return CPL_OK;
    return add(scopes, symbols, (struct symbol){name, SYMBOL_OUTSIDE, false});
}

static cpl_status store_target(struct scopes *scopes, struct symbols *symbols,
                               const struct cpl_node *target, bool parameter)
{
    if (target->kind == CPL_NODE_ATTRIBUTE_TARGET)
        return load(scopes, symbols, target->name);
    if (target->kind == CPL_NODE_NAME)
        return store(scopes, symbols, target->name, parameter);
    for (const struct cpl_node *item = target->items; item; item = item->next)
        CPL_TRY(store_target(scopes, symbols, item, parameter));
    return CPL_OK;
}

/* ---- branches ---------------------------------------------------------------------------- */

static cpl_status copy(struct scopes *scopes, const struct symbols *from, struct symbols *to)
{
    *to = (struct symbols){.parent = from->parent};
    for (size_t i = 0; i < from->count; i++)
        CPL_TRY(add(scopes, to, from->symbol[i]));
    scopes->work -= scopes->work > from->count ? from->count : scopes->work;
    return CPL_OK;
}

/* What the branches of an `if` say together: the last one counts, but a name that is not stored in
 * all of them may come from outside. */
static cpl_status merge(struct scopes *scopes, struct symbols *symbols,
                        struct symbols branch[3])
{
    size_t before = symbols->count;
    for (int b = 0; b < 3; b++) {
        for (size_t i = 0; i < branch[b].count; i++) {
            const struct symbol *one = &branch[b].symbol[i];
            struct symbol *mine = find_own(scopes, symbols, one->name);
            if (!mine) {
                CPL_TRY(add(scopes, symbols, *one));
                continue;
            }
            mine->stored |= one->stored;
            if (mine >= symbols->symbol + before)
                mine->kind = one->kind;
        }
    }
    for (size_t i = before; i < symbols->count; i++) {
        struct symbol *mine = &symbols->symbol[i];
        int stored = 0;
        for (int b = 0; b < 3; b++) {
            const struct symbol *there = find_own(scopes, &branch[b], mine->name);
            stored += there && there->stored;
        }
        if (stored == 1 || stored == 2)
            mine->kind = SYMBOL_OUTSIDE;
    }
    return CPL_OK;
}

static cpl_status visit_items(struct scopes *scopes, struct symbols *symbols,
                              const struct cpl_node *items)
{
    for (const struct cpl_node *item = items; item; item = item->next)
        CPL_TRY(visit(scopes, symbols, item));
    return CPL_OK;
}

static cpl_status visit_if(struct scopes *scopes, struct symbols *symbols,
                           const struct cpl_node *node)
{
    const struct cpl_node *parts[3] = {node->body->items, node->items,
                                       node->otherwise ? node->otherwise->items : NULL};
    struct symbols branch[3] = {{0}};
    cpl_status status = visit(scopes, symbols, node->first);
    for (int i = 0; i < 3 && status == CPL_OK; i++) {
        status = copy(scopes, symbols, &branch[i]);
        if (status == CPL_OK)
            status = visit_items(scopes, &branch[i], parts[i]);
    }
    if (status == CPL_OK)
        status = merge(scopes, symbols, branch);
    for (int i = 0; i < 3; i++)
        free(branch[i].symbol);
    return status;
}

/* Reads and stores of a node in its own frame; frames inside it come later. */
static cpl_status visit(struct scopes *scopes, struct symbols *symbols,
                        const struct cpl_node *node)
{
    if (!node)
        return CPL_OK;
    switch ((enum cpl_node_kind)node->kind) {
    case CPL_NODE_NAME: return load(scopes, symbols, node->name);
    case CPL_NODE_IF: return visit_if(scopes, symbols, node);
    case CPL_NODE_FOR: return visit(scopes, symbols, node->second);
    case CPL_NODE_MACRO: return store(scopes, symbols, node->name, false);
    case CPL_NODE_CALL_BLOCK:
    case CPL_NODE_FILTER_BLOCK: return visit(scopes, symbols, node->first);
    case CPL_NODE_GENERATION: return CPL_OK;
    case CPL_NODE_SET_BLOCK: return store_target(scopes, symbols, node->first, false);
    case CPL_NODE_SET:
        CPL_TRY(visit(scopes, symbols, node->second));
        return store_target(scopes, symbols, node->first, false);
    case CPL_NODE_WITH:
        for (const struct cpl_node *set = node->items; set; set = set->next)
            CPL_TRY(visit(scopes, symbols, set->second));
        return CPL_OK;
    default:
        CPL_TRY(visit(scopes, symbols, node->first));
        CPL_TRY(visit(scopes, symbols, node->second));
        CPL_TRY(visit(scopes, symbols, node->third));
        return visit_items(scopes, symbols, node->items);
    }
}

/* ---- frames ------------------------------------------------------------------------------ */

static cpl_status inner_frames(struct scopes *scopes, const struct symbols *symbols,
                               const struct cpl_node *statements);

/* `symbols` holds the parameters. */
static cpl_status analyze(struct scopes *scopes, struct symbols *symbols,
                          struct cpl_node *frame)
{
    CPL_TRY(visit_items(scopes, symbols, frame->items));
    size_t n = 0;
    for (size_t i = 0; i < symbols->count; i++)
        n += symbols->symbol[i].kind == SYMBOL_UNDEFINED;
    if (n)
        CPL_TRY(cpl_pool_take(&scopes->chat->pool, &frame->missing, n * sizeof *frame->missing,
                              scopes->error));
    for (size_t i = 0; i < symbols->count; i++)
        if (symbols->symbol[i].kind == SYMBOL_UNDEFINED)
            frame->missing[frame->n_missing++] = symbols->symbol[i].name;
    return inner_frames(scopes, symbols, frame->items);
}

/* The frame of `node` in one of its forms: parameters first. */
static cpl_status inner_frame(struct scopes *scopes, const struct symbols *parent,
                              const struct cpl_node *node, struct cpl_node *frame)
{
    struct symbols symbols = {.parent = parent};
    cpl_status status = CPL_OK;
    if (node->kind == CPL_NODE_FOR && frame == node->body)
        status = store_target(scopes, &symbols, node->first, true);
    bool with = node->kind == CPL_NODE_WITH, macro = node->kind == CPL_NODE_MACRO;
    for (const struct cpl_node *item = node->items; item && (with || macro) && status == CPL_OK;
         item = item->next)
        status = with ? store_target(scopes, &symbols, item->first, true)
                      : store(scopes, &symbols, item->name, true);
    for (const struct cpl_node *item = node->items; item && macro && status == CPL_OK;
         item = item->next)
        status = visit(scopes, &symbols, item->first);
    if (status == CPL_OK)
        status = analyze(scopes, &symbols, frame);
    free(symbols.symbol);
    return status;
}

static cpl_status inner_frames(struct scopes *scopes, const struct symbols *symbols,
                               const struct cpl_node *statements)
{
    for (const struct cpl_node *node = statements; node; node = node->next) {
        switch ((enum cpl_node_kind)node->kind) {
        case CPL_NODE_IF:
            CPL_TRY(inner_frames(scopes, symbols, node->body->items));
            CPL_TRY(inner_frames(scopes, symbols, node->items));
            if (node->otherwise)
                CPL_TRY(inner_frames(scopes, symbols, node->otherwise->items));
            break;
        case CPL_NODE_FOR:
            CPL_TRY(inner_frame(scopes, symbols, node, node->body));
            if (node->otherwise)
                CPL_TRY(inner_frame(scopes, symbols, node, node->otherwise));
            break;
        case CPL_NODE_CALL_BLOCK:
            CPL_TRY(inner_frame(scopes, symbols, node->second, node->second->body));
            break;
        case CPL_NODE_MACRO:
        case CPL_NODE_GENERATION:
        case CPL_NODE_FILTER_BLOCK:
        case CPL_NODE_SET_BLOCK:
        case CPL_NODE_WITH: CPL_TRY(inner_frame(scopes, symbols, node, node->body)); break;
        default: break;
        }
    }
    return CPL_OK;
}

cpl_status cpl_template_scopes(struct cpl_chat_template *chat, struct cpl_error *error)
{
    struct scopes scopes = {.chat = chat, .error = error, .work = WORK_MAX};
    struct symbols symbols = {0};
    cpl_status status = analyze(&scopes, &symbols, chat->root);
    free(symbols.symbol);
    return status;
}
