/* labels: sanitize fast */
/* Byte pair encoding: ids and offsets against what Hugging Face's tokenizers gave (tests/golden/bpe), fused
 * encoders against the pipeline, the search against merging. */
#include "tokenizer_fixture.h"

#include "base/memory.h"
#include "text/utf8.h"
#include "tokenizer/fused_bpe.h"
#include "tokenizer/nfc_quick.h"
#include <couplet/json.h>
#include <utf8proc.h>

static const struct golden {
    const char *name, *fused; /* NULL: the pipeline encodes */
} goldens[] = {
    {"gpt2", "byte_bpe"},           {"gpt2_prefix", "byte_bpe"},
    {"gpt2_split", "byte_bpe"},     {"gpt2_files", "byte_bpe"},
    {"llama3", "byte_bpe"},         {"qwen2", "byte_bpe"},
    {"llama2", "space_bpe"},        {"metaspace_first", "space_bpe"},
    {"metaspace_cut", "space_bpe"}, {"over_spaces", "space_bpe"},
    {"unknown_fused", "space_bpe"}, {"unknown_apart", "space_bpe"},
    {"some_bytes", NULL},           {"marks", NULL},
    {"marks_dropped", NULL},
};
enum { GOLDENS = sizeof goldens / sizeof *goldens };

static void golden_path(char path[500], const char *name, const char *file)
{
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, 500, "%s/tests/golden/bpe/%s/%s", source ? source : ".", name, file);
}

static struct cpl_tokenizer *load(const struct golden *golden)
{
    char path[500];
    struct cpl_tokenizer *tokenizer = NULL;
    golden_path(path, golden->name, "");
    CHECK(cpl_tokenizer_load(&tokenizer, path, error));
    assert_string_equal(tokenizer->fused ? tokenizer->fused->name : "none",
                        golden->fused ? golden->fused : "none");
    return tokenizer;
}

/* ---- goldens ---------------------------------------------------------------------------------- */

static void check_row(const struct cpl_tokenizer *tokenizer, const char *name,
                      const struct cpl_json_value *row)
{
    struct cpl_encoding encoding = {0};
    size_t length = 0;
    const char *text = cpl_json_value_text(cpl_json_value_member(row, "text"), &length);
    const struct cpl_json_value *ids = cpl_json_value_member(row, "ids");
    const struct cpl_json_value *offsets = cpl_json_value_member(row, "offsets");
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, length, error));
    if (cpl_json_value_count(ids) != encoding.count)
        fail_msg("%s: %zu tokens, expected %zu: %s", name, encoding.count,
                 cpl_json_value_count(ids), text);
    for (size_t i = 0; i < encoding.count; i++) {
        const struct cpl_json_value *pair = cpl_json_value_at(offsets, i);
        size_t begin = cpl_utf8_count(text, encoding.span[i].begin);
        size_t end = cpl_utf8_count(text, encoding.span[i].end);
        if (cpl_json_value_int(cpl_json_value_at(ids, i)) != encoding.id[i] ||
            cpl_json_value_int(cpl_json_value_at(pair, 0)) != (int64_t)begin ||
            cpl_json_value_int(cpl_json_value_at(pair, 1)) != (int64_t)end)
            fail_msg("%s: token %zu is %d at %zu, %zu: %s", name, i, (int)encoding.id[i], begin,
                     end, text);
    }
    cpl_encoding_clear(&encoding);
}

static void test_goldens(void **state)
{
    (void)state;
    for (size_t k = 0; k < GOLDENS; k++) {
        char path[500];
        char *lines = NULL;
        size_t size = 0, rows = 0;
        struct cpl_tokenizer *tokenizer = load(&goldens[k]);
        golden_path(path, goldens[k].name, "expected.jsonl");
        CHECK(cpl_file_read(&lines, &size, path, error));
        for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1, rows++) {
            struct cpl_json_value *row = NULL;
            CHECK(cpl_json_value_parse(&row, line, (size_t)(end - line), path, error));
            check_row(tokenizer, goldens[k].name, row);
            cpl_json_value_free(row);
        }
        assert_true(rows >= 30);
        free(lines);
        cpl_tokenizer_free(tokenizer);
    }
}

/* ---- two ways --------------------------------------------------------------------------------- */

/* Both ways for text[begin, n). */
static void assert_two_ways(const struct cpl_tokenizer *tokenizer, struct cpl_encoding *one,
                            struct cpl_encoding *two, const char *text, size_t begin, size_t n)
{
    one->count = two->count = 0;
    CHECK(tokenizer->fused->encode(tokenizer, tokenizer->fused_state, one, text, begin, n,
                                   begin == 0, error));
    CHECK(cpl_pipeline_encode(tokenizer, two, text, begin, n, begin == 0, error));
    bool same = one->count == two->count;
    for (size_t i = 0; same && i < one->count; i++)
        same = one->id[i] == two->id[i] && one->span[i].begin == two->span[i].begin &&
               one->span[i].end == two->span[i].end;
    if (!same)
        fail_msg("%s: fused and pipeline differ: %.*s", tokenizer->fused->name,
                 (int)(n < 500 ? n : 500), text);
}

/* Random text of all kinds, mostly of what the tokenizers have learnt. */
static size_t random_text(uint64_t *index, char *out, size_t size, uint32_t most_parts)
{
    static const char *const parts[] = {"the",
                                        " river",
                                        "mill",
                                        "ing",
                                        "er",
                                        "'s",
                                        "'S",
                                        "'\xC5\xBF",
                                        "'ll",
                                        "12",
                                        "3",
                                        " ",
                                        "  ",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        "磨坊",
                                        "河水",
                                        "，",
                                        "。",
                                        "一",
                                        "é",
                                        "e\xCC\x81",
                                        "í",
                                        "ÿ",
                                        "한",
                                        "\xF0\x9F\x91\xA9",
                                        "\xE2\x96\x81",
                                        "\xE3\x80\x80",
                                        "\xC2\xA0",
                                        "a",
                                        "aa",
                                        "ab",
                                        "b",
                                        "B",
                                        "=",
                                        "!",
                                        ".",
                                        "wheel",
                                        "#",
                                        "\xF0\xA0\x80\x80",
                                        "м",
                                        "ель",
                                        "\xC2\x85"};
    size_t n = 0, wanted = draw(index, most_parts);
    for (size_t i = 0; i < wanted && n + 8 < size; i++) {
        uint32_t code = draw(index, draw(index, 2) ? 0x250 : 0x30000);
        char text[5] = {0};
        const char *part = parts[draw(index, sizeof parts / sizeof *parts)];
        if (draw(index, 4) == 0 && code != 0 && (code < 0xD800 || code > 0xDFFF)) {
            cpl_utf8_encode(text, code);
            part = text;
        }
        memcpy(out + n, part, strlen(part));
        n += strlen(part);
    }
    out[n] = 0;
    return n;
}

static void test_two_ways(void **state)
{
    (void)state;
    uint64_t index = 0;
    static char text[20000];
    for (size_t k = 0; k < GOLDENS; k++) {
        struct cpl_tokenizer *tokenizer = load(&goldens[k]);
        struct cpl_encoding one = {0}, two = {0};
        for (int i = 0; tokenizer->fused && i < 2000; i++) {
            size_t n = random_text(&index, text, sizeof text, i % 50 ? 40 : 3000);
            size_t begin = 0;
            for (int skipped = i % 3; skipped > 0 && begin < n; skipped--)
                cpl_utf8_next(text, &begin);
            if (begin < n)
                assert_two_ways(tokenizer, &one, &two, text, begin, n);
        }
        cpl_encoding_clear(&one);
        cpl_encoding_clear(&two);
        cpl_tokenizer_free(tokenizer);
    }
}

/* Words without a break: the search goes back, merging has a long heap. */
static void test_long_words(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 19 };
    static const char *const parts[] = {
        "a", "ab", "aab", "磨坊", "河水河", "=", " ", "é", "\xF0\x9F\x91\xA9"};
    char *text = malloc(LENGTH + 16);
    for (size_t k = 0; k < GOLDENS; k++) {
        struct cpl_tokenizer *tokenizer = load(&goldens[k]);
        struct cpl_encoding one = {0}, two = {0};
        for (size_t p = 0; tokenizer->fused && p < sizeof parts / sizeof *parts; p++) {
            size_t n = 0, part = strlen(parts[p]);
            for (; n < LENGTH; n += part)
                memcpy(text + n, parts[p], part);
            assert_two_ways(tokenizer, &one, &two, text, 0, n);
            assert_true(one.count <= n + 1 && one.span[one.count - 1].end == n);
        }
        cpl_encoding_clear(&one);
        cpl_encoding_clear(&two);
        cpl_tokenizer_free(tokenizer);
    }
    free(text);
}

/* ---- random vocabularies ---------------------------------------------------------------------- */

enum { LETTERS = 4, MOST_PIECES = 60 };

/* Pieces by random merges of pieces, ranks not always in order: so parts may be made late. */
struct random_model {
    struct cpl_pieces pieces;
    struct cpl_bpe_merge merges[200];
    size_t n_merges;
    struct cpl_bpe_pairs pairs;
    struct cpl_bpe_text text[MOST_PIECES];
    bool symbol[MOST_PIECES];
    struct cpl_bpe_search search;
    bool possible;
};

static void add_random_merge(struct random_model *model, uint64_t *index, bool in_order)
{
    char joined[200];
    struct cpl_pieces *pieces = &model->pieces;
    struct cpl_bpe_merge merge;
    merge.left = (int32_t)draw(index, (uint32_t)pieces->count);
    merge.right = (int32_t)draw(index, (uint32_t)pieces->count);
    size_t left = pieces->length[merge.left], right = pieces->length[merge.right];
    if (left + right > 12 || pieces->count == MOST_PIECES)
        return;
    memcpy(joined, cpl_pieces_text(pieces, merge.left), left);
    memcpy(joined + left, cpl_pieces_text(pieces, merge.right), right);
    CHECK(cpl_pieces_add(pieces, &merge.merged, joined, left + right, error));
    merge.rank = in_order ? (int32_t)model->n_merges : (int32_t)draw(index, 40);
    model->merges[model->n_merges++] = merge;
}

static void make_model(struct random_model *model, uint64_t *index)
{
    memset(model, 0, sizeof *model);
    for (int32_t id = 0; id < LETTERS; id++)
        CHECK(cpl_pieces_set(&model->pieces, id, &"abcd"[id], 1, error));
    bool in_order = draw(index, 3) > 0;
    for (size_t i = 5 + draw(index, 80); i > 0; i--)
        add_random_merge(model, index, in_order);
    for (int32_t id = 0; id < model->pieces.count; id++) {
        model->text[id] = (struct cpl_bpe_text){cpl_pieces_text(&model->pieces, id),
                                                (uint32_t)model->pieces.length[id]};
        model->symbol[id] = id < LETTERS;
    }
    CHECK(cpl_bpe_pairs_build(&model->pairs, model->merges, model->n_merges, error));
    CHECK(cpl_bpe_search_build(&model->search, &model->possible, &model->pairs, model->text,
                               model->symbol, model->pieces.count, error));
}

static void clear_model(struct random_model *model)
{
    cpl_bpe_search_clear(&model->search);
    cpl_bpe_pairs_clear(&model->pairs);
    cpl_pieces_clear(&model->pieces);
}

/* The definition, as slow as it is simple. */
static size_t merge_slowly(const struct random_model *model, int32_t *id, size_t n)
{
    for (;;) {
        const struct cpl_bpe_merge *best = NULL;
        size_t at = 0;
        for (size_t i = 0; i + 1 < n; i++) {
            const struct cpl_bpe_merge *merge =
                cpl_bpe_pairs_find(&model->pairs, id[i], id[i + 1]);
            if (merge && (!best || merge->rank < best->rank)) {
                best = merge;
                at = i;
            }
        }
        if (!best)
            return n;
        id[at] = best->merged;
        memmove(id + at + 1, id + at + 2, (n - at - 2) * sizeof *id);
        n--;
    }
}

static void check_model(const struct random_model *model, uint64_t *index)
{
    struct cpl_bpe_work work = {0};
    struct cpl_bpe_search_memory memory = {0};
    for (int round = 0; round < 40; round++) {
        int32_t id[300];
        char word[300];
        size_t length = 1 + draw(index, round % 8 ? 12 : 299), at = 0;
        work.n = memory.n = 0;
        for (size_t i = 0; i < length; i++) {
            id[i] = (int32_t)draw(index, LETTERS);
            word[i] = "abcd"[id[i]];
            CHECK(cpl_bpe_work_add(&work, id[i], 1, error));
        }
        size_t n = merge_slowly(model, id, length);
        CHECK(cpl_bpe_work_merge(&work, &model->pairs, error));
        assert_int_equal(work.n, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(work.symbol[i].id, id[i]);
        if (!model->possible)
            continue;
        CHECK(cpl_bpe_search_word(&model->search, &memory, word, &at, length, error));
        assert_int_equal(at, length);
        assert_int_equal(memory.n, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(memory.token[i].id, id[i]);
    }
    cpl_bpe_work_clear(&work);
    cpl_bpe_search_memory_clear(&memory);
}

static void test_random_models(void **state)
{
    (void)state;
    uint64_t index = 1000000;
    int possible = 0;
    for (int i = 0; i < 1500; i++) {
        struct random_model model;
        make_model(&model, &index);
        check_model(&model, &index);
        possible += model.possible;
        clear_model(&model);
    }
    assert_true(possible > 500 && possible < 1500);
}

/* ---- files ------------------------------------------------------------------------------------ */

#define MODEL(rest) "{\"version\":\"1.0\",\"model\":{\"type\":\"BPE\"," rest "}}"
#define VOCAB "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2}"

static void test_bad_files(void **state)
{
    (void)state;
    static const struct {
        const char *words, *text;
    } files[] = {
        {"model.vocab is not an object", MODEL("\"merges\":[]")},
        {"model.merges is not a list", MODEL(VOCAB)},
        {"model.merges is not a list", MODEL(VOCAB ",\"merges\":{}")},
        {"merge 0 is not two pieces", MODEL(VOCAB ",\"merges\":[\"ab\"]")},
        {"merge 0 is not two pieces", MODEL(VOCAB ",\"merges\":[\"a b c\"]")},
        {"merge 1 is not two pieces", MODEL(VOCAB ",\"merges\":[\"a b\",[\"a\"]]")},
        {"merge 0 is not two pieces", MODEL(VOCAB ",\"merges\":[[\"a\",\"b\",\"ab\"]]")},
        {"merge 0 is not two pieces", MODEL(VOCAB ",\"merges\":[[\"a\",1]]")},
        {"merge 0 is not two pieces", MODEL(VOCAB ",\"merges\":[null]")},
        {"has \"c\"", MODEL(VOCAB ",\"merges\":[[\"a\",\"c\"]]")},
        {"has \"ba\"", MODEL(VOCAB ",\"merges\":[\"b a\"]")},
        {"shorter than continuing_subword_prefix",
         MODEL(VOCAB ",\"continuing_subword_prefix\":\"##\",\"merges\":[\"a b\"]")},
        {"dropout is 0.1", MODEL(VOCAB ",\"dropout\":0.1,\"merges\":[]")},
        {"fuse_unk", MODEL(VOCAB ",\"fuse_unk\":3,\"merges\":[]")},
        {"unk_token", MODEL(VOCAB ",\"unk_token\":3,\"merges\":[]")},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct cpl_tokenizer *tokenizer = NULL;
        CHECK_FAILS(
            CPL_ERROR_INPUT, files[i].words,
            cpl_tokenizer_load(&tokenizer, write_text("bad.json", files[i].text), error));
    }
}

static void test_old_file(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    CHECK(
        cpl_tokenizer_load(&tokenizer,
                           write_text("old.json", "{\"model\":{\"unk_token\":\"?\"," VOCAB
                                                  ",\"merges\":[\"#version: 0.2\",\"a b\"]}}"),
                           error));
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, "aabb", 4, error));
    assert_int_equal(encoding.count, 3);
    assert_int_equal(encoding.id[1], 2);
    CHECK_FAILS(CPL_ERROR_INPUT, "lacks \"?\"",
                cpl_tokenizer_encode(tokenizer, &encoding, "ac", 2, error));
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
}

static void test_bad_merges(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"merges.txt:2: expected two pieces", "#version: 0.2\nab\n"},
        {"merges.txt:3: expected", "a b\n\n\na b\n"},
        {"merges.txt:1: not UTF-8", "a \xFF\n"},
        {"has \"x\"", "a x\n"}};
    char *directory = strdup(in_scratch("pair"));
    CHECK(cpl_directory_make(directory, error));
    struct cpl_tokenizer *tokenizer = NULL;
    write_text("pair/vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}");
    CHECK_FAILS(CPL_ERROR_INPUT, "no tokenizer here",
                cpl_tokenizer_load(&tokenizer, directory, error));
    for (size_t i = 0; i < 4; i++) {
        write_text("pair/merges.txt", bad[i][1]);
        if (i == 1)
            write_text("pair/merges.txt", "a b\n\na b\n");
        CHECK_FAILS(CPL_ERROR_INPUT, i == 1 ? "merges.txt:2: expected" : bad[i][0],
                    cpl_tokenizer_load(&tokenizer, directory, error));
    }
    write_text("pair/merges.txt", "a b\r\n\n");
    CHECK(cpl_tokenizer_load(&tokenizer, in_scratch("pair/vocab.json"), error));
    assert_int_equal(cpl_tokenizer_id(tokenizer, "<|endoftext|>"), 3);
    cpl_tokenizer_free(tokenizer);
    write_text("pair/tokenizer_config.json", "{\"tokenizer_class\":\"CLIPTokenizer\"}");
    CHECK_FAILS(CPL_ERROR_INPUT, "tokenizer_class is CLIPTokenizer",
                cpl_tokenizer_load(&tokenizer, directory, error));
    free(directory);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void test_memory_fails(void **state)
{
    (void)state;
    static const char *const names[] = {"llama3", "over_spaces", "some_bytes"};
    static const char text[] =
        " the wheel\xE2\x96\x81 turns 磨坊 <s> a12aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    for (size_t k = 0; k < 3; k++) {
        char path[500];
        golden_path(path, names[k], "");
        cpl_status status = CPL_ERROR_SYSTEM;
        size_t n = 1;
        for (; status == CPL_ERROR_SYSTEM; n += 1 + n / 16) {
            struct cpl_tokenizer *tokenizer = NULL;
            struct cpl_encoding encoding = {0};
            struct cpl_error error = {0};
            cpl_memory_fail_at(n);
            status = cpl_tokenizer_load(&tokenizer, path, &error);
            if (status == CPL_OK)
                status =
                    cpl_tokenizer_encode(tokenizer, &encoding, text, sizeof text - 1, &error);
            cpl_memory_fail_at(0);
            cpl_encoding_clear(&encoding);
            cpl_tokenizer_free(tokenizer);
        }
        assert_int_equal(status, CPL_OK);
        assert_true(n > 30);
    }
}

/* ---- small parts ------------------------------------------------------------------------------ */

static void test_nfc_quick(void **state)
{
    (void)state;
    size_t quick = 0;
    for (uint32_t code = 1; code < 0x110000; code++) {
        char text[12] = "A";
        if ((code >= 0xD800 && code <= 0xDFFF) || !cpl_nfc_quick_code(code))
            continue;
        text[1 + cpl_utf8_encode(text + 1, code)] = 0;
        utf8proc_uint8_t *normal = utf8proc_NFC((const utf8proc_uint8_t *)text);
        assert_string_equal((char *)normal, text);
        assert_int_equal(utf8proc_get_property((utf8proc_int32_t)code)->combining_class, 0);
        free(normal);
        quick++;
    }
    assert_true(quick > 100000);
    assert_false(cpl_nfc_quick_code(0x301) || cpl_nfc_quick_code(0x1161) ||
                 cpl_nfc_quick_code(0x2126) || cpl_nfc_quick_code(0xF900));
    assert_true(cpl_nfc_quick("磨 é", 6));
    assert_false(cpl_nfc_quick("e\xCC\x81", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),    cmocka_unit_test(test_two_ways),
        cmocka_unit_test(test_long_words), cmocka_unit_test(test_random_models),
        cmocka_unit_test(test_bad_files),  cmocka_unit_test(test_old_file),
        cmocka_unit_test(test_bad_merges), cmocka_unit_test(test_memory_fails),
        cmocka_unit_test(test_nfc_quick),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
