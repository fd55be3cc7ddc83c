/* Reading .model files, a ModelProto of sentencepiece_model.proto: see sentencepiece.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/protobuf.h"
#include "tokenizer/sentencepiece.h"
#include <couplet/text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of the fields that are read; all others are passed over. */
enum { MODEL_PIECES = 1, MODEL_TRAINER = 2, MODEL_NORMALIZER = 3 };
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };
enum {
    TRAINER_KIND = 3,
    TRAINER_SUFFIX = 24,
    TRAINER_BYTE_FALLBACK = 35,
    TRAINER_SURFACE = 44,
    TRAINER_UNKNOWN = 45,
    TRAINER_BOS = 46,
    TRAINER_EOS = 47,
    TRAINER_PAD = 48
};
enum { RULES_MAP = 2, RULES_DUMMY = 3, RULES_REMOVE_EXTRA = 4, RULES_ESCAPE = 5 };
enum { MOST_PIECES = INT32_MAX / 8 };

static cpl_status read_flag(bool *flag, const struct cpl_protobuf *message,
                            const struct cpl_protobuf_field *field, struct cpl_error *error)
{
    CPL_TRY(cpl_protobuf_expect(message, field, CPL_WIRE_VARINT, error));
    *flag = field->value != 0;
    return CPL_OK;
}

static cpl_status read_text(const char **text, size_t *length,
                            const struct cpl_protobuf *message,
                            const struct cpl_protobuf_field *field, struct cpl_error *error)
{
    CPL_TRY(cpl_protobuf_expect(message, field, CPL_WIRE_BYTES, error));
    *text = (const char *)field->nested.data;
    *length = field->nested.length;
    if (!memchr(*text, 0, *length) && cpl_utf8_valid_prefix(*text, *length) == *length)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, message->where,
                         "the text at byte %zu is not UTF-8 or has a NUL in it",
                         field->nested.offset);
}

/* Takes a field of `message` into what is being read. */
typedef cpl_status take_field(void *into, const struct cpl_protobuf *message,
                              const struct cpl_protobuf_field *field, struct cpl_error *error);

static cpl_status read_fields(void *into, struct cpl_protobuf *message, take_field *take,
                              struct cpl_error *error)
{
    struct cpl_protobuf_field field;
    for (bool more = true;;) {
        CPL_TRY(cpl_protobuf_next(message, &field, &more, error));
        if (!more)
            return CPL_OK;
        CPL_TRY(take(into, message, &field, error));
    }
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static cpl_status take_piece_field(void *into, const struct cpl_protobuf *message,
                                   const struct cpl_protobuf_field *field,
                                   struct cpl_error *error)
{
    struct cpl_sentencepiece_piece *piece = into;
    switch (field->number) {
    case PIECE_TEXT: return read_text(&piece->text, &piece->length, message, field, error);
    case PIECE_SCORE:
        CPL_TRY(cpl_protobuf_expect(message, field, CPL_WIRE_FIXED32, error));
        piece->score = cpl_protobuf_float(field);
        if (isfinite(piece->score))
            return CPL_OK;
        return cpl_error_set(error, CPL_ERROR_INPUT, message->where,
                             "the score at byte %zu is not a finite number",
                             message->offset + message->at);
    case PIECE_TYPE:
        CPL_TRY(cpl_protobuf_expect(message, field, CPL_WIRE_VARINT, error));
        if (field->value < CPL_TYPE_NORMAL || field->value > CPL_TYPE_BYTE)
            return cpl_error_set(error, CPL_ERROR_INPUT, message->where,
                                 "a piece of unknown type at byte %zu",
                                 message->offset + message->at);
        piece->type = (enum cpl_piece_type)field->value;
        return CPL_OK;
    default: return CPL_OK;
    }
}

static cpl_status read_piece(struct cpl_sentencepiece_file *file, struct cpl_protobuf message,
                             struct cpl_error *error)
{
    struct cpl_sentencepiece_piece piece = {.type = CPL_TYPE_NORMAL};
    CPL_TRY(read_fields(&piece, &message, take_piece_field, error));
    if (piece.length == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, message.where, "piece %zu has no text",
                             file->n_pieces);
    if (file->n_pieces == MOST_PIECES)
        return cpl_error_set(error, CPL_ERROR_INPUT, message.where, "more than %d pieces",
                             MOST_PIECES);
    CPL_TRY(cpl_memory_grow(&file->piece, &file->capacity, file->n_pieces + 1, sizeof piece,
                            error));
    file->piece[file->n_pieces++] = piece;
    return CPL_OK;
}

/* ---- settings -------------------------------------------------------------------------------- */

static cpl_status read_kind(struct cpl_sentencepiece_file *file,
                            const struct cpl_protobuf *message,
                            const struct cpl_protobuf_field *field, struct cpl_error *error)
{
    CPL_TRY(cpl_protobuf_expect(message, field, CPL_WIRE_VARINT, error));
    if (field->value < CPL_SENTENCEPIECE_UNIGRAM || field->value > CPL_SENTENCEPIECE_CHAR)
        return cpl_error_set(error, CPL_ERROR_INPUT, message->where,
                             "a model of unknown kind (model_type %llu)",
                             (unsigned long long)field->value);
    file->kind = (enum cpl_sentencepiece_kind)field->value;
    return CPL_OK;
}

static cpl_status take_trainer_field(void *into, const struct cpl_protobuf *message,
                                     const struct cpl_protobuf_field *field,
                                     struct cpl_error *error)
{
    struct cpl_sentencepiece_file *file = into;
    switch (field->number) {
    case TRAINER_KIND: return read_kind(file, message, field, error);
    case TRAINER_SUFFIX: return read_flag(&file->suffix, message, field, error);
    case TRAINER_BYTE_FALLBACK: return read_flag(&file->byte_fallback, message, field, error);
    case TRAINER_SURFACE:
        return read_text(&file->surface, &file->n_surface, message, field, error);
    case TRAINER_UNKNOWN:
        return read_text(&file->unknown, &file->n_unknown, message, field, error);
    case TRAINER_BOS: return read_text(&file->bos, &file->n_bos, message, field, error);
    case TRAINER_EOS: return read_text(&file->eos, &file->n_eos, message, field, error);
    case TRAINER_PAD: return read_text(&file->pad, &file->n_pad, message, field, error);
    default: return CPL_OK;
    }
}

static cpl_status take_rules_field(void *into, const struct cpl_protobuf *message,
                                   const struct cpl_protobuf_field *field,
                                   struct cpl_error *error)
{
    struct cpl_sentencepiece_file *file = into;
    switch (field->number) {
    case RULES_MAP:
        CPL_TRY(cpl_protobuf_expect(message, field, CPL_WIRE_BYTES, error));
        file->map = field->nested.data;
        file->n_map = field->nested.length;
        return CPL_OK;
    case RULES_DUMMY: return read_flag(&file->dummy, message, field, error);
    case RULES_REMOVE_EXTRA: return read_flag(&file->remove_extra, message, field, error);
    case RULES_ESCAPE: return read_flag(&file->escape, message, field, error);
    default: return CPL_OK;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static cpl_status take_model_field(void *into, const struct cpl_protobuf *message,
                                   const struct cpl_protobuf_field *field,
                                   struct cpl_error *error)
{
    struct cpl_protobuf nested = field->nested;
    if (field->number > MODEL_NORMALIZER)
        return CPL_OK;
    CPL_TRY(cpl_protobuf_expect(message, field, CPL_WIRE_BYTES, error));
    switch (field->number) {
    case MODEL_PIECES: return read_piece(into, nested, error);
    case MODEL_TRAINER: return read_fields(into, &nested, take_trainer_field, error);
    default: return read_fields(into, &nested, take_rules_field, error);
    }
}

cpl_status cpl_sentencepiece_file_read(struct cpl_sentencepiece_file *file,
                                       const unsigned char *data, size_t length,
                                       const char *path, struct cpl_error *error)
{
    struct cpl_protobuf message = {.data = data, .length = length, .where = path};
    *file = (struct cpl_sentencepiece_file){
        .kind = CPL_SENTENCEPIECE_UNIGRAM, .dummy = true, .remove_extra = true, .escape = true};
    cpl_status status = read_fields(file, &message, take_model_field, error);
    if (status == CPL_OK && file->n_pieces == 0)
        status = cpl_error_set(error, CPL_ERROR_INPUT, path,
                               "not a SentencePiece model: it has no pieces");
    if (status != CPL_OK)
        cpl_sentencepiece_file_clear(file);
    return status;
}

void cpl_sentencepiece_file_clear(struct cpl_sentencepiece_file *file)
{
    free(file->piece);
    *file = (struct cpl_sentencepiece_file){0};
}
