/* Plain text, three ways to part it into documents. */
#include "base/try.h"
#include "corpus/formats.h"
#include "text/utf8.h"

/* A file is a document, but one of many megabytes could neither be split between training and
 * validation nor be held in memory: it is cut at the first blank line beyond the first size, or
 * at the first line end beyond the second (about 2,000 and 2,700 Chinese characters). */
enum { BLANK_LINE_CUT = 6 << 10, LINE_CUT = 8 << 10 };
/* Longer lines come in pieces. */
enum { LINE_LIMIT = 1 << 20 };

struct gathering {
    struct cpl_reading *reading;
    struct cpl_buffer text;
    uint64_t first_line;
};

static cpl_status put_gathered(struct gathering *gathering, struct cpl_error *error)
{
    struct cpl_buffer *text = &gathering->text;
    CPL_TRY(cpl_buffer_check(text, error));
    if (text->length > 0)
        CPL_TRY(cpl_reading_put(gathering->reading, text->data, text->length,
                                gathering->first_line, error));
    cpl_buffer_reset(text);
    return CPL_OK;
}

static bool is_blank_line(const char *line, size_t length)
{
    size_t at = 0;
    while (at < length && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
        at++;
    return at == length;
}

/* Calls put after every line that ends a document by `ends`. */
static cpl_status read_parted(struct cpl_reading *reading,
                              bool (*ends)(size_t gathered, bool blank, bool goes_on),
                              struct cpl_error *error)
{
    struct gathering gathering = {.reading = reading, .first_line = 1};
    cpl_status status = CPL_OK;
    const char *line = NULL;
    size_t length = 0;
    for (;;) {
        CPL_TRY_GOTO(cpl_reading_line(reading, &line, &length, LINE_LIMIT, error));
        if (!line)
            break;
        if (gathering.text.length == 0)
            gathering.first_line = reading->line;
        cpl_buffer_add(&gathering.text, line, length);
        if (!reading->line_goes_on)
            cpl_buffer_add_byte(&gathering.text, '\n');
        if (ends(gathering.text.length, is_blank_line(line, length), reading->line_goes_on))
            CPL_TRY_GOTO(put_gathered(&gathering, error));
    }
    status = put_gathered(&gathering, error);
done:
    cpl_buffer_clear(&gathering.text);
    return status;
}

static bool ends_long(size_t gathered, bool blank, bool goes_on)
{
    return !goes_on && (gathered >= LINE_CUT || (blank && gathered >= BLANK_LINE_CUT));
}

static bool ends_with_line(size_t gathered, bool blank, bool goes_on)
{
    (void)gathered;
    (void)blank;
    return !goes_on;
}

static bool ends_with_blank(size_t gathered, bool blank, bool goes_on)
{
    (void)gathered;
    return blank && !goes_on;
}

cpl_status cpl_read_txt(struct cpl_reading *reading, struct cpl_error *error)
{
    return read_parted(reading, ends_long, error);
}

cpl_status cpl_read_lines(struct cpl_reading *reading, struct cpl_error *error)
{
    return read_parted(reading, ends_with_line, error);
}

cpl_status cpl_read_paragraphs(struct cpl_reading *reading, struct cpl_error *error)
{
    return read_parted(reading, ends_with_blank, error);
}
