/* Loading of dictionaries: see segmenter.h. */
#include "base/file.h"
#include "base/try.h"
#include "text/dictionary.h"
#include "text/segmenter.h"
#include "text/word_cuts.h"
#include "text/word_path.h"

#include <math.h>
#include <xxhash.h>

/* The least frequency with which a word wins over the path that its characters have without it. */
static uint64_t winning_count(const struct cpl_segmenter *segmenter, const char *word,
                              size_t length)
{
    struct cpl_word_path path;
    int64_t score = 0;
    cpl_word_path_init(&path, &segmenter->trie, segmenter->unknown, word, length);
    for (size_t at = 0; at < length;) {
        at += cpl_word_path_find(&path, at);
        score += cpl_word_path_score(&path);
    }
    double probability = exp((double)score / (1 << CPL_WEIGHT_BITS));
    return (uint64_t)(probability * (double)segmenter->trie.total) + 1;
}

static cpl_status set_word(struct cpl_segmenter *segmenter,
                           const struct cpl_dictionary_entry *entry, struct cpl_error *error)
{
    uint64_t count =
        entry->has_count ? entry->count : winning_count(segmenter, entry->word, entry->length);
    uint64_t most = ((uint64_t)1 << CPL_COUNT_BITS) - 1;
    struct cpl_trie_node node = {.count = (count < most ? count : most) & most,
                                 .kind = cpl_word_kind_of(entry) & 15};
    return cpl_word_trie_set(&segmenter->trie, entry->word, entry->length, node, error);
}

/* Puts the words of a file into the trie and computes weights. */
static cpl_status load_words(struct cpl_segmenter *segmenter, const struct cpl_map *map,
                             const char *path, bool is_user, struct cpl_error *error)
{
    struct cpl_dictionary_reader reader = {.map = map, .path = path};
    struct cpl_dictionary_entry entry;
    for (bool found = true;;) {
        CPL_TRY(cpl_dictionary_next(&reader, &found, &entry, error));
        if (!found)
            break;
        if (!entry.has_count && !is_user)
            return cpl_dictionary_error(&reader, error, "expected \"word count tag\"");
        CPL_TRY(set_word(segmenter, &entry, error));
    }
    if (segmenter->trie.total == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "no words in the dictionary");
    segmenter->hash = XXH64(map->data, map->size, segmenter->hash);
    cpl_word_trie_weigh(&segmenter->trie);
    segmenter->unknown = cpl_word_trie_weight(&segmenter->trie, 1);
    return CPL_OK;
}

/* Marks the words that are more than one; the others show what words look like. */
static cpl_status learn_words(struct cpl_segmenter *segmenter, const struct cpl_map *map,
                              const char *path, struct cpl_error *error)
{
    struct cpl_dictionary_reader reader = {.map = map, .path = path};
    struct cpl_dictionary_entry entry;
    for (bool found = true;;) {
        CPL_TRY(cpl_dictionary_next(&reader, &found, &entry, error));
        if (!found)
            return CPL_OK;
        uint64_t cuts = cpl_word_cuts(&segmenter->trie, &entry);
        if (cuts != 0)
            cpl_word_trie_cut(&segmenter->trie, entry.word, entry.length, cuts);
        else if (!cpl_word_is_phrase(&entry))
            cpl_word_guess_learn(&segmenter->guess, entry.word, entry.length);
    }
}

cpl_status cpl_segmenter_load(struct cpl_segmenter *segmenter, const char *path, bool is_user,
                              struct cpl_error *error)
{
    struct cpl_map map = {0};
    CPL_TRY(cpl_map_open(&map, path, error));
    cpl_status status = load_words(segmenter, &map, path, is_user, error);
    if (status == CPL_OK && !is_user)
        status = learn_words(segmenter, &map, path, error);
    cpl_map_close(&map);
    return status;
}
