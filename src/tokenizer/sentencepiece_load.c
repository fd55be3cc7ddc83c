/* A .model and the tokenizer_config.json beside it as one tokenizer.json: see sentencepiece.h.
 *
 * Without a configuration texts are encoded as sentencepiece does: control pieces match no text.  With
 * one, they are added tokens, as transformers has them. */
#include "base/file.h"
#include "base/try.h"
#include "tokenizer/config_tokens.h"
#include "tokenizer/sentencepiece.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names of special tokens ----------------------------------------------------------------- */

/* Index of the piece with that text and one of the types (bits 1 << type); -1: none. */
static int64_t find_piece(const struct cpl_sentencepiece_file *file, const char *text,
                          size_t length, unsigned types)
{
    for (size_t i = 0; i < file->n_pieces; i++)
        if (file->piece[i].length == length && memcmp(file->piece[i].text, text, length) == 0 &&
            (types >> file->piece[i].type & 1u))
            return (int64_t)i;
    return -1;
}

static void add_name(json_t *names, const char *role, const struct cpl_sentencepiece_file *file,
                     const char *text, size_t length, const char *usual, unsigned types)
{
    if (!text || length == 0) {
        text = usual;
        length = strlen(usual);
    }
    if (!json_object_get(names, role) && find_piece(file, text, length, types) >= 0)
        json_object_set_new(names, role, json_stringn(text, length));
}

/* What the model calls its special pieces, and the usual names of those that it does not know. */
static json_t *make_names(const struct cpl_sentencepiece_file *file)
{
    const unsigned unknown = 1u << CPL_TYPE_UNKNOWN, control = 1u << CPL_TYPE_CONTROL,
                   any = control | 1u << CPL_TYPE_USER;
    json_t *names = json_object();
    add_name(names, "unk_token", file, file->unknown, file->n_unknown, "<unk>", unknown);
    add_name(names, "bos_token", file, file->bos, file->n_bos, "<s>", control);
    add_name(names, "eos_token", file, file->eos, file->n_eos, "</s>", control);
    add_name(names, "pad_token", file, file->pad, file->n_pad, "<pad>", any);
    add_name(names, "cls_token", file, NULL, 0, "[CLS]", any);
    add_name(names, "cls_token", file, NULL, 0, "<cls>", any);
    add_name(names, "sep_token", file, NULL, 0, "[SEP]", any);
    add_name(names, "sep_token", file, NULL, 0, "<sep>", any);
    add_name(names, "mask_token", file, NULL, 0, "[MASK]", any);
    add_name(names, "mask_token", file, NULL, 0, "<mask>", any);
    return names;
}

static const char *name_of(const json_t *config, const json_t *names, const char *role)
{
    return cpl_config_token(config, role, json_string_value(json_object_get(names, role)));
}

/* ---- added tokens ---------------------------------------------------------------------------- */

static void add_token(json_t *added, int64_t id, const char *text, size_t length, bool special)
{
    json_t *entry =
        json_pack("{s:I, s:b, s:b}", "id", (json_int_t)id, "special", special, "normalized", 0);
    json_object_set_new(entry, "content", json_stringn(text, length));
    json_array_append_new(added, entry);
}

static cpl_status add_tokens(json_t *added, const struct cpl_sentencepiece_file *file,
                             const json_t *config, const char *class, const char *where,
                             struct cpl_error *error)
{
    int64_t n_extra = strstr(class, "T5") ? 100 : 0;
    if (json_object_size(json_object_get(config, "added_tokens_decoder")) > 0)
        return cpl_config_copy_decoder(added, config, where, error);
    for (size_t i = 0; i < file->n_pieces; i++) {
        const struct cpl_sentencepiece_piece *piece = &file->piece[i];
        if (piece->type == CPL_TYPE_CONTROL || piece->type == CPL_TYPE_USER ||
            piece->type == CPL_TYPE_UNKNOWN)
            add_token(added, (int64_t)i, piece->text, piece->length,
                      piece->type != CPL_TYPE_USER);
    }
    CPL_TRY(cpl_json_get_int(&n_extra, config, "extra_ids", 0, 10000, where, error));
    for (int64_t i = 0; i < n_extra; i++) {
        char text[40];
        int length = snprintf(text, sizeof text, "<extra_id_%d>", (int)(n_extra - 1 - i));
        if (find_piece(file, text, (size_t)length, ~0u) < 0)
            add_token(added, (int64_t)file->n_pieces + i, text, (size_t)length, true);
    }
    return CPL_OK;
}

/* ---- tokens around a text -------------------------------------------------------------------- */

struct around {
    json_t *single, *pair, *specials;
    const struct cpl_sentencepiece_file *file;
};

static void add_special(struct around *around, const char *name, int type, bool in_single,
                        bool in_pair)
{
    int64_t id = name ? find_piece(around->file, name, strlen(name), ~0u) : -1;
    if (id < 0)
        return;
    json_t *part = json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", name, "type_id", type);
    if (in_single)
        json_array_append(around->single, part);
    if (in_pair)
        json_array_append(around->pair, part);
    json_decref(part);
    json_object_set_new(
        around->specials, name,
        json_pack("{s:s, s:[I], s:[s]}", "id", name, "ids", (json_int_t)id, "tokens", name));
}

static void add_sequence(struct around *around, const char *name, int type)
{
    json_t *part = json_pack("{s:{s:s, s:i}}", "Sequence", "id", name, "type_id", type);
    if (name[0] == 'A')
        json_array_append(around->single, part);
    json_array_append_new(around->pair, part);
}

static bool flag_of(const json_t *config, const char *key, bool usual)
{
    const json_t *value = json_object_get(config, key);
    return json_is_boolean(value) ? json_is_true(value) : usual;
}

/* Llama: a text begins with <s>; T5: it ends with </s>; XLNet and ALBERT as their papers have it. */
static json_t *make_processor(const struct cpl_sentencepiece_file *file, const json_t *config,
                              const json_t *names, const char *class)
{
    bool llama = config ? strstr(class, "Llama") || strstr(class, "Gemma")
                        : file->kind == CPL_SENTENCEPIECE_BPE && file->byte_fallback;
    bool t5 = strstr(class, "T5"), xlnet = strstr(class, "XLNet");
    bool albert = strstr(class, "Albert") || strstr(class, "BigBird");
    const char *bos =
        flag_of(config, "add_bos_token", true) ? name_of(config, names, "bos_token") : NULL;
    const char *eos = t5 || flag_of(config, "add_eos_token", false)
                          ? name_of(config, names, "eos_token")
                          : NULL;
    const char *cls = name_of(config, names, "cls_token");
    const char *sep = name_of(config, names, "sep_token");
    struct around around = {json_array(), json_array(), json_object(), file};
    if (llama || albert)
        add_special(&around, llama ? bos : cls, 0, true, true);
    add_sequence(&around, "A", 0);
    if (llama || t5 || xlnet || albert)
        add_special(&around, llama || t5 ? eos : sep, 0, true, true);
    if (llama)
        add_special(&around, bos, 1, false, true);
    add_sequence(&around, "B", t5 ? 0 : 1);
    if (llama || t5 || xlnet || albert)
        add_special(&around, llama || t5 ? eos : sep, t5 ? 0 : 1, false, true);
    if (xlnet)
        add_special(&around, cls, 2, true, true);
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single",
                     around.single, "pair", around.pair, "special_tokens", around.specials);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Classes of transformers that give pieces other ids than the model has. */
static cpl_status check_class(const char *class, const char *where, struct cpl_error *error)
{
    static const char *const shifted[] = {
        "XLMRoberta",  "Camembert", "MBart",  "Nllb",   "Barthez",     "XGLM",    "PLBart",
        "SeamlessM4T", "Pegasus",   "M2M100", "Marian", "Speech2Text", "Fairseq", "Ernie"};
    for (size_t i = 0; i < sizeof shifted / sizeof *shifted; i++)
        if (strncmp(class, shifted[i], strlen(shifted[i])) == 0)
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 "%.50s gives pieces other ids than the .model does; write its "
                                 "tokenizer.json with transformers and use that",
                                 class);
    return CPL_OK;
}

static cpl_status fill(json_t *root, const struct cpl_sentencepiece_file *file,
                       const json_t *config, json_t *names, const char *path,
                       struct cpl_error *error)
{
    const char *class = json_string_value(json_object_get(config, "tokenizer_class"));
    class = class ? class : "";
    CPL_TRY(check_class(class, path, error));
    json_t *added = json_array();
    json_object_set_new(root, "version", json_string("1.0"));
    json_object_set_new(root, "added_tokens", added);
    if (config)
        CPL_TRY(add_tokens(added, file, config, class, path, error));
    json_object_set_new(root, "post_processor", make_processor(file, config, names, class));
    return cpl_sentencepiece_add_sections(root, file, config, names, error);
}

cpl_status cpl_sentencepiece_parse(json_t **out, const unsigned char *data, size_t length,
                                   const char *path, const json_t *config,
                                   struct cpl_error *error)
{
    struct cpl_sentencepiece_file file;
    CPL_TRY(cpl_sentencepiece_file_read(&file, data, length, path, error));
    json_t *root = json_object(), *names = make_names(&file);
    cpl_status status = fill(root, &file, config, names, path, error);
    cpl_sentencepiece_file_clear(&file);
    json_decref(names);
    if (status == CPL_OK)
        *out = root;
    else
        json_decref(root);
    return status;
}

cpl_status cpl_sentencepiece_load(json_t **file, const char *path, const json_t *config,
                                  struct cpl_error *error)
{
    char *data = NULL;
    size_t length = 0;
    CPL_TRY(cpl_file_read(&data, &length, path, error));
    cpl_status status =
        cpl_sentencepiece_parse(file, (const unsigned char *)data, length, path, config, error);
    free(data);
    return status;
}
