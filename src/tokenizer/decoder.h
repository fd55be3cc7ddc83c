/* From tokens to text as Hugging Face's tokenizers do it: a chain of decoders, each of which takes
 * tokens and gives tokens; the text is what the last one gives, joined.
 *
 *     ▁a <0xE4> <0xB8> <0xAD> ─Replace─▸ " a" … ─ByteFallback─▸ " a" 中 ─Fuse─▸ " a中" ─Strip─▸ "a中"
 *
 * There a decoder is a function of the whole list.  Here it takes one token after the other and gives
 * what no later token can change, so the same chain decodes lists and streams.  Behind a decoder that
 * makes one token of all (Fuse, ByteLevel) that token comes in parts. */
#ifndef CPL_TOKENIZER_DECODER_H
#define CPL_TOKENIZER_DECODER_H

#include "base/buffer.h"
#include "base/json_file.h"
#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>

struct cpl_decoder_link;

/* What a "type" of decoder does.  Texts are valid UTF-8, parts are cut between characters.  Memory
 * that runs out is kept in the buffers' status and found by cpl_decoding_check. */
struct cpl_decoder_kind {
    const char *type;
    /* *state (heap or NULL) from the object in tokenizer.json; CPL_ERROR_INPUT names `where`. */
    cpl_status (*read)(void **state, const json_t *section, const char *where,
                       struct cpl_error *error);
    /* A part of a token; `ends`: its last.  Gives results with cpl_decoder_give. */
    void (*take)(const void *state, struct cpl_decoder_link *link, const char *text,
                 size_t length, bool ends);
    /* No token follows.  NULL: nothing is held back then. */
    void (*finish)(const void *state, struct cpl_decoder_link *link);
    void (*free_state)(void *state);
    bool wants_whole; /* every token in one part */
};
struct cpl_decoder {
    const struct cpl_decoder_kind *kind;
    void *state;
};
/* A "Sequence" is read as its members, one behind the other. */
struct cpl_decoders {
    struct cpl_decoder *decoder;
    size_t n, capacity;
};

/* The "decoder" of tokenizer.json; NULL or null: tokens with spaces between.  `cleanup`: with
 * transformers' clean_up_tokenization at the end. */
cpl_status cpl_decoders_read(struct cpl_decoders *decoders, const json_t *section, bool cleanup,
                             const char *where, struct cpl_error *error);
void cpl_decoders_clear(struct cpl_decoders *decoders);

/* ---- one decoding ---------------------------------------------------------------------------- */

/* What a decoder remembers from token to token. */
struct cpl_decoder_link {
    const struct cpl_decoder *decoder;
    struct cpl_decoder_link *next;    /* NULL: what it gives is text */
    struct cpl_buffer *out;           /* there */
    struct cpl_buffer gathered;       /* parts of a token for one that wants it whole */
    struct cpl_buffer held, one, two; /* the decoder's own */
    size_t n_tokens;                  /* whole tokens taken */
    size_t given, most; /* bytes given, and how many there may be: what replaces a text may
                                         be longer, but not beyond all measure */
    size_t count;       /* the decoder's own */
    bool inside;        /* a token began and has not ended */
};
void cpl_decoder_give(struct cpl_decoder_link *link, const char *text, size_t length,
                      bool ends);

struct cpl_decoding {
    struct cpl_decoder_link *link; /* [n] */
    size_t n;
};
/* `out` gets the text; it and the decoders must outlive the decoding. */
cpl_status cpl_decoding_begin(struct cpl_decoding *decoding,
                              const struct cpl_decoders *decoders, struct cpl_buffer *out,
                              struct cpl_error *error);
void cpl_decoding_take(struct cpl_decoding *decoding, const char *token, size_t length);
/* The rest of the text; the decoding is then as new. */
void cpl_decoding_finish(struct cpl_decoding *decoding);
cpl_status cpl_decoding_check(const struct cpl_decoding *decoding, struct cpl_error *error);
void cpl_decoding_clear(struct cpl_decoding *decoding);

/* ---- kinds ----------------------------------------------------------------------------------- */

#define DECODER(type, symbol) extern const struct cpl_decoder_kind cpl_decoder_##symbol;
#include "tokenizer/decoders.def"
#undef DECODER
/* Tokens with a space between them: what there is when tokenizer.json has no decoder. */
extern const struct cpl_decoder_kind cpl_decoder_spaces;

/* Appends `text` with `pattern` replaced, as Rust's str::replace does: an empty pattern stands
 * between all characters. */
void cpl_decoder_substitute(struct cpl_buffer *out, const char *text, size_t length,
                            const char *pattern, const char *content);
/* A decoder that replaces a text, as Replace with a "String" does. */
cpl_status cpl_decoder_new_replace(void **state, const char *pattern, const char *content,
                                   struct cpl_error *error);
/* The pairs of transformers' clean_up_tokenization, in its order; NULL at the end. */
extern const char *const cpl_decoder_cleanup_pairs[][2];

#endif
