/* The comparison as one self-contained HTML page: table, learning curves (SVG), samples. */
#include "compare/comparison.h"

#include <math.h>
#include <string.h>

static const char *const side_names[2] = {"encoder", "decoder"};
static const char *const side_classes[2] = {"e", "d"};

static const char style[] =
    "body{font:16px/1.55 system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft "
    "YaHei',sans-serif;"
    "color:#1c1c1c;background:#fbfaf7;max-width:60rem;margin:0 auto;padding:2rem 1.2rem}"
    "h1{font-weight:600;margin:0 0 .3rem}h2{font-weight:600;font-size:1.15rem;margin:2.2rem 0 "
    ".6rem}"
    "p{margin:.4rem 0}.soft{color:#666;font-size:.9rem}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.28rem .5rem;text-align:right;"
    "vertical-align:top;"
    "border-bottom:1px solid #e6e2d8;font-variant-numeric:tabular-nums}"
    "td{white-space:nowrap}"
    "td:first-child,th:first-child{text-align:left;white-space:normal}tr.group "
    "th{padding-top:1.1rem;color:#666;"
    "font-weight:600}.e{color:#b5452c}.d{color:#1f5a8a}"
    "polyline.e,line.e{stroke:#b5452c}polyline.d,line.d{stroke:#1f5a8a}"
    "polyline{fill:none;stroke-width:1;opacity:.45}polyline.held{stroke-width:2.4;opacity:1}"
    "line{stroke:#999;stroke-opacity:.35}line.e,line.d{stroke-opacity:1;stroke-dasharray:5 5}"
    "svg text{font-size:13px;fill:#666}"
    ".note{display:block;color:#777;font-size:.8rem;text-align:left;max-width:34rem}"
    ".warning{border-left:4px solid #c99a1e;padding:.3rem .8rem;margin:.8rem 0}"
    "figure{margin:0 0 1rem}svg{width:100%;height:auto}"
    ".sample{background:#fff;border:1px solid #e6e2d8;border-radius:6px;padding:.7rem 1rem;"
    "margin:.6rem 0;white-space:pre-wrap}.sample b{font-weight:600}"
    "@media (prefers-color-scheme:dark){body{background:#171614;color:#e8e4da}"
    "td,th,.sample{border-color:#3a372f}.sample{background:#211f1b}.e{color:#ef8b70}.d{color:#"
    "7ab6e6}"
    ".soft,.note,tr.group th{color:#a9a394}svg text{fill:#a9a394}"
    "polyline.e,line.e{stroke:#ef8b70}polyline.d,line.d{stroke:#7ab6e6}}";

static void add_escaped(struct cpl_buffer *out, const char *text)
{
    for (; text && *text; text++) {
        switch (*text) {
        case '&': cpl_buffer_add_text(out, "&amp;"); break;
        case '<': cpl_buffer_add_text(out, "&lt;"); break;
        case '>': cpl_buffer_add_text(out, "&gt;"); break;
        case '"': cpl_buffer_add_text(out, "&quot;"); break;
        default: cpl_buffer_add_byte(out, *text);
        }
    }
}

static void add_table(const struct cpl_comparison *comparison, struct cpl_buffer *out)
{
    struct cpl_comparison_row rows[CPL_COMPARISON_ROWS];
    int count = cpl_comparison_rows(comparison, rows);
    const char *group = NULL;
    cpl_buffer_format(out,
                      "<table><thead><tr><th></th><th class=e>%s</th><th class=d>%s</th></tr>"
                      "</thead><tbody>\n",
                      side_names[0], side_names[1]);
    for (int i = 0; i < count; i++) {
        if (rows[i].group != group) {
            group = rows[i].group;
            cpl_buffer_format(out, "<tr class=group><th colspan=3>%s</th></tr>\n", group);
        }
        cpl_buffer_add_text(out, "<tr><td>");
        add_escaped(out, rows[i].name);
        if (rows[i].note)
            cpl_buffer_format(out, "<span class=note>%s</span>", rows[i].note);
        for (int side = 0; side < 2; side++) {
            cpl_buffer_add_text(out, "</td><td>");
            add_escaped(out, rows[i].cell[side]);
        }
        cpl_buffer_add_text(out, "</td></tr>\n");
    }
    cpl_buffer_add_text(out, "</tbody></table>\n");
}

/* ---- learning curves -------------------------------------------------------------------- */

enum { WIDTH = 860, HEIGHT = 360, LEFT = 56, RIGHT = 16, TOP = 14, BOTTOM = 42 };

struct axes {
    double x_max, y_min, y_max;
};

static double axis_x(const struct axes *axes, double x)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * x / axes->x_max;
}

static double axis_y(const struct axes *axes, double y)
{
    return TOP + (HEIGHT - TOP - BOTTOM) * (axes->y_max - y) / (axes->y_max - axes->y_min);
}

static void axes_take(struct axes *axes, const struct cpl_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++) {
        const struct cpl_curve_point *point = &curve->point[i];
        axes->x_max = fmax(axes->x_max, point->flops);
        if (isfinite(point->loss)) {
            axes->y_min = fmin(axes->y_min, point->loss);
            axes->y_max = fmax(axes->y_max, point->loss);
        }
    }
}

/* 1, 2 or 5 times a power of ten, so that about `wanted` steps fit into `span`. */
static double nice_step(double span, int wanted)
{
    double raw = span / wanted;
    double power = pow(10, floor(log10(raw)));
    double scaled = raw / power;
    return power * (scaled <= 1 ? 1 : scaled <= 2 ? 2 : scaled <= 5 ? 5 : 10);
}

static void add_grid(const struct axes *axes, struct cpl_buffer *out)
{
    double step = nice_step(axes->y_max - axes->y_min, 5);
    for (double y = ceil(axes->y_min / step) * step; y <= axes->y_max; y += step)
        cpl_buffer_format(out,
                          "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>"
                          "<text x='%d' y='%.1f' text-anchor='end'>%.4g</text>\n",
                          LEFT, WIDTH - RIGHT, axis_y(axes, y), axis_y(axes, y), LEFT - 8,
                          axis_y(axes, y) + 4, y);
    step = nice_step(axes->x_max, 6);
    for (double x = 0; x <= axes->x_max * 1.0001; x += step)
        cpl_buffer_format(out, "<text x='%.1f' y='%d' text-anchor='middle'>%.4g</text>\n",
                          axis_x(axes, x), HEIGHT - BOTTOM + 20, x * 1e-12);
    cpl_buffer_format(out,
                      "<text x='%d' y='%d' text-anchor='end'>needed arithmetic, TFLOP</text>\n",
                      WIDTH - RIGHT, HEIGHT - 4);
}

static void add_curve(const struct axes *axes, const struct cpl_curve *curve,
                      const char *classes, struct cpl_buffer *out)
{
    if (curve->count == 0)
        return;
    cpl_buffer_format(out, "<polyline class='%s' points='", classes);
    for (size_t i = 0; i < curve->count; i++)
        if (isfinite(curve->point[i].loss) && isfinite(curve->point[i].flops))
            cpl_buffer_format(out, "%.1f,%.1f ", axis_x(axes, curve->point[i].flops),
                              axis_y(axes, curve->point[i].loss));
    cpl_buffer_add_text(out, "'/>\n");
}

static void add_curves(const struct cpl_comparison *comparison, struct cpl_buffer *out)
{
    struct axes axes = {.y_min = INFINITY, .y_max = -INFINITY};
    for (int i = 0; i < 2; i++) {
        axes_take(&axes, &comparison->side[i].training);
        axes_take(&axes, &comparison->side[i].evaluation);
        if (comparison->side[i].unigram_loss > 0) /* 0: not known */
            axes.y_max = fmax(axes.y_max, comparison->side[i].unigram_loss);
    }
    if (!(axes.x_max > 0) || !(axes.y_max > axes.y_min))
        return;
    axes.y_min -= 0.05 * (axes.y_max - axes.y_min);
    cpl_buffer_format(
        out,
        "<figure><svg viewBox='0 0 %d %d' role='img' aria-label='Loss of both models "
        "against arithmetic spent'>\n",
        WIDTH, HEIGHT);
    add_grid(&axes, out);
    for (int i = 0; i < 2; i++) {
        const struct cpl_side *side = &comparison->side[i];
        add_curve(&axes, &side->training, side_classes[i], out);
        add_curve(&axes, &side->evaluation, i == CPL_ENCODER ? "e held" : "d held", out);
        if (side->unigram_loss > 0)
            cpl_buffer_format(out, "<line class='%s' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>\n",
                              side_classes[i], LEFT, WIDTH - RIGHT,
                              axis_y(&axes, side->unigram_loss),
                              axis_y(&axes, side->unigram_loss));
    }
    cpl_buffer_add_text(out,
                        "</svg><figcaption class=soft>Cross-entropy in nats a predicted token. "
                        "Thin: training batches; thick: held-out text; dashed: guessing by "
                        "frequency. <span class=e>Encoder</span>, <span class=d>decoder</span>."
                        "</figcaption></figure>\n");
}

/* Without line breaks at its beginning. */
static void add_sample_text(struct cpl_buffer *out, const char *text)
{
    add_escaped(out, text + strspn(text, "\n"));
}

static void add_samples(const struct cpl_comparison *comparison, struct cpl_buffer *out)
{
    for (int i = 0; i < 2; i++) {
        const struct cpl_side *side = &comparison->side[i];
        if (side->n_samples > 0)
            cpl_buffer_format(out, "<h2>%s</h2>\n",
                              i == CPL_ENCODER ? "What the encoder fills in"
                                               : "What the decoder writes");
        for (int s = 0; s < side->n_samples; s++) {
            cpl_buffer_add_text(out, "<div class=sample lang=zh><b>");
            add_sample_text(out, side->sample[s].given);
            cpl_buffer_format(out, "</b>%s<span class=%s>", i == CPL_ENCODER ? "\n" : "",
                              side_classes[i]);
            add_sample_text(out, side->sample[s].made);
            if (!side->sample[s].made[0])
                cpl_buffer_add_text(out, "<span class=soft>(ends at once)</span>");
            cpl_buffer_add_text(out, "</span>");
            if (side->sample[s].truth) {
                cpl_buffer_add_text(out, "\n<span class=soft>was: ");
                add_sample_text(out, side->sample[s].truth);
                cpl_buffer_add_text(out, "</span>");
            }
            cpl_buffer_add_text(out, "</div>\n");
        }
    }
}

void cpl_comparison_page(const struct cpl_comparison *comparison, struct cpl_buffer *out)
{
    char note[CPL_COMPARISON_NOTE];
    cpl_buffer_format(
        out,
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        "<title>Couplet: two families, one text</title><style>%s</style></head><body>\n",
        style);
    cpl_buffer_add_text(
        out, "<h1>Two families, one text</h1>\n<p>A masked <span class=e>encoder</span> that "
             "fills blanks and an autoregressive <span class=d>decoder</span> that writes on, "
             "trained on the same text with the same tokenizer");
    cpl_comparison_note(comparison, note, sizeof note);
    cpl_buffer_add_text(out, note[0] ? ".</p>\n<p class=warning>"
                                     : ", of equal size and with equal arithmetic.</p>\n");
    if (note[0]) {
        add_escaped(out, note);
        cpl_buffer_add_text(out, "</p>\n");
    }
    cpl_buffer_add_text(out, "<p class=soft>");
    cpl_buffer_format(out,
                      "%lld characters of training text, %lld of test text; %d tokens in the "
                      "vocabulary; ",
                      (long long)comparison->train_characters,
                      (long long)comparison->test_characters, comparison->vocab_size);
    add_escaped(out, comparison->machine);
    cpl_buffer_format(out, ", %d threads, %s; seed %llu.</p>\n", comparison->threads,
                      comparison->dtype, (unsigned long long)comparison->seed);
    cpl_buffer_add_text(out, "<h2>Learning</h2>\n");
    add_curves(comparison, out);
    cpl_buffer_add_text(out, "<h2>Figures</h2>\n");
    add_table(comparison, out);
    add_samples(comparison, out);
    cpl_buffer_add_text(out, "</body></html>\n");
}
