/* Dictionary words that are more than one word.
 *
 * The dictionary is made for search: it lists 两个, 二十年 and 自然资源 whole.  The Chinese treebanks,
 * and readers, see two words each.  Such words help to find the right path (一个 / 人, not 一 /
 * 个人) and are cut when they lie on it. */
#ifndef CPL_TEXT_WORD_CUTS_H
#define CPL_TEXT_WORD_CUTS_H

#include "text/dictionary.h"
#include "text/word_trie.h"

enum cpl_word_kind cpl_word_kind_of(const struct cpl_dictionary_entry *entry);
/* An idiom or set phrase, whose shape is not that of a word. */
bool cpl_word_is_phrase(const struct cpl_dictionary_entry *entry);

/* Where a word of the dictionary in `trie` is cut, as in struct cpl_trie_node; 0: nowhere.  Two
 * rules: a number and its measure word, where the tag says that they are that; and compounds of four
 * characters and more whose parts are words at least twice as frequent as the whole. */
uint64_t cpl_word_cuts(const struct cpl_word_trie *trie,
                       const struct cpl_dictionary_entry *entry);

#endif
