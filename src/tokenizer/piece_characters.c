/* How many characters of text a token stands for.
 *
 * Pieces are not always text: a byte-level piece spells bytes as characters and may end inside a
 * character, <0xE4> is one byte, a space may be written as another character.  A character counts where
 * its first byte is, so that tokens add up however characters are split. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/byte_characters.h"
#include "tokenizer/tokenizer_model.h"
#include <string.h>

/* ---- how pieces are spelt -------------------------------------------------------------------- */

/* Copies what the stages made of input byte `place`; the length. */
static size_t find_image(const struct cpl_normal_text *text, size_t place, char *out,
                         size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < text->n_bytes && n < capacity; i++)
        if (text->begin[i] == place)
            out[n++] = text->bytes[i];
    return n;
}

cpl_status cpl_spelling_find(struct cpl_spelling *spelling,
                             const struct cpl_tokenizer *tokenizer, struct cpl_error *error)
{
    static const char probe[] = "a \u4E2D"; /* a space at 1, three bytes at 2 */
    struct cpl_work work = {0};
    char image[16], bytes[16];
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_pipeline_stages(tokenizer, &work, probe, sizeof probe - 1, error));
    size_t n_bytes = 0, n = find_image(&work.text, 2, image, sizeof image), at = 0;
    for (size_t i = 2; i < 5; i++)
        n_bytes += cpl_utf8_encode(bytes + n_bytes, cpl_byte_character((uint8_t)probe[i]));
    spelling->bytes = n == n_bytes && memcmp(image, bytes, n) == 0;
    n = find_image(&work.text, 1, image, sizeof image);
    spelling->space = n > 0 ? cpl_utf8_next(image, &at) : ' ';
    if (at != n)
        spelling->space = ' ';
done:
    cpl_work_clear(&work);
    return status;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int cpl_piece_byte(const char *piece)
{
    if (strncmp(piece, "<0x", 3) != 0 || strlen(piece) != 6 || piece[5] != '>')
        return -1;
    int high = hex_digit(piece[3]), low = hex_digit(piece[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/* ---- counting -------------------------------------------------------------------------------- */

struct count {
    size_t all, solid; /* solid: without white space, but with line feeds */
};

static void count_code(struct count *count, uint32_t code)
{
    count->all++;
    count->solid += code == '\n' || !cpl_code_is_space(code);
}

static struct count count_text(const char *text, size_t length, uint32_t space)
{
    struct count count = {0};
    for (size_t at = 0; at < length;) {
        uint32_t code = cpl_utf8_next(text, &at);
        count_code(&count, code == space ? ' ' : code);
    }
    return count;
}

/* Of bytes that may begin and end inside a character. */
static struct count count_bytes(const char *bytes, size_t length)
{
    struct count count = {0};
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t n = cpl_utf8_decode(&code, bytes + at, length - at);
        if (n > 0)
            count_code(&count, code);
        else if (((unsigned char)bytes[at] & 0xC0) != 0x80)
            count_code(&count, CPL_REPLACEMENT_CODE);
        at += n > 0 ? n : 1;
    }
    return count;
}

/* Pieces of byte-level models are short; what is longer is counted block by block. */
static struct count count_byte_characters(const char *piece)
{
    struct count count = {0};
    char bytes[256];
    size_t n = 0;
    for (size_t at = 0; piece[at];) {
        int byte = cpl_character_byte(cpl_utf8_next(piece, &at));
        bool begins = byte >= 0 && (byte & 0xC0) != 0x80;
        if (n == sizeof bytes || (begins && n + 4 > sizeof bytes)) {
            struct count part = count_bytes(bytes, n);
            count.all += part.all;
            count.solid += part.solid;
            n = 0;
        }
        if (byte >= 0)
            bytes[n++] = (char)byte;
    }
    struct count part = count_bytes(bytes, n);
    return (struct count){count.all + part.all, count.solid + part.solid};
}

static struct count count_piece(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    const char *piece = cpl_tokenizer_piece(tokenizer, id);
    if (!piece)
        return (struct count){0, 0};
    if (id == tokenizer->special.unknown || id == tokenizer->special.newline)
        return (struct count){1, 1};
    if (cpl_tokenizer_is_special(tokenizer, id))
        return (struct count){0, 0};
    if (tokenizer->flags[id] & CPL_PIECE_ADDED)
        return count_text(piece, strlen(piece), ' ');
    if (cpl_piece_byte(piece) >= 0)
        return count_bytes((const char[]){(char)cpl_piece_byte(piece)}, 1);
    if (tokenizer->spelling.bytes)
        return count_byte_characters(piece);
    size_t mark = cpl_tokenizer_continues(tokenizer, id)
                      ? tokenizer->model->mark_length(tokenizer, piece)
                      : 0;
    return count_text(piece + mark, strlen(piece) - mark, tokenizer->spelling.space);
}

size_t cpl_tokenizer_characters(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return count_piece(tokenizer, id).all;
}

size_t cpl_tokenizer_solid_characters(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return count_piece(tokenizer, id).solid;
}
