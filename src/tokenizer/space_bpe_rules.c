/* Which tokenizers in SentencePiece's manner are encoded at once: see space_bpe_rules.h. */
#include "tokenizer/space_bpe_rules.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_replace(const json_t *member)
{
    return strcmp(text_of(member, "type"), "Replace") == 0 &&
           strcmp(text_of(json_object_get(member, "pattern"), "String"), " ") == 0 &&
           strcmp(text_of(member, "content"), CPL_SPACE_MARK) == 0;
}

/* Prepend and Replace, or Replace alone. */
static bool takes_normalizer(struct cpl_space_rules *rules, const json_t *normalizer)
{
    const json_t *members = json_object_get(normalizer, "normalizers"),
                 *first = json_array_get(members, 0);
    rules->prefix = CPL_PREFIX_NEVER;
    rules->cut = CPL_CUT_RUNS;
    if (is_replace(normalizer))
        return true;
    if (strcmp(text_of(normalizer, "type"), "Sequence") != 0)
        return false;
    if (json_array_size(members) == 1)
        return is_replace(first);
    rules->prefix = CPL_PREFIX_ALWAYS;
    return json_array_size(members) == 2 && is_replace(json_array_get(members, 1)) &&
           strcmp(text_of(first, "type"), "Prepend") == 0 &&
           strcmp(text_of(first, "prepend"), CPL_SPACE_MARK) == 0;
}

static bool takes_metaspace(struct cpl_space_rules *rules, const json_t *metaspace)
{
    const char *scheme = text_of(metaspace, "prepend_scheme");
    const json_t *split = json_object_get(metaspace, "split");
    if (strcmp(text_of(metaspace, "type"), "Metaspace") != 0 ||
        strcmp(text_of(metaspace, "replacement"), CPL_SPACE_MARK) != 0 || !scheme[0])
        return false;
    rules->prefix = strcmp(scheme, "always") == 0  ? CPL_PREFIX_UNLESS_THERE
                    : strcmp(scheme, "first") == 0 ? CPL_PREFIX_FIRST
                                                   : CPL_PREFIX_NEVER;
    rules->cut = !split || json_is_true(split) ? CPL_CUT_SPACES : CPL_CUT_RUNS;
    return true;
}

/* Unknown characters must not take part in merges: those of byte tokens the search refuses itself. */
static bool takes_unknown(const struct cpl_bpe *bpe)
{
    if (bpe->options.byte_fallback)
        return bpe->has_all_bytes;
    bool merges = bpe->unknown_id < 0;
    for (size_t i = 0; i < bpe->pairs.n_slots; i++) {
        const struct cpl_bpe_merge *merge = &bpe->pairs.slot[i];
        merges |= merge->left >= 0 &&
                  (merge->left == bpe->unknown_id || merge->right == bpe->unknown_id);
    }
    return !merges;
}

bool cpl_space_rules_find(struct cpl_space_rules *rules, const struct cpl_tokenizer *tokenizer)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    const json_t *sections = tokenizer->sections;
    const json_t *metaspace = json_object_get(sections, "pre_tokenizer");
    if (tokenizer->model != &cpl_tokenizer_bpe || bpe->options.prefix[0] ||
        bpe->options.suffix[0] || bpe->options.ignore_merges || !takes_unknown(bpe) ||
        cpl_bpe_find(tokenizer, CPL_SPACE_MARK, CPL_SPACE_MARK_LENGTH) < 0)
        return false;
    if (tokenizer->normalizers.n == 0)
        return takes_metaspace(rules, metaspace);
    return tokenizer->pre_tokenizers.n == 0 && tokenizer->normalized.n == 0 &&
           takes_normalizer(rules, json_object_get(sections, "normalizer"));
}
