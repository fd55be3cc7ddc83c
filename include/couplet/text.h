/* Text: clean UTF-8, sentences and words.
 *
 *     struct cpl_segmenter *segmenter = NULL;
 *     struct cpl_spans words = {0};
 *     if (cpl_segmenter_new(&segmenter, NULL, NULL, &error) == CPL_OK)
 *         cpl_segment(segmenter, &words, "我喜欢自然语言处理", 27, &error);
 *     // words.span[0] is 我, words.span[1] is 喜欢, …
 *     cpl_spans_clear(&words);
 *     cpl_segmenter_free(segmenter);
 */
#ifndef COUPLET_TEXT_H
#define COUPLET_TEXT_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Byte ranges [begin, end) of a text.  Zero value is empty; memory is reused by later calls. */
struct cpl_span {
    size_t begin, end;
};
struct cpl_spans {
    struct cpl_span *span;
    size_t count;
    size_t capacity;
};
CPL_API void cpl_spans_clear(struct cpl_spans *spans);

/* Length in bytes of the longest valid UTF-8 prefix (RFC 3629: no surrogates, no overlong forms,
 * at most U+10FFFF); equal to `length` when all of it is valid. */
CPL_API size_t cpl_utf8_valid_prefix(const char *text, size_t length);
/* Number of code points of valid UTF-8. */
CPL_API size_t cpl_utf8_count(const char *text, size_t length);

/* Repairs and normalises: bad bytes become U+FFFD (one for each maximal bad sequence; counted in
 * *n_repaired unless NULL), NUL and control characters but tab and line feed go, CR LF and CR become
 * LF, then the Unicode form.  *out: heap text with a NUL, *out_length without it; free with free(). */
enum cpl_unicode_form { CPL_FORM_NONE, CPL_FORM_NFC, CPL_FORM_NFKC };
CPL_API cpl_status cpl_text_clean(char **out, size_t *out_length, size_t *n_repaired,
                                  const char *text, size_t length, enum cpl_unicode_form form,
                                  struct cpl_error *error);

/* Sentences of valid UTF-8: after 。！？；… and .!?; with the closing quotes and brackets behind
 * them, and at line ends; English abbreviations, initials, decimals and dots inside words do not end
 * one.  The spans cover the whole text: white space after a sentence belongs to it. */
CPL_API cpl_status cpl_sentences(struct cpl_spans *sentences, const char *text, size_t length,
                                 struct cpl_error *error);

/* Chinese and other words.  Dictionary lines are "word count tag" (jieba's format); in a user's both
 * count and tag may be missing, and a word without count gets one that makes it win over what it would
 * be cut into; count 0 takes a word out.  Files that are something else: CPL_ERROR_INPUT with
 * path:line.  `dictionary` NULL: $COUPLET_DICTIONARY, then the file that Debian's python3-jieba
 * installs, then the copy of it that the project's set-up keeps in the cache folder.
 * `user_dictionary` NULL: none.  Thread-safe after creation; about 30 MB. */
struct cpl_segmenter;
CPL_API cpl_status cpl_segmenter_new(struct cpl_segmenter **out, const char *dictionary,
                                     const char *user_dictionary, struct cpl_error *error);
CPL_API void cpl_segmenter_free(struct cpl_segmenter *segmenter);
/* True for a word of the dictionaries, also one that cpl_segment cuts further; valid UTF-8. */
CPL_API bool cpl_segmenter_has(const struct cpl_segmenter *segmenter, const char *word,
                               size_t length);
/* A number that changes whenever the words of some text could: hash of dictionaries and rules. */
CPL_API uint64_t cpl_segmenter_hash(const struct cpl_segmenter *segmenter);
/* Words of valid UTF-8, in order; white space is in none.  Chinese follows the most probable path over
 * the dictionary's frequencies; what it leaves in single characters is joined where it looks like a
 * name or a new word; numbers and their measure words (一/个, 20/年) and compounds of frequent words
 * (自然/资源) are cut, a user's words never.  Latin words, numbers, dates and times in digits, URLs and
 * e-mail addresses, and doubled signs (……) are whole; every other character is alone.  Time and memory
 * grow with the text, whatever is in it; 100 KB of stack. */
CPL_API cpl_status cpl_segment(const struct cpl_segmenter *segmenter, struct cpl_spans *words,
                               const char *text, size_t length, struct cpl_error *error);

#endif
