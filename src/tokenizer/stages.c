/* Lists of normalizers and pre-tokenizers: see pipeline.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/pipeline.h"
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_SEQUENCE = 8, MOST_STAGES = 64 };

struct table {
    const char *section; /* of tokenizer.json */
    const char *members; /* of a Sequence */
    const struct cpl_stage_kind *const *kinds;
    size_t n_kinds;
    const char *known;
};

static const struct cpl_stage_kind *const normalizers[] = {
#define NORMALIZER(type, symbol) &cpl_normalizer_##symbol,
#define PRE_TOKENIZER(type, symbol)
#include "tokenizer/stages.def"
#undef NORMALIZER
#undef PRE_TOKENIZER
};
static const struct cpl_stage_kind *const pre_tokenizers[] = {
#define NORMALIZER(type, symbol)
#define PRE_TOKENIZER(type, symbol) &cpl_pre_tokenizer_##symbol,
#include "tokenizer/stages.def"
#undef NORMALIZER
#undef PRE_TOKENIZER
};
static const char known_normalizers[] =
#define NORMALIZER(type, symbol) " " #type
#define PRE_TOKENIZER(type, symbol)
#include "tokenizer/stages.def"
#undef NORMALIZER
#undef PRE_TOKENIZER
    ;
static const char known_pre_tokenizers[] =
#define NORMALIZER(type, symbol)
#define PRE_TOKENIZER(type, symbol) " " #type
#include "tokenizer/stages.def"
#undef NORMALIZER
#undef PRE_TOKENIZER
    ;
static const struct table tables[] = {
    [CPL_NORMALIZERS] = {"normalizer", "normalizers", normalizers,
                         sizeof normalizers / sizeof *normalizers, known_normalizers},
    [CPL_PRE_TOKENIZERS] = {"pre_tokenizer", "pretokenizers", pre_tokenizers,
                            sizeof pre_tokenizers / sizeof *pre_tokenizers,
                            known_pre_tokenizers},
};

/* ---- reading --------------------------------------------------------------------------------- */

static const struct cpl_stage_kind *find_kind(const struct table *table, const char *type)
{
    for (size_t i = 0; i < table->n_kinds; i++)
        if (strcmp(table->kinds[i]->type, type) == 0)
            return table->kinds[i];
    return NULL;
}

static cpl_status add_stage(struct cpl_stages *stages, const struct table *table,
                            const char *type, const json_t *section, const char *where,
                            struct cpl_error *error)
{
    struct cpl_stage stage = {find_kind(table, type), NULL};
    if (!stage.kind)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "%s of type \"%.50s\"; known are:%s", table->section, type,
                             table->known);
    if (stages->n == MOST_STAGES)
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s: more than %d of them",
                             table->section, MOST_STAGES);
    CPL_TRY(
        cpl_memory_grow(&stages->stage, &stages->capacity, stages->n + 1, sizeof stage, error));
    CPL_TRY(stage.kind->read(&stage.state, section, where, error));
    stages->stage[stages->n++] = stage;
    return CPL_OK;
}

static cpl_status read_section(struct cpl_stages *stages, const struct table *table,
                               const json_t *section, int depth, const char *where,
                               struct cpl_error *error)
{
    const char *type = NULL;
    if (!json_is_object(section))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s is not an object",
                             table->section);
    CPL_TRY(cpl_json_get_text(&type, section, "type", where, error));
    if (!type)
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s has no \"type\"",
                             table->section);
    if (strcmp(type, "Sequence") != 0)
        return add_stage(stages, table, type, section, where, error);
    const json_t *members = json_object_get(section, table->members);
    if (!json_is_array(members) || depth == DEEPEST_SEQUENCE)
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s: a Sequence %s", table->section,
                             depth == DEEPEST_SEQUENCE ? "is nested too deeply"
                                                       : "without its list");
    for (size_t i = 0; i < json_array_size(members); i++)
        CPL_TRY(
            read_section(stages, table, json_array_get(members, i), depth + 1, where, error));
    return CPL_OK;
}

cpl_status cpl_stages_read(struct cpl_stages *stages, enum cpl_stage_table table,
                           const json_t *section, const char *where, struct cpl_error *error)
{
    if (!section || json_is_null(section))
        return CPL_OK;
    return read_section(stages, &tables[table], section, 0, where, error);
}

cpl_status cpl_stage_read_nothing(void **state, const json_t *section, const char *where,
                                  struct cpl_error *error)
{
    (void)state;
    (void)section;
    (void)where;
    (void)error;
    return CPL_OK;
}

cpl_status cpl_stage_character(uint32_t *code, const json_t *section, const char *key,
                               const char *where, struct cpl_error *error)
{
    const char *text = NULL;
    CPL_TRY(cpl_json_get_text(&text, section, key, where, error));
    if (!text)
        return CPL_OK;
    size_t at = 0, length = strlen(text);
    uint32_t found = length > 0 ? cpl_utf8_next(text, &at) : 0;
    if (length == 0 || at != length)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "\"%s\" is \"%.50s\", expected one character", key, text);
    *code = found;
    return CPL_OK;
}

/* ---- use ------------------------------------------------------------------------------------- */

cpl_status cpl_stages_apply(const struct cpl_stages *stages, struct cpl_work *work,
                            struct cpl_error *error)
{
    for (size_t i = 0; i < stages->n; i++) {
        cpl_work_empty_spare(work);
        CPL_TRY(stages->stage[i].kind->apply(stages->stage[i].state, work, error));
    }
    return CPL_OK;
}

void cpl_stages_clear(struct cpl_stages *stages)
{
    for (size_t i = 0; i < stages->n; i++)
        if (stages->stage[i].kind->free_state)
            stages->stage[i].kind->free_state(stages->stage[i].state);
    free(stages->stage);
    *stages = (struct cpl_stages){0};
}

const void *cpl_stages_only(const struct cpl_stages *stages, const char *type)
{
    bool only = stages->n == 1 && strcmp(stages->stage[0].kind->type, type) == 0;
    return only ? stages->stage[0].state : NULL;
}
