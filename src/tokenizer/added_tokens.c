/* Looking for added tokens: see added_tokens.h.  A candidate that fails `single_word` is passed over
 * as a whole, as Hugging Face's find_matches does. */
#include "tokenizer/added_tokens.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/unicode_classes.h"
#include <stdlib.h>
#include <string.h>

cpl_status cpl_added_tokens_build(struct cpl_added_tokens *tokens,
                                  const struct cpl_added_text *texts, struct cpl_error *error)
{
    struct cpl_trie_piece *pieces = NULL;
    CPL_TRY(cpl_memory_new(&pieces, tokens->n, sizeof *pieces, error));
    for (size_t i = 0; i < tokens->n; i++) {
        pieces[i] = (struct cpl_trie_piece){texts[i].text, texts[i].length, (int32_t)i};
        if (texts[i].length > 0)
            tokens->begins[(unsigned char)texts[i].text[0]] = true;
    }
    cpl_status status = cpl_piece_trie_build(&tokens->trie, pieces, tokens->n, error);
    free(pieces);
    return status;
}

void cpl_added_tokens_clear(struct cpl_added_tokens *tokens)
{
    for (size_t i = 0; i < tokens->n; i++)
        free(tokens->token[i].content);
    free(tokens->token);
    cpl_piece_trie_clear(&tokens->trie);
    *tokens = (struct cpl_added_tokens){0};
}

static bool is_word_code(uint32_t code) { return cpl_code_flags(code) & CPL_CODE_WORD; }
static bool is_space_code(uint32_t code) { return cpl_code_flags(code) & CPL_CODE_SPACE; }

static bool word_beside(const char *text, size_t length, size_t begin, size_t end)
{
    size_t before = begin > 0 ? cpl_utf8_before(text, begin) : 0, behind = end;
    if (begin > 0 && is_word_code(cpl_utf8_next(text, &before)))
        return true;
    return end < length && is_word_code(cpl_utf8_next(text, &behind));
}

static size_t skip_space_back(const char *text, size_t at)
{
    while (at > 0) {
        size_t begin = cpl_utf8_before(text, at), next = begin;
        if (!is_space_code(cpl_utf8_next(text, &next)))
            break;
        at = begin;
    }
    return at;
}

static size_t skip_space(const char *text, size_t length, size_t at)
{
    while (at < length) {
        size_t next = at;
        if (!is_space_code(cpl_utf8_next(text, &next)))
            break;
        at = next;
    }
    return at;
}

bool cpl_added_tokens_find(const struct cpl_added_tokens *tokens,
                           struct cpl_added_search *search, const char *text, size_t length,
                           const struct cpl_added_token **token, size_t *begin, size_t *end)
{
    if (tokens->n == 0)
        return false;
    for (size_t at = search->next; at < length; at++) {
        if (!tokens->begins[(unsigned char)text[at]])
            continue;
        size_t matched = 0;
        int32_t index =
            cpl_piece_trie_longest(&tokens->trie, 0, text + at, length - at, &matched);
        if (index < 0)
            continue;
        const struct cpl_added_token *found = &tokens->token[index];
        if (found->single_word && word_beside(text, length, at, at + matched)) {
            at += matched - 1;
            continue;
        }
        *end = found->rstrip ? skip_space(text, length, at + matched) : at + matched;
        *begin = found->lstrip ? skip_space_back(text, at) : at;
        if (found->lstrip && *begin < search->done)
            *begin = search->done;
        search->done = *end;
        if (*begin >= *end) { /* the match before took all of it */
            at += matched - 1;
            continue;
        }
        *token = found;
        search->next = at + matched;
        return true;
    }
    search->next = length;
    return false;
}
