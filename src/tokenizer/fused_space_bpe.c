/* Byte pair encoding in SentencePiece's manner in one pass over the text (Llama 2, Gemma …): spaces
 * become U+2581, which may also be put before the text, by normalizers (Prepend, Replace) or by
 * Metaspace; the whole text is one word, or words begin at spaces.
 *
 * Here spaces stay what they are, and the pieces have spaces instead.  The whole text is cut before
 * spaces as well when no piece that merges can make reaches over such a place: no merge does, then. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/fused_bpe.h"
#include "tokenizer/space_bpe_rules.h"
#include <stdlib.h>
#include <string.h>

struct space_bpe {
    struct cpl_fused_bpe fused; /* first, so that a pointer to it is one to this */
    struct cpl_space_rules rules;
};

/* ---- pieces ----------------------------------------------------------------------------------- */

static bool is_byte_token(const char *piece, size_t length)
{
    return length == 6 && memcmp(piece, "<0x", 3) == 0 && piece[5] == '>';
}

/* A piece with a space of its own is in no text. */
static size_t decode_piece(char *out, const char *piece, size_t length)
{
    size_t n = 0;
    if (is_byte_token(piece, length) || memchr(piece, ' ', length))
        return 0;
    for (size_t at = 0; at < length;)
        if (length - at >= CPL_SPACE_MARK_LENGTH &&
            memcmp(piece + at, CPL_SPACE_MARK, CPL_SPACE_MARK_LENGTH) == 0) {
            out[n++] = ' ';
            at += CPL_SPACE_MARK_LENGTH;
        } else {
            out[n++] = piece[at++];
        }
    return n;
}

static bool is_character(const char *text, size_t length)
{
    size_t next = 0;
    cpl_utf8_next(text, &next);
    return next == length;
}

/* Whether some piece that merges make has a space behind something else. */
static bool reaches_over_spaces(const struct cpl_fused_bpe *fused)
{
    for (int32_t id = 0; id < fused->search.n_pieces; id++) {
        struct cpl_bpe_text text = fused->text[id];
        if (fused->search.piece[id].made == UINT32_MAX)
            continue;
        for (uint32_t i = 1; i < text.length; i++)
            if (text.bytes[i] == ' ' && text.bytes[i - 1] != ' ')
                return true;
    }
    return false;
}

/* ---- words ------------------------------------------------------------------------------------ */

static cpl_status add(struct cpl_bpe_search_memory *memory, int32_t id, size_t end,
                      struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&memory->token, &memory->capacity, memory->n + 1,
                            sizeof *memory->token, error));
    memory->token[memory->n++] = (struct cpl_bpe_token){id, (uint32_t)end};
    return CPL_OK;
}

/* The character at word[*at] that has no piece; *fused: an unknown token ends there already. */
static cpl_status add_unknown(const struct cpl_bpe *bpe, struct cpl_bpe_search_memory *memory,
                              const char *word, size_t *at, bool fuse, struct cpl_error *error)
{
    size_t begin = *at;
    cpl_utf8_next(word, at);
    if (bpe->options.byte_fallback) {
        for (size_t i = begin; i < *at; i++)
            CPL_TRY(add(memory, bpe->byte_id[(unsigned char)word[i]], i + 1, error));
        return CPL_OK;
    }
    if (fuse) {
        memory->token[memory->n - 1].end = (uint32_t)*at;
        return CPL_OK;
    }
    return add(memory, bpe->unknown_id, *at, error);
}

static cpl_status find_tokens(const struct cpl_fused_bpe *fused,
                              const struct cpl_tokenizer *tokenizer,
                              struct cpl_bpe_engine *engine, const char *word, size_t length,
                              struct cpl_error *error)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    bool unknown = false;
    for (size_t at = 0; at < length;) {
        size_t begin = at;
        CPL_TRY(cpl_bpe_search_word(&fused->search, &engine->search, word, &at, length, error));
        if (at == length)
            break;
        unknown = unknown && at == begin && bpe->options.fuse_unknown;
        CPL_TRY(add_unknown(bpe, &engine->search, word, &at, unknown, error));
        unknown = true;
    }
    return CPL_OK;
}

static size_t word_end(enum cpl_space_cut cut, const char *text, size_t at, size_t end)
{
    size_t next = at + 1;
    if (cut == CPL_CUT_NEVER)
        return end;
    while (cut == CPL_CUT_RUNS && next < end && text[next] == ' ' && text[next - 1] == ' ')
        next++;
    const char *space = memchr(text + next, ' ', end - next);
    return space ? (size_t)(space - text) : end;
}

static bool wants_prefix(const struct space_bpe *state, const char *text, size_t begin,
                         bool first)
{
    switch (state->rules.prefix) {
    case CPL_PREFIX_NEVER: return false;
    case CPL_PREFIX_FIRST: return first && text[begin] != ' ';
    case CPL_PREFIX_UNLESS_THERE: return text[begin] != ' ';
    case CPL_PREFIX_ALWAYS: return true;
    }
    return false;
}

static cpl_status encode_part(const void *state, const struct cpl_tokenizer *tokenizer,
                              struct cpl_bpe_engine *engine, struct cpl_encoding *encoding,
                              const char *text, size_t begin, size_t end, bool first,
                              struct cpl_error *error)
{
    const struct space_bpe *own = state;
    struct cpl_bpe_section section;
    if (begin == end)
        return CPL_OK;
    CPL_TRY(cpl_bpe_section_set(&section, engine, text, begin, end,
                                wants_prefix(own, text, begin, first), error));
    for (size_t at = section.begin, next; at < section.end; at = next) {
        next = word_end(own->rules.cut, section.text, at, section.end);
        CPL_TRY(cpl_fused_bpe_word(&own->fused, tokenizer, engine, encoding, &section, at, next,
                                   error));
    }
    return CPL_OK;
}

static cpl_status space_bpe_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                                   struct cpl_encoding *encoding, const char *text,
                                   size_t begin, size_t end, bool first,
                                   struct cpl_error *error)
{
    if (memmem(text + begin, end - begin, CPL_SPACE_MARK, CPL_SPACE_MARK_LENGTH))
        return cpl_pipeline_encode(tokenizer, encoding, text, begin, end, first, error);
    return cpl_fused_bpe_encode(tokenizer, state, encode_part, encoding, text, begin, end,
                                first, error);
}

static void space_bpe_free(void *state)
{
    struct space_bpe *own = state;
    if (own)
        cpl_fused_bpe_clear(&own->fused);
    free(own);
}

static cpl_status space_bpe_attach(void **state, const struct cpl_tokenizer *tokenizer,
                                   struct cpl_error *error)
{
    struct space_bpe wanted = {.fused.find = find_tokens}, *own = NULL;
    bool possible = false;
    if (tokenizer->model != &cpl_tokenizer_bpe ||
        !cpl_space_rules_find(&wanted.rules, tokenizer))
        return CPL_OK;
    CPL_TRY(cpl_memory_new(&own, 1, sizeof *own, error));
    *own = wanted;
    cpl_status status = cpl_fused_bpe_init(&own->fused, &possible, tokenizer, decode_piece,
                                           is_character, error);
    if (status == CPL_OK && possible) {
        if (own->rules.cut == CPL_CUT_RUNS && reaches_over_spaces(&own->fused))
            own->rules.cut = CPL_CUT_NEVER;
        *state = own;
    } else {
        space_bpe_free(own);
    }
    return status;
}

const struct cpl_fused_encoder cpl_fused_space_bpe = {"space_bpe", space_bpe_attach,
                                                      space_bpe_encode, space_bpe_free};
