/* Words that are more than one: see word_cuts.h. */
#include "text/word_cuts.h"

#include "text/word_number.h"

#include <string.h>
#include <uchar.h>

/* Part of a word: bytes and characters. */
struct part {
    const char *text;
    size_t length;
};

static bool is_tag(const struct cpl_dictionary_entry *entry, const char *tag)
{
    return entry->tag_length == strlen(tag) && memcmp(entry->tag, tag, entry->tag_length) == 0;
}

static bool is_tag_of(const struct cpl_dictionary_entry *entry, const char *tag)
{
    size_t length = strlen(tag);
    return entry->tag_length >= length && memcmp(entry->tag, tag, length) == 0;
}

/* jieba's tags: nr people (with nrt, transcribed), ns places, nz other names, q measure words. */
enum cpl_word_kind cpl_word_kind_of(const struct cpl_dictionary_entry *entry)
{
    if (is_tag_of(entry, "nr") || is_tag(entry, "ns") || is_tag(entry, "nz"))
        return CPL_WORD_NAME;
    return is_tag(entry, "q") || is_tag(entry, "mq") ? CPL_WORD_MEASURE : CPL_WORD_OTHER;
}

bool cpl_word_is_phrase(const struct cpl_dictionary_entry *entry)
{
    return is_tag(entry, "i") || is_tag(entry, "l");
}

static bool is_listed(const char *const *list, struct part part)
{
    for (; *list; list++)
        if (strlen(*list) == part.length && memcmp(*list, part.text, part.length) == 0)
            return true;
    return false;
}

/* ---- a number and its measure word -------------------------------------------------------- */

/* Tagged as numbers with a measure word, but their meaning is another. */
static const char *const whole[] = {
    "一些", "一起",   "一点",   "一点儿", "一半", "一下", "一下子", "一会", "一会儿", "一贯",
    "一味", "一度",   "一面",   "一手",   "一生", "一身", "一时",   "一刻", "一端",   "一切",
    "一带", "一路",   "一代",   "一线",   "二线", "三线", "一阵",   "一番", "十分",   "万分",
    "几时", "百般",   "千般",   "万般",   "多少", "万岁", "多久",   "多半", "多余",   "多元",
    "多多", "多重",   "多出",   "四周",   "四方", "四处", "四面",   "四季", "四下",   "两端",
    "两会", "一系列", "第一线", "第三方", "三角", "四角", "六角",   "八角", "千瓦",   "千米",
    "千克", "一维",   "二维",   "三维",   "四维", "一元", "二元",   "三元", NULL};
/* Nouns that count. */
static const char *const nouns[] = {"部分", "方面", "月份", "世纪", "年代",
                                    "季度", "美元", "日元", "英镑", "人次",
                                    "周年", "小时", "星期", "分钟", NULL};
/* Words tagged as times are cut before these. */
static const char *const times[] = {"月", "日",   "年",   "天",   "周", "晚",
                                    "时", "月份", "世纪", "年代", NULL};

/* End of the number that a word begins with; 几, 数 and 多 alone count as such. */
static size_t leading_number(const struct cpl_reader *word)
{
    size_t at = 0;
    uint32_t code = cpl_reader_code(word, at);
    if (code == U'第')
        at = cpl_reader_after(word, at);
    else if (code == U'零')
        return 0;
    size_t end = cpl_number_end_chinese(word, at);
    if (end == at && (code == U'几' || code == U'数' || code == U'多'))
        end = cpl_reader_after(word, at);
    return end == at ? 0 : end;
}

static size_t measure_cut(const struct cpl_word_trie *trie,
                          const struct cpl_dictionary_entry *entry)
{
    bool is_time = is_tag(entry, "t");
    struct cpl_reader word = {entry->word, entry->length};
    struct part all = {entry->word, entry->length};
    if ((!is_time && !is_tag(entry, "m") && !is_tag(entry, "mq")) || is_listed(whole, all))
        return 0;
    size_t cut = leading_number(&word);
    if (cut == 0 || cut == entry->length)
        return 0;
    struct part rest = {entry->word + cut, entry->length - cut};
    if (is_time)
        return is_listed(times, rest) ? cut : 0;
    const struct cpl_trie_edge *edge = cpl_word_trie_find(trie, rest.text, rest.length);
    const struct cpl_trie_node *node = edge ? &trie->nodes[edge->child] : NULL;
    if (!node || node->count == 0)
        return 0;
    bool is_single = cpl_reader_after(&word, cut) == entry->length;
    return is_single || node->kind == CPL_WORD_MEASURE || is_listed(nouns, rest) ? cut : 0;
}

/* ---- compounds ---------------------------------------------------------------------------- */

/* A compound is cut where both parts are that many times as frequent, and no rarer than this. */
enum { TIMES_AS_FREQUENT = 2, MIN_COUNT = 100, MIN_CHARACTERS = 4 };

/* Sets, idioms, reduplications and function words stay whole, and what transcribes a foreign name. */
static bool is_compound_tag(const struct cpl_dictionary_entry *entry)
{
    static const char *const tags[] = {"i", "z", "o", "m",   "mq", "d",
                                       "c", "r", "e", "nrt", NULL};
    struct part tag = {entry->tag, entry->tag_length};
    return !is_listed(tags, tag);
}

/* Characters of `text`, at most `most`. */
static size_t characters(struct part part, size_t most)
{
    size_t n = 0;
    for (size_t at = 0; at < part.length && n < most; n++)
        cpl_utf8_next(part.text, &at);
    return n;
}

static bool is_part(const struct cpl_word_trie *trie, const struct cpl_trie_edge *edge,
                    uint64_t least)
{
    return edge && trie->nodes[edge->child].count >= least;
}

/* Adds the cuts of a word that begins `shift` characters into the whole one, longest first part
 * first; each part has fewer characters, so this ends after at most CPL_MAX_CUTS levels. */
static uint64_t compound_cuts(const struct cpl_word_trie *trie, struct part word, size_t shift)
{
    size_t n = characters(word, CPL_MAX_CUTS + 2);
    if (n < MIN_CHARACTERS || n > CPL_MAX_CUTS + 1)
        return 0;
    uint64_t count = cpl_word_trie_count(trie, word.text, word.length);
    uint64_t least = count * TIMES_AS_FREQUENT;
    least = least < MIN_COUNT ? MIN_COUNT : least;
    size_t at = word.length;
    for (size_t before = n - 1; before >= 2; before--) {
        at = cpl_utf8_before(word.text, at);
        if (n - before < 2)
            continue;
        struct part first = {word.text, at}, second = {word.text + at, word.length - at};
        const struct cpl_trie_edge *edge = cpl_word_trie_find(trie, first.text, first.length);
        if (!is_part(trie, edge, least))
            continue;
        edge = cpl_word_trie_find(trie, second.text, second.length);
        if (!is_part(trie, edge, least) || trie->nodes[edge->child].kind == CPL_WORD_NAME)
            continue;
        return (uint64_t)1 << (shift + before - 1) | compound_cuts(trie, first, shift) |
               compound_cuts(trie, second, shift + before);
    }
    return 0;
}

uint64_t cpl_word_cuts(const struct cpl_word_trie *trie,
                       const struct cpl_dictionary_entry *entry)
{
    struct part word = {entry->word, entry->length};
    size_t cut = measure_cut(trie, entry);
    if (cut > 0) {
        struct part number = {entry->word, cut};
        size_t n = characters(number, CPL_MAX_CUTS + 1);
        return n <= CPL_MAX_CUTS ? (uint64_t)1 << (n - 1) : 0;
    }
    return is_compound_tag(entry) ? compound_cuts(trie, word, 0) : 0;
}
