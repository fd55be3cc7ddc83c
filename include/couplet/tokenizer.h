/* Tokenizers: text to ids and back, id for id as Hugging Face does it.
 *
 *     struct cpl_tokenizer *tokenizer = NULL;
 *     struct cpl_encoding encoding = {0};
 *     if (cpl_tokenizer_load(&tokenizer, "models/bert", &error) == CPL_OK)
 *         cpl_tokenizer_encode(tokenizer, &encoding, "今天天气很好", 18, &error);
 *     cpl_encoding_clear(&encoding);
 *     cpl_tokenizer_free(tokenizer);
 */
#ifndef COUPLET_TOKENIZER_H
#define COUPLET_TOKENIZER_H

#include <couplet/status.h>
#include <couplet/text.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_tokenizer;

/* Ids with the byte range of the input that each came from.  Zero value is empty; memory is reused. */
struct cpl_encoding {
    int32_t *id;
    struct cpl_span
        *span;       /* bytes of the input, as given (not of its normalised form); 0, 0 for
                              special tokens around it */
    uint8_t *type;   /* segment, as the template says: 0, of a second text mostly 1 */
    uint8_t *source; /* which text it is from: 0, 1, or CPL_SOURCE_NONE around them */
    size_t count;
    size_t capacity;
    struct cpl_encode_scratch *scratch; /* what encoders keep from text to text */
};
enum { CPL_SOURCE_NONE = 2 };
CPL_API void cpl_encoding_clear(struct cpl_encoding *encoding);

/* Special tokens by role; -1 where the tokenizer has none. */
struct cpl_special_ids {
    int32_t pad, unknown, cls, sep, mask, bos, eos;
    int32_t newline; /* the token that stands for a line feed, -1 if line feeds are lost */
};

/* Reads a directory (tokenizer.json, else vocab.txt, else vocab.json with merges.txt, the last two as
 * tokenizer_config.json says) or one such file. */
CPL_API cpl_status cpl_tokenizer_load(struct cpl_tokenizer **out, const char *path,
                                      struct cpl_error *error);
struct cpl_tokenizer_load_options {
    /* Of a vocab.txt with no tokenizer_config.json beside it; else CPL_ERROR_USAGE. */
    bool lowercase;
};
/* `options` NULL: zero value. */
CPL_API cpl_status cpl_tokenizer_load_with(struct cpl_tokenizer **out, const char *path,
                                           const struct cpl_tokenizer_load_options *options,
                                           struct cpl_error *error);
CPL_API void cpl_tokenizer_free(struct cpl_tokenizer *tokenizer);
/* Writes tokenizer.json and tokenizer_config.json, from which transformers' AutoTokenizer makes a fast
 * tokenizer with the same ids, offsets and decoded text, and for older readers vocab.txt (WordPiece) or
 * vocab.json and merges.txt (byte-level BPE). */
CPL_API cpl_status cpl_tokenizer_save(const struct cpl_tokenizer *tokenizer,
                                      const char *directory, struct cpl_error *error);

CPL_API int32_t
cpl_tokenizer_size(const struct cpl_tokenizer *tokenizer); /* V, with added tokens */
CPL_API struct cpl_special_ids cpl_tokenizer_special(const struct cpl_tokenizer *tokenizer);
CPL_API bool cpl_tokenizer_is_special(const struct cpl_tokenizer *tokenizer, int32_t id);
/* The piece as stored ("##ing"), NUL-terminated, valid as long as the tokenizer; NULL if no such id. */
CPL_API const char *cpl_tokenizer_piece(const struct cpl_tokenizer *tokenizer, int32_t id);
CPL_API int32_t cpl_tokenizer_id(const struct cpl_tokenizer *tokenizer,
                                 const char *piece); /* -1 */
/* True for pieces that continue a word ("##ing"). */
CPL_API bool cpl_tokenizer_continues(const struct cpl_tokenizer *tokenizer, int32_t id);
/* Unicode characters of text that a token stands for, of its piece without "##"; a space is one however
 * it is spelt; a character that several tokens share counts for the one with its first byte; 1 for the
 * line break and for the unknown token (of which it is the least), 0 for other special tokens.  What
 * the tokenizer takes away (often white space between words) is in no token, and what it adds (a space
 * before the text) is in one. */
CPL_API size_t cpl_tokenizer_characters(const struct cpl_tokenizer *tokenizer, int32_t id);
/* The same without white space other than line feeds: whether a tokenizer drops spaces, keeps them or
 * puts one before a text, the tokens of a text add up to the same, so bits per character compare. */
CPL_API size_t cpl_tokenizer_solid_characters(const struct cpl_tokenizer *tokenizer,
                                              int32_t id);
/* *json: heap text of one object: kind, sizes, stages by type, what stands around texts, special tokens by
 * role, pieces by length and script with examples, and what is odd (ids without a piece, pieces without
 * text, texts that two ids have). */
CPL_API cpl_status cpl_tokenizer_describe(const struct cpl_tokenizer *tokenizer, char **json,
                                          struct cpl_error *error);
/* How much two vocabularies have in common: distinct texts of their pieces, without marks such as "##" and
 * without a space before them. */
struct cpl_vocabulary_overlap {
    int32_t shared, only_first, only_second;
};
CPL_API cpl_status cpl_tokenizer_overlap(const struct cpl_tokenizer *first,
                                         const struct cpl_tokenizer *second,
                                         struct cpl_vocabulary_overlap *overlap,
                                         struct cpl_error *error);
/* Changes whenever the ids of some text could. */
CPL_API uint64_t cpl_tokenizer_hash(const struct cpl_tokenizer *tokenizer);

/* Longest text, in bytes; a longer one is CPL_ERROR_INPUT. */
enum { CPL_LONGEST_TEXT = 128 << 20 };

/* Encodes UTF-8 without special tokens around it; texts of special tokens inside ("[MASK]") become
 * their ids.  Thread-safe: `encoding` is the caller's.
 *
 * Time is in proportion to the text, whatever it is made of, and 256 KB of stack are enough.  Memory: the
 * result takes 22 bytes a token, up to twice that as it grows.  Beyond it the fast ways (`fast_way` of
 * cpl_tokenizer_describe) of WordPiece and SentencePiece need a window, those of byte pair encoding 8
 * bytes a token of the longest word (twice that as they grow); all other tokenizers, stage after stage, up
 * to some 130 bytes a byte of text (bench/linear.py shows what each kind takes). */
CPL_API cpl_status cpl_tokenizer_encode(const struct cpl_tokenizer *tokenizer,
                                        struct cpl_encoding *encoding, const char *text,
                                        size_t length, struct cpl_error *error);
/* The same, with the special tokens of a single text around it ([CLS] … [SEP]). */
CPL_API cpl_status cpl_tokenizer_encode_special(const struct cpl_tokenizer *tokenizer,
                                                struct cpl_encoding *encoding, const char *text,
                                                size_t length, struct cpl_error *error);

/* Two texts, with the special tokens of a pair ([CLS] a [SEP] b [SEP]) or without; spans are bytes of
 * the text that the token is from. */
CPL_API cpl_status cpl_tokenizer_encode_pair(const struct cpl_tokenizer *tokenizer,
                                             struct cpl_encoding *encoding,
                                             const char *const text[2], const size_t length[2],
                                             bool special, struct cpl_error *error);

/* How texts are encoded.  Zero value: whole and without special tokens. */
enum cpl_truncation {
    CPL_TRUNCATE_LONGEST, /* of a pair the longer text until both are equal, then both */
    CPL_TRUNCATE_FIRST,   /* only that text; an error if it is too short for it */
    CPL_TRUNCATE_SECOND
};
struct cpl_encode_options {
    bool special;      /* with the special tokens of a text or a pair */
    size_t max_length; /* most tokens, special ones included; 0: no limit */
    enum cpl_truncation truncation;
    bool truncate_left; /* leaves the beginning out, not the end */
};
/* One text or two (n_texts).  The truncation and padding that a tokenizer.json asks for are not applied:
 * transformers replaces them by what its caller says, which by default is neither. */
CPL_API cpl_status cpl_tokenizer_encode_with(const struct cpl_tokenizer *tokenizer,
                                             struct cpl_encoding *encoding,
                                             const char *const *text, const size_t *length,
                                             size_t n_texts,
                                             const struct cpl_encode_options *options,
                                             struct cpl_error *error);

/* Many texts on `threads` threads (0: all that OpenMP gives), the same for any number of them. */
struct cpl_encode_input {
    const char *text, *second; /* second NULL: one text */
    size_t length, second_length;
};
/* encodings [n]: memory of earlier calls is reused.  The error is that of the first text that has one,
 * "text 3: ...", counted from 0. */
CPL_API cpl_status cpl_tokenizer_encode_batch(const struct cpl_tokenizer *tokenizer,
                                              struct cpl_encoding *encodings,
                                              const struct cpl_encode_input *inputs, size_t n,
                                              const struct cpl_encode_options *options,
                                              int threads, struct cpl_error *error);

/* spans [count]: the encoding's spans, of tokens from text number `source`, in Unicode characters of
 * that text instead of bytes; those of other tokens are left as they are.  One walk over the text. */
CPL_API void cpl_encoding_characters(const struct cpl_encoding *encoding, uint8_t source,
                                     const char *text, size_t length, struct cpl_span *spans);

/* How text is made of ids.  Zero value: exact, with special tokens. */
enum cpl_decode_style {
    CPL_DECODE_EXACT,  /* what transformers' decode gives: the decoder of tokenizer.json, then
                          clean_up_tokenization_spaces where tokenizer_config.json wants it */
    CPL_DECODE_READING /* for WordPiece, whose pieces do not say where white space was: no spaces
                          between Chinese characters, English words apart, "##" pieces glued, line-break
                          tokens as line feeds, unknown tokens never skipped; else exact */
};
struct cpl_decode_options {
    enum cpl_decode_style style;
    bool skip_special;
};
/* *out: heap text, valid UTF-8 with a NUL that is not part of it; *length (may be NULL): its bytes, in
 * which a byte-level tokenizer may have NULs of its own.  `options` NULL: zero value.  An id outside
 * 0..V-1 is CPL_ERROR_INPUT; ids without a piece inside are passed over, as there. */
CPL_API cpl_status cpl_tokenizer_decode(const struct cpl_tokenizer *tokenizer, char **out,
                                        size_t *length, const int32_t *ids, size_t n_ids,
                                        const struct cpl_decode_options *options,
                                        struct cpl_error *error);

/* The same, one id after the other, as a model makes them: pieces of text that are whole characters and
 * final, together what cpl_tokenizer_decode gives for all ids.  What later ids may change waits. */
struct cpl_decode_stream;
/* The tokenizer must outlive the stream. */
CPL_API cpl_status cpl_decode_stream_new(struct cpl_decode_stream **out,
                                         const struct cpl_tokenizer *tokenizer,
                                         const struct cpl_decode_options *options,
                                         struct cpl_error *error);
/* *piece: text (often empty) that the stream owns until its next call; *length may be NULL. */
CPL_API cpl_status cpl_decode_stream_take(struct cpl_decode_stream *stream, int32_t id,
                                          const char **piece, size_t *length,
                                          struct cpl_error *error);
/* No id follows: the rest of the text.  The next id begins a new one. */
CPL_API cpl_status cpl_decode_stream_finish(struct cpl_decode_stream *stream,
                                            const char **piece, size_t *length,
                                            struct cpl_error *error);
CPL_API void cpl_decode_stream_free(struct cpl_decode_stream *stream);

/* *flags [n_ids] heap: 1 where a token continues the word before it: the words of `segmenter` on the
 * encoded text joined with the tokenizer's own pieces; special tokens and line breaks stand alone. */
CPL_API cpl_status cpl_tokenizer_word_flags(const struct cpl_tokenizer *tokenizer,
                                            const struct cpl_segmenter *segmenter,
                                            uint8_t **flags,
                                            const struct cpl_encoding *encoding,
                                            const char *text, size_t length,
                                            struct cpl_error *error);

/* Training.  Texts are given one by one, in any number; memory is bounded.  The result depends on the
 * multiset of texts and on the options only, not on their order or the number of threads.
 *
 * Texts are cut into units of some KB at line ends; of more text than `memory` holds the words of, a
 * random half, quarter … of the units is learned from, chosen by what is in them. */

/* Called now and then while a tokenizer is learned; false ends it with CPL_STOPPED. */
typedef bool cpl_tokenizer_progress(void *context, const char *stage, uint64_t done,
                                    uint64_t total);

/* Zero values are the defaults. */
struct cpl_tokenizer_training {
    /* "wordpiece" (the default), "bpe" (of bytes), "char-bpe" or "unigram". */
    const char *type;
    int32_t vocab_size; /* V, special tokens and line break included; 0: 8000 */
    bool lowercase;
    /* Rarer merged pieces are not taken, of wordpiece rarer characters, too; 0: 2.  Not of unigram. */
    int32_t min_frequency;
    const char *normalization; /* "none" (NULL), "nfc" or "nfkc", before lower-casing */
    int32_t max_length;        /* characters of a piece (of bpe bytes); 0: 16, bpe: any */
    /* How many characters to keep, the most frequent (not of bpe); 0: all, of wordpiece all that fit. */
    int32_t alphabet;
    /* More special tokens, behind those of the type. */
    const char *const *special_tokens;
    size_t n_special_tokens;

    /* bpe: how text is cut into words, "gpt2" (NULL), "llama3" or "qwen2". */
    const char *pattern;

    /* char-bpe and unigram.
     * What a piece may hold of Chinese: "clause" (NULL; anything between punctuation and digits), "any"
     * (these, too), "word" (at most one word of the segmenter) or "character". */
    const char *chinese;
    const struct cpl_segmenter *segmenter; /* for "word"; borrowed until the trainer is freed */
    bool byte_fallback;                    /* characters without a piece become bytes */
    /* A space is put in front "never" (NULL), of the "first" line of a text, of "always" each. */
    const char *prefix_space;

    /* unigram. */
    int32_t seed_size;       /* pieces to begin with; 0: 1,000,000 */
    int32_t em_iterations;   /* before each pruning; 0: 2 */
    double shrinking_factor; /* share of pieces that a pruning leaves; 0: 0.75 */

    int threads; /* 0: all cores */
    /* Bytes that different words may take; 0: 128 MB.  Learning takes up to some twelve times as much. */
    uint64_t memory;
    cpl_tokenizer_progress *progress; /* NULL: none */
    void *context;
};
struct cpl_tokenizer_trainer;
CPL_API cpl_status cpl_tokenizer_trainer_new(struct cpl_tokenizer_trainer **out,
                                             const struct cpl_tokenizer_training *options,
                                             struct cpl_error *error);
CPL_API cpl_status cpl_tokenizer_trainer_add(struct cpl_tokenizer_trainer *trainer,
                                             const char *text, size_t length,
                                             struct cpl_error *error);
/* Learns; once for a trainer.  CPL_ERROR_USAGE when the vocabulary is too small for the text. */
CPL_API cpl_status cpl_tokenizer_trainer_finish(struct cpl_tokenizer_trainer *trainer,
                                                struct cpl_tokenizer **out,
                                                struct cpl_error *error);
/* Share of the texts added so far that is learned from: 1, or 1/2, 1/4 … when memory asked for less. */
CPL_API double cpl_tokenizer_trainer_share(const struct cpl_tokenizer_trainer *trainer);
CPL_API void cpl_tokenizer_trainer_free(struct cpl_tokenizer_trainer *trainer);

#endif
