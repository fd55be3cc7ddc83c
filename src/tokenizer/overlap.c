/* What two vocabularies have in common: see <couplet/tokenizer.h>. */
#include "base/try.h"
#include "tokenizer/piece_kinds.h"

/* The distinct texts of all pieces, each under a number of its own. */
static cpl_status collect(struct cpl_pieces *texts, const struct cpl_tokenizer *tokenizer,
                          struct cpl_error *error)
{
    char text[CPL_MEANING_BYTES];
    for (int32_t id = 0; id < tokenizer->pieces.count; id++) {
        int32_t number;
        size_t length = cpl_piece_meaning(tokenizer, id, text);
        size_t skipped = length > 1 && text[0] == ' ';
        if (length > 0)
            CPL_TRY(cpl_pieces_add(texts, &number, text + skipped, length - skipped, error));
    }
    return CPL_OK;
}

cpl_status cpl_tokenizer_overlap(const struct cpl_tokenizer *first,
                                 const struct cpl_tokenizer *second,
                                 struct cpl_vocabulary_overlap *overlap,
                                 struct cpl_error *error)
{
    struct cpl_pieces texts[2] = {{0}};
    cpl_status status = CPL_OK;
    *overlap = (struct cpl_vocabulary_overlap){0};
    CPL_TRY_GOTO(collect(&texts[0], first, error));
    CPL_TRY_GOTO(collect(&texts[1], second, error));
    for (int32_t i = 0; i < texts[0].count; i++)
        overlap->shared +=
            cpl_pieces_find(&texts[1], cpl_pieces_text(&texts[0], i), texts[0].length[i]) >= 0;
    overlap->only_first = texts[0].count - overlap->shared;
    overlap->only_second = texts[1].count - overlap->shared;
done:
    cpl_pieces_clear(&texts[0]);
    cpl_pieces_clear(&texts[1]);
    return status;
}
