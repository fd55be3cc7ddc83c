/* Text put together from pieces: see flow.h. */
#include "corpus/flow.h"

#include "text/utf8.h"

bool cpl_code_is_wide(uint32_t code)
{
    return cpl_code_is_han(code) || (code >= 0x3000 && code <= 0x30FF) ||
           (code >= 0xFF00 && code <= 0xFF60) || code == 0x2014 || code == 0x2026 ||
           (code >= 0x2018 && code <= 0x201D);
}

static void put_space(struct cpl_flow *flow, uint32_t next)
{
    bool between_wide = cpl_code_is_wide(flow->last) && cpl_code_is_wide(next);
    if (flow->space_waits && flow->last != 0 && !(flow->feed_waits && between_wide))
        cpl_buffer_add_byte(&flow->text, ' ');
    flow->space_waits = flow->feed_waits = false;
}

void cpl_flow_add_code(struct cpl_flow *flow, uint32_t code)
{
    char bytes[4];
    if (cpl_code_is_space(code) && code != 0x3000) {
        flow->space_waits = true;
        flow->feed_waits = flow->feed_waits || code == '\n';
        return;
    }
    put_space(flow, code);
    cpl_buffer_add(&flow->text, bytes, cpl_utf8_encode(bytes, code));
    flow->last = code;
}

void cpl_flow_add(struct cpl_flow *flow, const char *text, size_t length)
{
    for (size_t at = 0; at < length;)
        cpl_flow_add_code(flow, cpl_utf8_next(text, &at));
}

void cpl_flow_add_verbatim(struct cpl_flow *flow, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t begin = at;
        uint32_t code = cpl_utf8_next(text, &at);
        if (code == '\n') {
            cpl_flow_end_line(flow);
            continue;
        }
        cpl_buffer_add(&flow->text, text + begin, at - begin);
        flow->last = code;
    }
    flow->space_waits = flow->feed_waits = false;
}

void cpl_flow_end_line(struct cpl_flow *flow)
{
    if (flow->text.length > flow->line_begin)
        cpl_buffer_add_byte(&flow->text, '\n');
    flow->line_begin = flow->text.length;
    flow->space_waits = flow->feed_waits = false;
    flow->last = 0;
}

void cpl_flow_cut(struct cpl_flow *flow, size_t length)
{
    if (length < flow->line_begin || length >= flow->text.length)
        return;
    flow->space_waits = flow->text.data[length] == ' ';
    flow->text.length = length;
    flow->text.data[length] = 0;
    size_t before = length;
    flow->last = 0;
    if (length > flow->line_begin) {
        before = cpl_utf8_before(flow->text.data, length);
        flow->last = cpl_utf8_next(flow->text.data, &before);
    }
}

void cpl_flow_clear(struct cpl_flow *flow)
{
    cpl_buffer_clear(&flow->text);
    *flow = (struct cpl_flow){0};
}
