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

/* The byte that a piece "<0x0A>" of a model with byte fallback stands for; -1 for other pieces. */
static int piece_byte(const char *piece)
{
    if (strncmp(piece, "<0x", 3) != 0 || strlen(piece) != 6 || piece[5] != '>')
        return -1;
    int high = hex_digit(piece[3]), low = hex_digit(piece[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/* ---- text of a token ------------------------------------------------------------------------- */

/* How one piece is read. */
struct reading {
    const char *piece;
    size_t at, end;
    int byte;       /* all of it is this byte; -1 */
    bool bytes;     /* its characters are bytes */
    uint32_t space; /* the character that is a space */
};

static struct reading begin_reading(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    const char *piece = cpl_tokenizer_piece(tokenizer, id);
    struct reading reading = {.piece = piece, .byte = -1, .space = ' '};
    size_t tail = 0, length = piece ? tokenizer->pieces.length[id] : 0;
    if (!piece || cpl_tokenizer_is_special(tokenizer, id))
        reading.piece = "", length = 0;
    else if (id == tokenizer->special.newline)
        reading.piece = "\n", length = 1;
    else if (!(tokenizer->flags[id] & CPL_PIECE_ADDED)) {
        reading.byte = piece_byte(piece);
        reading.bytes = tokenizer->spelling.bytes;
        reading.space = tokenizer->spelling.space;
        if (cpl_tokenizer_continues(tokenizer, id))
            reading.at = tokenizer->model->mark_length(tokenizer, piece);
        if (tokenizer->model->tail_length)
            tail = tokenizer->model->tail_length(tokenizer, piece);
    }
    reading.end = length - tail;
    return reading;
}

/* The bytes of text that the next character of the piece stands for; 0 at its end. */
static size_t read_character(struct reading *reading, char out[4])
{
    int byte = reading->byte;
    if (reading->at >= reading->end)
        return 0;
    if (byte >= 0) {
        reading->at = reading->end;
    } else {
        uint32_t code = cpl_utf8_next(reading->piece, &reading->at);
        byte = reading->bytes ? cpl_character_byte(code) : code == reading->space ? ' ' : -1;
        if (byte < 0)
            return cpl_utf8_encode(out, code);
    }
    out[0] = (char)byte;
    return 1;
}

size_t cpl_piece_text(const struct cpl_tokenizer *tokenizer, int32_t id, char *out,
                      size_t capacity)
{
    struct reading reading = begin_reading(tokenizer, id);
    size_t length = 0, n;
    char bytes[4];
    while ((n = read_character(&reading, bytes)) > 0 && length + n <= capacity) {
        memcpy(out + length, bytes, n);
        length += n;
    }
    return length;
}

bool cpl_pieces_mark_spaces(const struct cpl_tokenizer *tokenizer)
{
    return tokenizer->spelling.bytes || tokenizer->spelling.space != ' ';
}

/* ---- counting -------------------------------------------------------------------------------- */

struct count {
    size_t all, solid; /* solid: without white space, but with line feeds */
    char character[4]; /* the last one, as far as it came */
    size_t n_bytes;
};

static void count_byte(struct count *count, char byte)
{
    uint32_t code;
    if (((unsigned char)byte & 0xC0) != 0x80) {
        count->all++;
        count->solid++;
        count->n_bytes = 0;
    } else if (count->n_bytes == 0 || count->n_bytes == 4) {
        return; /* of a character that began in another token */
    }
    count->character[count->n_bytes++] = byte;
    size_t n = cpl_utf8_decode(&code, count->character, count->n_bytes);
    count->solid -= n == count->n_bytes && code != '\n' && cpl_code_is_space(code);
}

static struct count count_piece(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    struct reading reading = begin_reading(tokenizer, id);
    struct count count = {0};
    char bytes[4];
    size_t n;
    if (cpl_tokenizer_is_unknown(tokenizer, id))
        return (struct count){.all = 1, .solid = 1};
    while ((n = read_character(&reading, bytes)) > 0)
        for (size_t i = 0; i < n; i++)
            count_byte(&count, bytes[i]);
    return count;
}

size_t cpl_tokenizer_characters(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return count_piece(tokenizer, id).all;
}

size_t cpl_tokenizer_solid_characters(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    return count_piece(tokenizer, id).solid;
}
