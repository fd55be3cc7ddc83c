/* Words without an end in sight (64 MB of spaces are one): their first tokens, as soon as they are
 * certain, so that memory is that of a window.
 *
 *     …──────────────s───────────n-L────────n………     n bytes are there, no piece is longer than L
 *                    └─tokens of [s, q)─┘ q
 *
 * However the word goes on, one of its tokens ends at some q in (n - L, n], and the tokens up to q are
 * those of the bytes up to q by themselves.  These are the tokens up to s and the tokens of [s, q) when
 * the border between them is one that two neighbours may have: then all neighbours are allowed, and only
 * one sequence is like that (bpe_search.h).  If that holds for every q, the word has a border at s
 * whatever follows, and the tokens before it stay.
 *
 * Late merges come behind, and what they make is at most L bytes long, too: what ends L bytes before s
 * can not become part of anything that is made of tokens behind s. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/fused_sentence_bpe.h"

/* How far before n - L a border is tried, in L; more only makes it likelier that it holds. */
enum { SHORTEST = 1 << 15, BACK = 4 };

/* The borders that are tried cost some BACK * L * L steps, at most those of the word itself. */
size_t cpl_sentence_bpe_long(const struct cpl_sentence_bpe *fused)
{
    size_t trials = (BACK + 1) * fused->longest * fused->longest;
    return trials > SHORTEST ? trials : SHORTEST;
}

/* A part of the word between user-defined pieces, which end at `begin`. */
struct part {
    const char *bytes;
    size_t begin, end;
};

/* Appends user-defined pieces and what is between them as far as no longer one can come of them; what is
 * left of bytes [begin, end) has none that begins before part->end. */
static cpl_status take_user(struct cpl_sentence_bpe_output *output, struct part *part,
                            size_t end, struct cpl_error *error)
{
    const struct cpl_sentence_bpe *fused = output->fused;
    bool frozen, whole;
    size_t at = part->begin, done = part->begin;
    while (at + fused->longest_user <= end) {
        at += cpl_sentence_symbol(&fused->model->user, part->bytes + at, end - at, &frozen);
        if (frozen)
            done = at;
    }
    if (part->begin < done)
        CPL_TRY(cpl_sentence_bpe_search(output, part->begin, done, &whole, error));
    part->begin = done;
    part->end = at < end ? at : end;
    return CPL_OK;
}

/* Whether every way on from the part's end has a border at `border`, behind token `last`. */
static cpl_status holds(struct cpl_sentence_bpe_output *output, const struct part *part,
                        size_t border, int32_t last, bool *all, struct cpl_error *error)
{
    const struct cpl_bpe_search *search = &output->fused->search;
    struct cpl_bpe_search_memory *memory = &output->engine->search;
    const char *bytes = part->bytes + border;
    size_t length = part->end - border, known = memory->n;
    *all = true;
    for (size_t end = length; *all && end + output->fused->longest > length; end--) {
        size_t at = 0;
        if (end < length && ((unsigned char)bytes[end] & 0xC0) == 0x80)
            continue;
        CPL_TRY(cpl_bpe_search_word(search, memory, bytes, &at, end, error));
        *all =
            at == end && cpl_bpe_search_follows(search, memory, last, memory->token[known].id);
        memory->n = known;
    }
    return CPL_OK;
}

/* The number of tokens that end `back` or more bytes before `end`. */
static size_t tokens_until(const struct cpl_bpe_search_memory *memory, size_t end, size_t back)
{
    size_t n = memory->n;
    while (n > 0 && memory->token[n - 1].end + back > end)
        n--;
    return n;
}

static cpl_status add_tokens(struct cpl_sentence_bpe_output *output, size_t *begin,
                             struct cpl_error *error)
{
    const struct cpl_bpe_search_memory *memory = &output->engine->search;
    size_t first = *begin;
    for (size_t i = 0; i < memory->n; i++) {
        size_t end = first + memory->token[i].end;
        CPL_TRY(cpl_sentence_bpe_add(output, memory->token[i].id, *begin, end, error));
        *begin = end;
        output->tokens.after_unknown = false;
    }
    return CPL_OK;
}

cpl_status cpl_sentence_bpe_begin(struct cpl_sentence_bpe_output *output, size_t begin,
                                  size_t end, size_t *taken, struct cpl_error *error)
{
    const struct cpl_sentence_bpe *fused = output->fused;
    struct cpl_bpe_search_memory *memory = &output->engine->search;
    struct part part = {output->engine->text.bytes, begin, end};
    size_t at = 0, border;
    bool all;
    if (fused->rules->has_user)
        CPL_TRY(take_user(output, &part, end, error));
    *taken = part.begin;
    if (part.end - part.begin < cpl_sentence_bpe_long(fused) / 2)
        return CPL_OK;
    memory->n = 0;
    size_t length = part.end - part.begin;
    CPL_TRY(cpl_bpe_search_word(&fused->search, memory, part.bytes + part.begin, &at, length,
                                error));
    memory->n = at == length ? tokens_until(memory, length, (BACK + 1) * fused->longest) : 0;
    if (memory->n == 0)
        return CPL_OK;
    border = memory->token[memory->n - 1].end;
    CPL_TRY(holds(output, &part, part.begin + border, memory->token[memory->n - 1].id, &all,
                  error));
    if (!all)
        return CPL_OK;
    if (fused->has_late) {
        cpl_sentence_bpe_merge_late(fused, memory, 0);
        memory->n = tokens_until(memory, border, fused->longest);
    }
    return add_tokens(output, taken, error);
}
