/* What a tokenizer is and holds, as JSON: see <couplet/tokenizer.h>. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/piece_kinds.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EXAMPLES = 5 };

/* Types of a section, those of a Sequence one by one. */
static void add_types(struct cpl_json *json, const json_t *section)
{
    static const char *const members[] = {"normalizers", "pretokenizers", "processors",
                                          "decoders"};
    const char *type = json_string_value(json_object_get(section, "type"));
    const json_t *list = NULL;
    for (size_t i = 0; i < 4 && !list; i++)
        list = json_object_get(section, members[i]);
    for (size_t i = 0; i < json_array_size(list); i++)
        add_types(json, json_array_get(list, i));
    if (type && !list)
        cpl_json_add_text(json, NULL, type);
}

static void write_stages(const struct cpl_tokenizer *tokenizer, struct cpl_json *json)
{
    static const char *const names[] = {"normalizer", "pre_tokenizer", "post_processor",
                                        "decoder"};
    for (size_t i = 0; i < 4; i++) {
        cpl_json_begin_array(json, names[i]);
        add_types(json, json_object_get(tokenizer->sections, names[i]));
        cpl_json_end(json);
    }
}

/* ["[CLS]", "A", "[SEP]"] */
static void write_template(const struct cpl_tokenizer *tokenizer, struct cpl_json *json,
                           const char *name, const struct cpl_template *plan)
{
    cpl_json_begin_array(json, name);
    for (size_t i = 0; i < plan->n; i++) {
        int32_t id = plan->item[i].id;
        cpl_json_add_text(json, NULL,
                          id == CPL_TEMPLATE_FIRST    ? "A"
                          : id == CPL_TEMPLATE_SECOND ? "B"
                                                      : cpl_tokenizer_piece(tokenizer, id));
    }
    cpl_json_end(json);
}

static void write_role(const struct cpl_tokenizer *tokenizer, struct cpl_json *json,
                       const char *role, int32_t id)
{
    if (id < 0)
        return;
    cpl_json_begin_object(json, role);
    cpl_json_add_int(json, "id", id);
    cpl_json_add_text(json, "piece", cpl_tokenizer_piece(tokenizer, id));
    cpl_json_end(json);
}

static void write_special(const struct cpl_tokenizer *tokenizer, struct cpl_json *json)
{
    const struct cpl_special_ids *special = &tokenizer->special;
    cpl_json_begin_object(json, "special");
    write_role(tokenizer, json, "pad", special->pad);
    write_role(tokenizer, json, "unknown", special->unknown);
    write_role(tokenizer, json, "cls", special->cls);
    write_role(tokenizer, json, "sep", special->sep);
    write_role(tokenizer, json, "mask", special->mask);
    write_role(tokenizer, json, "bos", special->bos);
    write_role(tokenizer, json, "eos", special->eos);
    write_role(tokenizer, json, "newline", special->newline);
    cpl_json_end(json);
}

static void write_sizes(const struct cpl_tokenizer *tokenizer, struct cpl_json *json)
{
    int32_t special = 0, continuing = 0;
    for (int32_t id = 0; id < tokenizer->pieces.count; id++) {
        special += cpl_tokenizer_is_special(tokenizer, id);
        continuing += cpl_tokenizer_continues(tokenizer, id);
    }
    cpl_json_add_int(json, "vocab_size", tokenizer->pieces.count);
    cpl_json_add_int(json, "model_pieces", tokenizer->n_model);
    cpl_json_add_int(json, "added_tokens",
                     (int64_t)(tokenizer->raw.n + tokenizer->normalized.n));
    cpl_json_add_int(json, "special_tokens", special);
    cpl_json_add_int(json, "continuing", continuing);
}

/* ---- what is odd ------------------------------------------------------------------------------- */

enum oddity { ODD_UNUSED, ODD_EMPTY, ODD_DUPLICATE, ODD_RESERVED, ODDITIES };

static bool is_reserved(const char *piece)
{
    return strncmp(piece, "[unused", 7) == 0 || strstr(piece, "reserved_special_token");
}

/* An id without a piece; a piece without text; a text that another id gets; a place kept free. */
static bool is_odd(const struct cpl_tokenizer *tokenizer, int32_t id, enum oddity oddity)
{
    const char *piece = cpl_tokenizer_piece(tokenizer, id);
    switch (oddity) {
    case ODD_UNUSED: return !piece;
    case ODD_EMPTY: return piece && !piece[0];
    case ODD_DUPLICATE:
        return piece &&
               cpl_pieces_find(&tokenizer->pieces, piece, tokenizer->pieces.length[id]) != id;
    default: return piece && is_reserved(piece);
    }
}

static void write_odd(const struct cpl_tokenizer *tokenizer, struct cpl_json *json)
{
    static const char *const names[ODDITIES] = {"unused_ids", "empty_pieces", "duplicate_texts",
                                                "reserved_pieces"};
    cpl_json_begin_object(json, "odd");
    for (int k = 0; k < ODDITIES; k++) {
        int32_t count = 0;
        cpl_json_begin_object(json, names[k]);
        cpl_json_begin_array(json, "ids");
        for (int32_t id = 0; id < tokenizer->pieces.count; id++)
            if (is_odd(tokenizer, id, (enum oddity)k) && count++ < EXAMPLES)
                cpl_json_add_int(json, NULL, id);
        cpl_json_end(json);
        cpl_json_add_int(json, "count", count);
        cpl_json_end(json);
    }
    cpl_json_end(json);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void describe(const struct cpl_tokenizer *tokenizer, struct cpl_json *json)
{
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, tokenizer->hash);
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "kind", tokenizer->model->type);
    cpl_json_add_text(json, "fast_way", tokenizer->fused ? tokenizer->fused->name : NULL);
    cpl_json_add_text(json, "hash", hash);
    cpl_json_add_bool(json, "byte_level", tokenizer->spelling.bytes);
    write_sizes(tokenizer, json);
    write_stages(tokenizer, json);
    write_template(tokenizer, json, "single", &tokenizer->processor.plan[1][0]);
    write_template(tokenizer, json, "pair", &tokenizer->processor.plan[1][1]);
    write_special(tokenizer, json);
    cpl_piece_kinds_write(tokenizer, json);
    write_odd(tokenizer, json);
    cpl_json_end(json);
}

cpl_status cpl_tokenizer_describe(const struct cpl_tokenizer *tokenizer, char **text,
                                  struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    const char *finished = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_json_new(&json, 2, error));
    describe(tokenizer, json);
    CPL_TRY_GOTO(cpl_json_finish(json, &finished, NULL, error));
    status = cpl_text_copy(text, finished, error);
done:
    cpl_json_free(json);
    return status;
}
