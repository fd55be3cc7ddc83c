/* Hugging Face's sections that say nearly what a SentencePiece model says, as the converter of
 * transformers 5 writes them (convert_slow_tokenizer.py, build_tokenizer_from_spm_proto). */
#include "base/base64.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include <stdlib.h>
#include <string.h>

static json_t *replace_text(const char *pattern, const char *content)
{
    return json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", "String", pattern,
                     "content", content);
}

static json_t *replace_regex(const char *pattern, const char *content)
{
    return json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", "Regex", pattern,
                     "content", content);
}

/* ---- normalizer ------------------------------------------------------------------------------ */

static json_t *make_normalizer(const struct cpl_sentencepiece_file *file, const char *map,
                               bool first_only)
{
    json_t *list = json_array();
    if (file->n_map > 0)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "type", "Precompiled", "precompiled_charsmap", map));
    if (file->remove_extra) {
        json_array_append_new(list, replace_regex("\\A +| +\\z", ""));
        json_array_append_new(list, replace_regex(" {2,}", " "));
    }
    if (file->escape)
        json_array_append_new(list, replace_text(" ", CPL_META));
    if (file->dummy && !first_only)
        json_array_append_new(list, replace_regex("\\A" CPL_META, CPL_META CPL_META));
    return json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", list);
}

/* ---- pre-tokenizer --------------------------------------------------------------------------- */

static int compare_longest(const void *left, const void *right)
{
    const struct cpl_sentencepiece_piece *a = left, *b = right;
    size_t n_a = cpl_utf8_count(a->text, a->length), n_b = cpl_utf8_count(b->text, b->length);
    if (n_a != n_b)
        return n_a > n_b ? -1 : 1;
    return (a->text > b->text) - (a->text < b->text);
}

/* A regular expression for the user-defined pieces, longer ones first. */
static cpl_status write_pattern(struct cpl_buffer *pattern,
                                const struct cpl_sentencepiece_file *file,
                                struct cpl_error *error)
{
    struct cpl_sentencepiece_piece *user = calloc(file->n_pieces, sizeof *user);
    size_t n = 0;
    if (!user)
        return cpl_out_of_memory(error);
    for (size_t i = 0; i < file->n_pieces; i++)
        if (file->piece[i].type == CPL_TYPE_USER)
            user[n++] = file->piece[i];
    qsort(user, n, sizeof *user, compare_longest);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            cpl_buffer_add_byte(pattern, '|');
        for (size_t k = 0; k < user[i].length; k++) {
            if (strchr("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", user[i].text[k]))
                cpl_buffer_add_byte(pattern, '\\');
            cpl_buffer_add_byte(pattern, user[i].text[k]);
        }
    }
    free(user);
    return cpl_buffer_check(pattern, error);
}

static cpl_status make_pre_tokenizer(json_t **out, const struct cpl_sentencepiece_file *file,
                                     bool first_only, struct cpl_error *error)
{
    struct cpl_buffer pattern = {0};
    json_t *list = json_array();
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(write_pattern(&pattern, file, error));
    if (file->dummy)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "type", "Metaspace",
                                              "replacement", CPL_META, "prepend_scheme",
                                              first_only ? "first" : "always", "split",
                                              file->kind == CPL_SENTENCEPIECE_WORD));
    if (pattern.length > 0)
        json_array_append_new(list, json_pack("{s:s, s:{s:s}, s:s, s:b}", "type", "Split",
                                              "pattern", "Regex", pattern.data, "behavior",
                                              "Isolated", "invert", 0));
    if (file->kind == CPL_SENTENCEPIECE_CHAR)
        json_array_append_new(list, json_pack("{s:s, s:{s:s}, s:s, s:b}", "type", "Split",
                                              "pattern", "Regex", "[\\s\\S]", "behavior",
                                              "Isolated", "invert", 0));
    *out = json_array_size(list) > 0
               ? json_pack("{s:s, s:O}", "type", "Sequence", "pretokenizers", list)
               : json_null();
done:
    json_decref(list);
    cpl_buffer_clear(&pattern);
    return status;
}

/* ---- decoder --------------------------------------------------------------------------------- */

static json_t *make_decoder(const struct cpl_sentencepiece_file *file)
{
    json_t *list = json_array();
    json_array_append_new(list, replace_text(CPL_META, " "));
    if (file->byte_fallback)
        json_array_append_new(list, json_pack("{s:s}", "type", "ByteFallback"));
    if (file->dummy || file->byte_fallback)
        json_array_append_new(list, json_pack("{s:s}", "type", "Fuse"));
    if (file->dummy)
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i}", "type", "Strip",
                                              "content", " ", "start", 1, "stop", 0));
    return json_pack("{s:s, s:o}", "type", "Sequence", "decoders", list);
}

/* ---- exactly --------------------------------------------------------------------------------- */

static json_t *list_user(const struct cpl_sentencepiece_file *file)
{
    json_t *list = json_array();
    for (size_t i = 0; i < file->n_pieces; i++)
        if (file->piece[i].type == CPL_TYPE_USER)
            json_array_append_new(list,
                                  json_stringn(file->piece[i].text, file->piece[i].length));
    return list;
}

static json_t *list_pieces(const struct cpl_sentencepiece_file *file)
{
    json_t *list = json_array();
    for (size_t i = 0; i < file->n_pieces; i++) {
        const struct cpl_sentencepiece_piece *piece = &file->piece[i];
        json_t *entry = json_array();
        json_array_append_new(entry, json_stringn(piece->text, piece->length));
        json_array_append_new(entry, json_real(piece->score));
        json_array_append_new(entry, json_integer(piece->type));
        if (json_array_size(entry) != 3 || json_array_append_new(list, entry) != 0)
            break;
    }
    return list;
}

static json_t *make_exact(const struct cpl_sentencepiece_file *file, const char *map,
                          bool first_only, json_t *special)
{
    static const char *const names[] = {[CPL_SENTENCEPIECE_UNIGRAM] = "unigram",
                                        [CPL_SENTENCEPIECE_BPE] = "bpe",
                                        [CPL_SENTENCEPIECE_WORD] = "word",
                                        [CPL_SENTENCEPIECE_CHAR] = "char"};
    json_t *rules = json_pack(
        "{s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:s}", "type", "SentencePiece", "add_dummy_prefix",
        file->dummy, "remove_extra_whitespaces", file->remove_extra, "escape_whitespaces",
        file->escape, "treat_whitespace_as_suffix", file->suffix, "first_only", first_only,
        "user_defined", list_user(file), "precompiled_charsmap", map);
    json_t *decoder = json_pack("{s:s, s:b, s:b}", "type", "SentencePiece", "add_dummy_prefix",
                                file->dummy, "remove_extra_whitespaces", file->remove_extra);
    json_object_set(decoder, "unknown", json_object_get(special, "unk_token"));
    if (file->surface)
        json_object_set_new(decoder, "surface", json_stringn(file->surface, file->n_surface));
    return json_pack("{s:s, s:b, s:O, s:o, s:o, s:o}", "kind", names[file->kind],
                     "byte_fallback", file->byte_fallback, "special", special, "normalizer",
                     rules, "decoder", decoder, "pieces", list_pieces(file));
}

/* transformers' Llama tokenizer puts the space before the first section only, unless it is told to be
 * as it was once. */
static bool is_first_only(const json_t *config)
{
    const char *class = json_string_value(json_object_get(config, "tokenizer_class"));
    return class && strstr(class, "Llama") && !json_is_true(json_object_get(config, "legacy"));
}

cpl_status cpl_sentencepiece_add_sections(json_t *root,
                                          const struct cpl_sentencepiece_file *file,
                                          const json_t *config, json_t *special,
                                          struct cpl_error *error)
{
    bool first_only = is_first_only(config);
    char *map = NULL;
    json_t *pre_tokenizer = NULL, *exact = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_base64_encode(&map, file->map, file->n_map, error));
    CPL_TRY_GOTO(make_pre_tokenizer(&pre_tokenizer, file, first_only, error));
    exact = make_exact(file, map, first_only, special);
    json_object_set_new(root, "normalizer", make_normalizer(file, map, first_only));
    json_object_set_new(root, "pre_tokenizer", pre_tokenizer);
    json_object_set_new(root, "decoder", make_decoder(file));
    if (json_array_size(json_object_get(exact, "pieces")) != file->n_pieces ||
        json_object_set_new(
            root, "model",
            json_pack("{s:s, s:O}", "type", "SentencePiece", "sentencepiece", exact)) != 0)
        status = cpl_out_of_memory(error);
done:
    json_decref(exact);
    free(map);
    return status;
}
