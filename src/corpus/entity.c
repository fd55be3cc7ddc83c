/* Character references of HTML: see entity.h. */
#include "corpus/entity.h"

#include "text/utf8.h"

#include <string.h>

static const struct entity {
    const char *name;
    uint32_t code;
} entities[] = {
#define ENTITY(name, code) {name, code},
#include "corpus/entities.def"
#undef ENTITY
};

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* &#1234; &#x4d2; */
static size_t decode_number(uint32_t *code, const char *text, size_t length)
{
    bool hex = length > 2 && (text[2] == 'x' || text[2] == 'X');
    int base = hex ? 16 : 10;
    size_t begin = hex ? 3 : 2;
    size_t at = begin;
    uint32_t value = 0;
    for (; at < length && digit_value(text[at]) < base; at++)
        if (value <= 0x10FFFF)
            value = value * (uint32_t)base + (uint32_t)digit_value(text[at]);
    if (at == begin)
        return 0;
    bool is_scalar = value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF) && value != 0;
    *code = is_scalar ? value : CPL_REPLACEMENT_CODE;
    return at < length && text[at] == ';' ? at + 1 : at;
}

size_t cpl_entity_decode(uint32_t *code, const char *text, size_t length)
{
    if (length > 1 && text[1] == '#')
        return decode_number(code, text, length);
    char name[12];
    size_t n = 0;
    for (; n + 1 < length && n + 1 < sizeof name; n++) {
        char c = text[n + 1];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!fits)
            break;
        name[n] = c;
    }
    name[n] = 0;
    if (n + 1 >= length || text[n + 1] != ';')
        return 0;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (strcmp(entities[i].name, name) == 0) {
            *code = entities[i].code;
            return n + 2;
        }
    return 0;
}
