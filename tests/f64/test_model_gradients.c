/* labels: sanitize fast */
/* Whole tiny models of both families against central differences: every parameter, with dropout, a
 * ragged batch, tied and untied vocabularies. */
#include "gradient_check.h"
#include "model/model.h"

#include <string.h>

struct tiny {
    struct cpl_model *model;
    struct cpl_input input;
    int32_t ids[16], positions[16], types[16], offsets[4], rows[6], labels[6];
};

static double model_loss(struct check *check)
{
    struct tiny *tiny = check->context;
    struct cpl_tape *tape = &check->tape;
    struct cpl_loss loss;
    struct cpl_value *hidden = cpl_model_hidden(tiny->model, tape, &tiny->input, NULL);
    struct cpl_value *head = cpl_model_head(tiny->model, tape, hidden, tiny->rows, 6);
    cpl_model_loss(tiny->model, tape, &loss, head, tiny->labels, 6, 0.25);
    return loss.sum * 0.25;
}

static void fill_batch(struct check *check, struct tiny *tiny, int64_t vocab_size)
{
    const int32_t offsets[] = {0, 9, 10, 16}, rows[] = {0, 3, 8, 9, 12, 15};
    memcpy(tiny->offsets, offsets, sizeof offsets);
    memcpy(tiny->rows, rows, sizeof rows);
    for (int b = 0; b < 3; b++) {
        for (int32_t i = offsets[b]; i < offsets[b + 1]; i++) {
            tiny->ids[i] = (int32_t)draw_size(check, 0, vocab_size - 1);
            tiny->positions[i] = i - offsets[b];
            tiny->types[i] = i % 2;
        }
    }
    for (int p = 0; p < 6; p++)
        tiny->labels[p] = (int32_t)draw_size(check, 0, vocab_size - 1);
    tiny->input = (struct cpl_input){.tokens = 16,
                                     .sequences = 3,
                                     .ids = tiny->ids,
                                     .positions = tiny->positions,
                                     .types = tiny->types,
                                     .offsets = tiny->offsets};
}

static void check_family(const char *family, bool tied, double dropout, uint64_t seed)
{
    struct check check;
    struct tiny tiny;
    struct cpl_config config;
    struct cpl_error error = {0};
    check_begin(&check, seed);
    assert_int_equal(cpl_config_preset(&config, family, "tiny", &error), CPL_OK);
    config.vocab_size = 13;
    config.width = 12;
    config.heads = config.kv_heads = 3;
    config.head_width = 4;
    config.ff_width = 10;
    config.max_positions = 9;
    config.tied = tied;
    config.dropout = config.embedding_dropout = config.attention_dropout = dropout;
    assert_int_equal(cpl_model_build(&tiny.model, &config, check.device, true, &error), CPL_OK);
    fill_batch(&check, &tiny, config.vocab_size);
    check.context = &tiny;
    check.loss = model_loss;
    check.tape.training = dropout > 0;
    for (int i = 0; i < tiny.model->parameters.count; i++) {
        struct cpl_parameter *parameter = &tiny.model->parameters.item[i];
        bool gamma = parameter->kind == CPL_PARAMETER_VECTOR &&
                     strstr(parameter->name, "weight") != NULL;
        fill_random(&check, parameter->weight.value, gamma ? 1 : 0, 0.3);
        add_variable(&check, parameter->name, parameter->weight.value, &parameter->weight);
    }
    compare_all(&check, 9);
    check_free(&check);
    cpl_model_free(tiny.model);
}

static void test_bert(void **state)
{
    (void)state;
    check_family("bert", true, 0, 1);
    check_family("bert", false, 0.2, 2);
}

static void test_gpt2(void **state)
{
    (void)state;
    check_family("gpt2", true, 0.2, 3);
    check_family("gpt2", false, 0, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bert),
                                       cmocka_unit_test(test_gpt2)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
