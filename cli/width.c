/* How wide text is on a terminal.  Wide are the blocks that Unicode's East Asian Width (UAX
 * #11) calls W or F, and the emoji; marks that combine take no column. */
#include "cli.h"

#include <stdint.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x17000, 0x18CFF}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};
static const struct range combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},   {0x064B, 0x065F}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},   {0x302A, 0x302D}, {0x3099, 0x309A},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && ranges[i].first <= code; i++)
        if (code <= ranges[i].last)
            return true;
    return false;
}

static size_t code_width(uint32_t code)
{
    if (code < 0x20 || code == 0x7F)
        return 0;
    if (is_in(code, combining, sizeof combining / sizeof *combining))
        return 0;
    return is_in(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* The code point at the beginning of `text`, *length bytes long; a byte that is not UTF-8 is
 * itself. */
static uint32_t decode(const unsigned char *text, size_t *length)
{
    size_t more = text[0] >= 0xF0 ? 3 : text[0] >= 0xE0 ? 2 : text[0] >= 0xC0 ? 1 : 0;
    uint32_t code = more ? text[0] & (0x3Fu >> more) : text[0];
    *length = 1;
    for (size_t i = 1; i <= more; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0xFFFD;
        code = code << 6 | (text[i] & 0x3Fu);
        *length = i + 1;
    }
    return code;
}

size_t cli_fit(const char *text, size_t columns, size_t *width)
{
    size_t used = 0, taken = 0, length;
    while (text[used]) {
        size_t next = code_width(decode((const unsigned char *)text + used, &length));
        if (taken + next > columns)
            break;
        taken += next;
        used += length;
    }
    if (width)
        *width = taken;
    return used;
}

size_t cli_width(const char *text)
{
    size_t width;
    cli_fit(text, SIZE_MAX / 2, &width);
    return width;
}
