/* The text of a manual page as it grows: see man_text.h. */
#include "corpus/man_text.h"

#include "corpus/mdoc_words.h"
#include "corpus/roff_text.h"

#include <string.h>

void cpl_man_put_piece(struct cpl_man *man, bool joins)
{
    struct cpl_buffer *piece = &man->piece;
    if (piece->length == 0 || piece->status != CPL_OK)
        return;
    if (man->verbatim) {
        cpl_flow_add_verbatim(&man->flow, piece->data, piece->length);
        cpl_flow_end_line(&man->flow);
    } else {
        if (!man->joins)
            cpl_flow_add(&man->flow, "\n", 1);
        cpl_flow_add(&man->flow, piece->data, piece->length);
    }
    if (man->tag_waits || man->heading_waits)
        cpl_flow_end_line(&man->flow);
    man->tag_waits = man->heading_waits = false;
    man->joins = joins;
}

void cpl_man_put_arguments(struct cpl_man *man, const char *line, size_t length,
                           const char *between)
{
    size_t at = 0, begin, end;
    bool joins = false;
    cpl_buffer_reset(&man->piece);
    while (cpl_roff_argument(line, length, &at, &begin, &end)) {
        if (man->piece.length > 0)
            cpl_buffer_add_text(&man->piece, between);
        cpl_roff_decode(&man->piece, &joins, line + begin, end - begin);
    }
    cpl_man_put_piece(man, joins);
}

void cpl_man_put_text(struct cpl_man *man, const char *line, size_t length)
{
    bool joins = false;
    bool breaks = length == 0 || line[0] == ' ' || line[0] == '\t';
    if (breaks && !man->verbatim && !man->tag_waits)
        cpl_flow_end_line(&man->flow);
    cpl_buffer_reset(&man->piece);
    cpl_roff_decode(&man->piece, &joins, line, length);
    cpl_man_put_piece(man, joins);
}

void cpl_man_put_mdoc(struct cpl_man *man, const char *line, size_t length)
{
    cpl_buffer_reset(&man->piece);
    cpl_mdoc_add_line(&man->piece, line, length, man->page);
    cpl_man_put_piece(man, false);
}

void cpl_man_put_table_line(struct cpl_man *man, const char *line, size_t length)
{
    while (length > 0 && line[length - 1] == ' ')
        length--;
    if (man->table == CPL_MAN_TABLE_FORMAT) {
        man->table =
            length > 0 && line[length - 1] == '.' ? CPL_MAN_TABLE_DATA : CPL_MAN_TABLE_FORMAT;
        return;
    }
    bool rule = length == 1 && (line[0] == '_' || line[0] == '=');
    bool opens = length >= 2 && memcmp(line + length - 2, "T{", 2) == 0;
    bool closes = length >= 2 && memcmp(line, "T}", 2) == 0;
    line += closes ? 2 : 0;
    length -= (closes ? 2u : 0u);
    length -= opens && length >= 2 ? 2u : 0u;
    cpl_buffer_reset(&man->piece);
    if (!rule)
        cpl_roff_decode(&man->piece, NULL, line, length);
    cpl_man_put_piece(man, false);
    if (!opens)
        cpl_flow_end_line(&man->flow);
}
