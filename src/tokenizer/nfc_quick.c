/* A quick look whether a text is normalised: see nfc_quick.h. */
#include "tokenizer/nfc_quick.h"

#include "text/utf8.h"

/* Ranges that assigned code points fill, without combining marks, without what has another canonical
 * form, and without the second parts of compositions. */
static const uint32_t ranges[][2] = {
    {0x0000, 0x02FF},   /* Latin */
    {0x0390, 0x0482},   /* Greek, Cyrillic */
    {0x048A, 0x0559},   /* Cyrillic, Armenian */
    {0x1E00, 0x1EFF},   /* Latin, Vietnamese */
    {0x2002, 0x2070},   /* punctuation */
    {0x20A0, 0x20BF},   /* currencies */
    {0x2100, 0x2125},   /* letterlike symbols before OHM SIGN */
    {0x2150, 0x22FF},   /* numbers, arrows, mathematics */
    {0x2460, 0x2ADB},   /* enclosed numbers, boxes, symbols */
    {0x3000, 0x3029},   /* Chinese punctuation */
    {0x3030, 0x3096},   /* Hiragana */
    {0x309B, 0x30FF},   /* Katakana */
    {0x3105, 0x312F},   /* Bopomofo */
    {0x3400, 0x4DBF},   /* Chinese characters */
    {0x4E00, 0x9FFF},   /* Chinese characters */
    {0xAC00, 0xD7A3},   /* Hangul */
    {0xE000, 0xF8FF},   /* private use */
    {0xFE30, 0xFE6F},   /* Chinese punctuation */
    {0xFF00, 0xFFEF},   /* full and half width */
    {0x1F300, 0x1FAFF}, /* pictures */
    {0x20000, 0x2EBE0}, /* Chinese characters */
};

bool cpl_nfc_quick_code(uint32_t code)
{
    size_t low = 0, high = sizeof ranges / sizeof *ranges;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > ranges[middle][1])
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof ranges / sizeof *ranges && code >= ranges[low][0];
}

bool cpl_nfc_quick(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        if ((unsigned char)text[at] < 0x80) {
            at++;
            continue;
        }
        uint32_t code = cpl_utf8_next(text, &at);
        bool chinese = code >= 0x4E00 && code <= 0x9FFF;
        if (!chinese && !cpl_nfc_quick_code(code))
            return false;
    }
    return true;
}
