/* Reading protocol buffers: see protobuf.h. */
#include "tokenizer/protobuf.h"

#include "base/try.h"
#include <string.h>

static cpl_status bad(const struct cpl_protobuf *message, const char *what,
                      struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_INPUT, message->where,
                         "not a SentencePiece model: %s at byte %zu", what,
                         message->offset + message->at);
}

static cpl_status read_varint(struct cpl_protobuf *message, uint64_t *value,
                              struct cpl_error *error)
{
    *value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (message->at == message->length)
            return bad(message, "it ends inside a number", error);
        unsigned char byte = message->data[message->at++];
        if (shift == 63 && byte > 1)
            break;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return CPL_OK;
    }
    return bad(message, "a number of more than 64 bits", error);
}

static cpl_status read_fixed(struct cpl_protobuf *message, uint64_t *value, size_t n_bytes,
                             struct cpl_error *error)
{
    if (message->length - message->at < n_bytes)
        return bad(message, "it ends inside a number", error);
    *value = 0;
    for (size_t i = 0; i < n_bytes; i++)
        *value |= (uint64_t)message->data[message->at++] << 8 * i;
    return CPL_OK;
}

static cpl_status read_bytes(struct cpl_protobuf *message, struct cpl_protobuf *nested,
                             struct cpl_error *error)
{
    uint64_t length;
    CPL_TRY(read_varint(message, &length, error));
    if (length > message->length - message->at)
        return bad(message, "a field that is longer than what is left", error);
    *nested = (struct cpl_protobuf){.data = message->data + message->at,
                                    .length = (size_t)length,
                                    .offset = message->offset + message->at,
                                    .where = message->where};
    message->at += (size_t)length;
    return CPL_OK;
}

cpl_status cpl_protobuf_next(struct cpl_protobuf *message, struct cpl_protobuf_field *field,
                             bool *found, struct cpl_error *error)
{
    uint64_t key;
    *found = message->at < message->length;
    if (!*found)
        return CPL_OK;
    CPL_TRY(read_varint(message, &key, error));
    if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
        return bad(message, "a field without a valid number", error);
    *field = (struct cpl_protobuf_field){.number = (uint32_t)(key >> 3),
                                         .wire = (enum cpl_wire)(key & 7)};
    switch (field->wire) {
    case CPL_WIRE_VARINT: return read_varint(message, &field->value, error);
    case CPL_WIRE_FIXED64: return read_fixed(message, &field->value, 8, error);
    case CPL_WIRE_FIXED32: return read_fixed(message, &field->value, 4, error);
    case CPL_WIRE_BYTES: return read_bytes(message, &field->nested, error);
    }
    return bad(message, "a field of unknown kind", error);
}

cpl_status cpl_protobuf_expect(const struct cpl_protobuf *message,
                               const struct cpl_protobuf_field *field, enum cpl_wire wire,
                               struct cpl_error *error)
{
    return field->wire == wire ? CPL_OK : bad(message, "a field of the wrong kind", error);
}

float cpl_protobuf_float(const struct cpl_protobuf_field *field)
{
    uint32_t bits = (uint32_t)field->value;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
