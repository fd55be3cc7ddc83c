/* The wire format of protocol buffers (protobuf.dev, "Encoding"), strictly: fields of a message one after
 * the other.  Groups, which nobody writes any more, are refused. */
#ifndef CPL_TOKENIZER_PROTOBUF_H
#define CPL_TOKENIZER_PROTOBUF_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpl_wire {
    CPL_WIRE_VARINT = 0,
    CPL_WIRE_FIXED64 = 1,
    CPL_WIRE_BYTES = 2,
    CPL_WIRE_FIXED32 = 5
};
/* A message that is being read; `data` is borrowed. */
struct cpl_protobuf {
    const unsigned char *data;
    size_t length, at;
    size_t offset;     /* of `data` in the file, for messages of errors */
    const char *where; /* the file */
};
struct cpl_protobuf_field {
    uint32_t number;
    enum cpl_wire wire;
    uint64_t value;             /* of numbers */
    struct cpl_protobuf nested; /* of CPL_WIRE_BYTES */
};

/* *found false at the end of the message. */
cpl_status cpl_protobuf_next(struct cpl_protobuf *message, struct cpl_protobuf_field *field,
                             bool *found, struct cpl_error *error);
/* CPL_ERROR_INPUT unless the field is of that kind on the wire. */
cpl_status cpl_protobuf_expect(const struct cpl_protobuf *message,
                               const struct cpl_protobuf_field *field, enum cpl_wire wire,
                               struct cpl_error *error);
float cpl_protobuf_float(const struct cpl_protobuf_field *field);

#endif
