/* labels: fast sanitize */
/* Tokens that are no text as they stand: bytes, parts of characters, spaces that are written as another
 * character.  Their characters add up to the text's, and tokens that share a word stay together. */
#include "tokenizer_fixture.h"

#include "text/utf8.h"
#include "tokenizer/byte_characters.h"
#include "tokenizer/tokenizer_model.h"

static struct cpl_segmenter *segmenter;

static int set_up(void **state)
{
    if (make_scratch(state) != 0)
        return -1;
    segmenter = small_segmenter();
    return 0;
}

static int tear_down(void **state)
{
    cpl_segmenter_free(segmenter);
    return remove_scratch(state);
}

/* ---- tokenizers ------------------------------------------------------------------------------ */

enum kind { BYTE_LEVEL, BYTE_FALLBACK, BARE_BYTES };

static void add_piece(json_t *vocabulary, const char *piece)
{
    if (!json_object_get(vocabulary, piece))
        json_object_set_new(vocabulary, piece,
                            json_integer((json_int_t)json_object_size(vocabulary)));
}

/* Pieces for single bytes and a few merges above them. */
static void add_bytes(json_t *vocabulary, json_t *merges, enum kind kind)
{
    static const char *const byte_level[] = {"t h",  "Ġ th", "Ġth e", "p l", "æ Ī",
                                             "æĪ ĳ", "å ĸ",  "Ġ Ġ",   "Ċ Ċ"};
    static const char *const metaspace[] = {"t h",   "▁ th", "▁th e", "p l",
                                            "我 喜", "▁ ▁",  "欢 自"};
    const char *const *merge = kind == BYTE_LEVEL ? byte_level : metaspace;
    size_t n = kind == BYTE_LEVEL ? sizeof byte_level / sizeof *byte_level
                                  : sizeof metaspace / sizeof *metaspace;
    for (int byte = 0; byte < 256; byte++) {
        char piece[8] = {0};
        if (kind == BYTE_LEVEL)
            cpl_utf8_encode(piece, cpl_byte_character((uint8_t)byte));
        else
            snprintf(piece, sizeof piece, "<0x%02X>", (unsigned)byte);
        add_piece(vocabulary, piece);
    }
    for (char c = 'a'; kind != BYTE_LEVEL && c <= 'z'; c++)
        add_piece(vocabulary, (const char[]){c, 0});
    for (size_t i = 0; kind != BYTE_LEVEL && i < 5; i++)
        add_piece(vocabulary, (const char *const[]){"▁", "我", "喜", "欢", "自"}[i]);
    for (size_t i = 0; i < n; i++) {
        char piece[32];
        const char *space = strchr(merge[i], ' ');
        snprintf(piece, sizeof piece, "%.*s%s", (int)(space - merge[i]), merge[i], space + 1);
        add_piece(vocabulary, piece);
        json_array_append_new(merges, json_string(merge[i]));
    }
}

static struct cpl_tokenizer *new_tokenizer(enum kind kind)
{
    json_t *vocabulary = json_object(), *merges = json_array(), *file, *pre_tokenizer;
    struct cpl_tokenizer *tokenizer = NULL;
    add_piece(vocabulary, "<unk>");
    add_piece(vocabulary, "<mask>");
    add_bytes(vocabulary, merges, kind);
    pre_tokenizer = kind == BYTE_LEVEL
                        ? json_pack("{s:s, s:b}", "type", "ByteLevel", "add_prefix_space", 0)
                        : json_pack("{s:s, s:s, s:s}", "type", "Metaspace", "replacement", "▁",
                                    "prepend_scheme", "first");
    file = json_pack("{s:[{s:i, s:s, s:b}], s:o, s:{s:s, s:s, s:b, s:o, s:o}}", "added_tokens",
                     "id", 1, "content", "<mask>", "special", 1, "pre_tokenizer", pre_tokenizer,
                     "model", "type", "BPE", "unk_token", "<unk>", "byte_fallback",
                     kind == BYTE_FALLBACK, "vocab", vocabulary, "merges", merges);
    assert_non_null(file);
    CHECK(cpl_tokenizer_from_json(&tokenizer, file, NULL, "made here", error));
    json_decref(file);
    return tokenizer;
}

/* ---- characters ------------------------------------------------------------------------------ */

static void assert_sums(const struct cpl_tokenizer *tokenizer, const char *text, size_t all,
                        size_t solid)
{
    struct cpl_encoding encoding = {0};
    size_t found = 0, found_solid = 0;
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, strlen(text), error));
    for (size_t i = 0; i < encoding.count; i++) {
        found += cpl_tokenizer_characters(tokenizer, encoding.id[i]);
        found_solid += cpl_tokenizer_solid_characters(tokenizer, encoding.id[i]);
    }
    if (found != all || found_solid != solid)
        fail_msg("%zu and %zu characters, expected %zu and %zu: %s", found, found_solid, all,
                 solid, text);
    cpl_encoding_clear(&encoding);
}

static void test_characters(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "\n",
        "\n\n",
        "我喜欢自然",
        "the  the play",
        "我 the",
        " 我们去玩",
        "é中\xF0\x9F\x98\x80x",
        "a\tb\r\nc",
        "<0x41> Ġ ĠĠĊ",
    };
    struct cpl_tokenizer *byte_level = new_tokenizer(BYTE_LEVEL);
    struct cpl_tokenizer *fallback = new_tokenizer(BYTE_FALLBACK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = texts[i];
        size_t all = cpl_utf8_count(text, strlen(text)), solid = 0;
        for (size_t at = 0; text[at];) {
            uint32_t code = cpl_utf8_next(text, &at);
            solid += code == '\n' || !cpl_code_is_space(code);
        }
        assert_sums(byte_level, text, all, solid);
        assert_sums(fallback, text, all + (text[0] && text[0] != ' '), solid);
    }
    cpl_tokenizer_free(byte_level);
    cpl_tokenizer_free(fallback);
}

static void test_single(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = new_tokenizer(BYTE_LEVEL);
    static const struct {
        const char *piece;
        size_t all, solid;
    } cases[] = {{"Ġthe", 4, 3}, {"æĪ", 1, 1}, {"ĳ", 0, 0}, {"æĪĳ", 1, 1},    {"ĠĠ", 2, 0},
                 {"ĊĊ", 2, 2},   {"Ċ", 1, 1},  {"ĉ", 1, 0}, {"<mask>", 0, 0}, {"<unk>", 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t id = cpl_tokenizer_id(tokenizer, cases[i].piece);
        assert_true(id >= 0);
        assert_int_equal(cpl_tokenizer_characters(tokenizer, id), cases[i].all);
        assert_int_equal(cpl_tokenizer_solid_characters(tokenizer, id), cases[i].solid);
    }
    assert_int_equal(cpl_tokenizer_special(tokenizer).newline,
                     cpl_tokenizer_id(tokenizer, "Ċ"));
    assert_int_equal(cpl_tokenizer_solid_characters(tokenizer, -1), 0);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, cpl_tokenizer_size(tokenizer)), 0);
    cpl_tokenizer_free(tokenizer);
    tokenizer = new_tokenizer(BYTE_FALLBACK);
    assert_int_equal(cpl_tokenizer_special(tokenizer).newline,
                     cpl_tokenizer_id(tokenizer, "<0x0A>"));
    cpl_tokenizer_free(tokenizer);
}

static void assert_text(const struct cpl_tokenizer *tokenizer, const char *piece,
                        const char *expected)
{
    char text[64];
    int32_t id = cpl_tokenizer_id(tokenizer, piece);
    size_t n = cpl_piece_text(tokenizer, id, text, sizeof text - 1);
    text[n] = 0;
    assert_string_equal(text, expected);
}

static void test_texts(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = new_tokenizer(BYTE_LEVEL);
    char one = 0;
    assert_true(cpl_pieces_mark_spaces(tokenizer));
    assert_text(tokenizer, "Ġthe", " the");
    assert_text(tokenizer, "æĪ", "\xE6\x88");
    assert_text(tokenizer, "<mask>", "");
    assert_int_equal(cpl_piece_text(tokenizer, cpl_tokenizer_id(tokenizer, "Ġthe"), &one, 1),
                     1);
    assert_int_equal(one, ' ');
    assert_int_equal(cpl_piece_text(tokenizer, -1, &one, 1), 0);
    cpl_tokenizer_free(tokenizer);
    tokenizer = new_tokenizer(BYTE_FALLBACK);
    assert_true(cpl_pieces_mark_spaces(tokenizer));
    assert_text(tokenizer, "▁the", " the");
    assert_text(tokenizer, "<0xE6>", "\xE6");
    assert_text(tokenizer, "我喜", "我喜");
    assert_text(tokenizer, "<0x0A>", "\n");
    cpl_tokenizer_free(tokenizer);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* Flags of an encoding as digits. */
static void assert_flags(const struct cpl_tokenizer *tokenizer, struct cpl_encoding *encoding,
                         const char *text, const char *expected)
{
    uint8_t *flags = NULL;
    char found[200] = "";
    CHECK(cpl_tokenizer_word_flags(tokenizer, segmenter, &flags, encoding, text, strlen(text),
                                   error));
    for (size_t i = 0; i < encoding->count; i++)
        found[i] = (char)('0' + flags[i]);
    assert_string_equal(found, expected);
    free(flags);
}

static void assert_word_flags(const struct cpl_tokenizer *tokenizer, const char *text,
                              const char *expected)
{
    struct cpl_encoding encoding = {0};
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, strlen(text), error));
    assert_flags(tokenizer, &encoding, text, expected);
    cpl_encoding_clear(&encoding);
}

static void test_byte_words(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = new_tokenizer(BYTE_LEVEL);
    assert_word_flags(tokenizer, "我", "0");
    assert_word_flags(tokenizer, "们", "011");
    assert_word_flags(tokenizer, "我喜欢。", "001111011"); /* 我 | 喜 (2) 欢 (3) | 。 (3) */
    assert_word_flags(tokenizer, "the play", "010011");    /* th e | Ġ | pl a y */
    assert_word_flags(tokenizer, "the\n\nthe", "010001");  /* th e | Ċ | Ċ | th e */
    assert_word_flags(tokenizer, "\xF0\x9F\x98\x80", "0111"); /* one character */
    assert_word_flags(tokenizer, "a<mask>b", "000");
    cpl_tokenizer_free(tokenizer);
}

static void test_space_words(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = new_tokenizer(BYTE_FALLBACK);
    assert_word_flags(tokenizer, "the play", "00011"); /* ▁the | ▁ | pl a y */
    assert_word_flags(tokenizer, "我喜欢", "011"); /* ▁ is of 我's place; 我喜 joins 喜欢 */
    assert_word_flags(tokenizer, "们", "0111");
    cpl_tokenizer_free(tokenizer);
}

/* Spans that any kind of tokenizer could give, over 我 | 喜欢 | 自然 | 语言 at 0-3-9-15-21. */
static void assert_spans(const struct cpl_tokenizer *tokenizer, size_t n,
                         const struct cpl_span *spans, const char *expected)
{
    int32_t ids[16];
    struct cpl_span own[16];
    struct cpl_encoding encoding = {.id = ids, .span = own, .count = n};
    for (size_t i = 0; i < n; i++) {
        own[i] = spans[i];
        ids[i] = spans[i].end == spans[i].begin ? 1 : 5; /* <mask>, or some piece */
    }
    assert_flags(tokenizer, &encoding, "我喜欢自然语言", expected);
}

static void test_any_spans(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = new_tokenizer(BYTE_FALLBACK);
    assert_spans(tokenizer, 3, (const struct cpl_span[]){{0, 3}, {3, 9}, {9, 21}}, "000");
    assert_spans(tokenizer, 3, (const struct cpl_span[]){{0, 6}, {6, 12}, {12, 21}}, "011");
    assert_spans(tokenizer, 2, (const struct cpl_span[]){{0, 12}, {12, 21}}, "01");
    assert_spans(tokenizer, 2, (const struct cpl_span[]){{0, 9}, {9, 21}}, "00");
    assert_spans(tokenizer, 4, (const struct cpl_span[]){{0, 3}, {0, 3}, {3, 6}, {6, 9}},
                 "0101");
    assert_spans(tokenizer, 3, (const struct cpl_span[]){{3, 6}, {0, 0}, {6, 9}}, "000");
    assert_spans(tokenizer, 3, (const struct cpl_span[]){{0, 9}, {3, 6}, {9, 12}}, "010");
    assert_spans(tokenizer, 3, (const struct cpl_span[]){{6, 9}, {3, 6}, {9, 12}}, "010");
    cpl_tokenizer_free(tokenizer);
}

/* Pieces that end a word say so, which is no text. */
static void test_word_ends(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = NULL;
    json_t *file =
        json_pack("{s:{s:s}, s:{s:s, s:s, s:{s:i, s:i, s:i, s:i}, s:[s]}}", "pre_tokenizer",
                  "type", "Whitespace", "model", "type", "BPE", "end_of_word_suffix", "</w>",
                  "vocab", "a", 0, "b</w>", 1, "ab</w>", 2, "b", 3, "merges", "a b</w>");
    CHECK(cpl_tokenizer_from_json(&tokenizer, file, NULL, "made here", error));
    assert_sums(tokenizer, "ab  ab", 4, 4);
    assert_text(tokenizer, "ab</w>", "ab");
    assert_int_equal(cpl_tokenizer_characters(tokenizer, -1), 0);
    assert_int_equal(cpl_tokenizer_special(tokenizer).newline, -1);
    cpl_tokenizer_free(tokenizer);
    json_decref(file);
}

/* A tokenizer without byte fallback leaves characters out; the rest still adds up. */
static void test_unknown(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = new_tokenizer(BARE_BYTES);
    assert_sums(tokenizer, "我们", 3, 2); /* ▁ 我 <unk> */
    assert_word_flags(tokenizer, "我们", "011");
    cpl_tokenizer_free(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),  cmocka_unit_test(test_single),
        cmocka_unit_test(test_texts),       cmocka_unit_test(test_byte_words),
        cmocka_unit_test(test_space_words), cmocka_unit_test(test_any_spans),
        cmocka_unit_test(test_unknown),     cmocka_unit_test(test_word_ends),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
