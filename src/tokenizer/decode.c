/* From ids to text, at once and one by one: see <couplet/tokenizer.h>. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/decode_reading.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

struct cpl_decode_stream {
    const struct cpl_tokenizer *tokenizer;
    struct cpl_decode_options options;
    struct cpl_decoding exact;
    struct cpl_reading reading;
    struct cpl_buffer text; /* what came out last */
};

bool cpl_tokenizer_keeps_space(const struct cpl_tokenizer *tokenizer)
{
    return tokenizer->model != &cpl_tokenizer_wordpiece;
}

static bool is_reading(const struct cpl_decode_stream *stream)
{
    return stream->options.style == CPL_DECODE_READING &&
           !cpl_tokenizer_keeps_space(stream->tokenizer);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void clear(struct cpl_decode_stream *stream)
{
    cpl_decoding_clear(&stream->exact);
    cpl_buffer_clear(&stream->text);
}

static cpl_status begin(struct cpl_decode_stream *stream, const struct cpl_tokenizer *tokenizer,
                        const struct cpl_decode_options *options, struct cpl_error *error)
{
    static const struct cpl_decode_options usual = {0};
    stream->tokenizer = tokenizer;
    stream->options = options ? *options : usual;
    if (is_reading(stream))
        return CPL_OK;
    return cpl_decoding_begin(&stream->exact, &tokenizer->decoders, &stream->text, error);
}

cpl_status cpl_decode_stream_new(struct cpl_decode_stream **out,
                                 const struct cpl_tokenizer *tokenizer,
                                 const struct cpl_decode_options *options,
                                 struct cpl_error *error)
{
    struct cpl_decode_stream *stream = NULL;
    CPL_TRY(cpl_memory_new(&stream, 1, sizeof *stream, error));
    cpl_status status = begin(stream, tokenizer, options, error);
    if (status == CPL_OK)
        *out = stream;
    else
        cpl_decode_stream_free(stream);
    return status;
}

void cpl_decode_stream_free(struct cpl_decode_stream *stream)
{
    if (!stream)
        return;
    clear(stream);
    free(stream);
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* Ids between others that have no piece say nothing.  For reading the unknown token is shown, since a
 * word stood there. */
static cpl_status take_id(struct cpl_decode_stream *stream, int32_t id, struct cpl_error *error)
{
    const struct cpl_tokenizer *tokenizer = stream->tokenizer;
    int32_t size = tokenizer->pieces.count;
    if (id < 0 || id >= size)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "id %d is not in the vocabulary of %d", (int)id, (int)size);
    const struct cpl_pieces *pieces = &tokenizer->pieces;
    if (!is_reading(stream) && cpl_pieces_text(&tokenizer->shown, id))
        pieces = &tokenizer->shown;
    const char *piece = cpl_pieces_text(pieces, id);
    bool shown = is_reading(stream) && id == tokenizer->special.unknown;
    bool special =
        (tokenizer->flags[id] & (CPL_PIECE_SPECIAL | CPL_PIECE_SHOWN)) == CPL_PIECE_SPECIAL;
    bool skipped = stream->options.skip_special && !shown && special;
    if (skipped && tokenizer->model == &cpl_tokenizer_sentencepiece)
        cpl_decoding_take(&stream->exact, "", 0); /* it ends a run of bytes */
    if (!piece || skipped)
        return CPL_OK;
    if (is_reading(stream))
        cpl_reading_add(&stream->reading, tokenizer, &stream->text, id);
    else
        cpl_decoding_take(&stream->exact, piece, pieces->length[id]);
    return CPL_OK;
}

static cpl_status check(const struct cpl_decode_stream *stream, struct cpl_error *error)
{
    CPL_TRY(cpl_decoding_check(&stream->exact, error));
    return cpl_buffer_check(&stream->text, error);
}

static void finish(struct cpl_decode_stream *stream)
{
    cpl_decoding_finish(&stream->exact);
    stream->reading = (struct cpl_reading){0};
}

static cpl_status show(const struct cpl_decode_stream *stream, const char **piece,
                       size_t *length, struct cpl_error *error)
{
    CPL_TRY(check(stream, error));
    *piece = stream->text.data ? stream->text.data : "";
    if (length)
        *length = stream->text.length;
    return CPL_OK;
}

cpl_status cpl_decode_stream_take(struct cpl_decode_stream *stream, int32_t id,
                                  const char **piece, size_t *length, struct cpl_error *error)
{
    cpl_buffer_reset(&stream->text);
    CPL_TRY(take_id(stream, id, error));
    return show(stream, piece, length, error);
}

cpl_status cpl_decode_stream_finish(struct cpl_decode_stream *stream, const char **piece,
                                    size_t *length, struct cpl_error *error)
{
    cpl_buffer_reset(&stream->text);
    finish(stream);
    return show(stream, piece, length, error);
}

cpl_status cpl_tokenizer_decode(const struct cpl_tokenizer *tokenizer, char **out,
                                size_t *length, const int32_t *ids, size_t n_ids,
                                const struct cpl_decode_options *options,
                                struct cpl_error *error)
{
    struct cpl_decode_stream stream = {0};
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(begin(&stream, tokenizer, options, error));
    cpl_buffer_add_text(&stream.text, "");
    for (size_t i = 0; i < n_ids; i++)
        CPL_TRY_GOTO(take_id(&stream, ids[i], error));
    finish(&stream);
    CPL_TRY_GOTO(check(&stream, error));
    *out = stream.text.data;
    if (length)
        *length = stream.text.length;
    stream.text = (struct cpl_buffer){0};
done:
    clear(&stream);
    return status;
}
