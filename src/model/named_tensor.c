/* The tensors of a model under the names and in the layouts of its family's checkpoints. */
#include "model/model.h"

#include "base/try.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES 128

bool cpl_parameter_is_head(const struct cpl_parameter *parameter)
{
    return strncmp(parameter->name, "head.", 5) == 0 ||
           strncmp(parameter->name, "output.", 7) == 0;
}

static bool rule_applies(const struct cpl_name_rule *rule, const struct cpl_config *config)
{
    return rule->when == CPL_NAME_ALWAYS || (rule->when == CPL_NAME_TIED) == config->tied;
}

/* Fills in the number of the layer; a pattern without %d is copied. */
static void expand(char out[NAME_BYTES], const char *pattern, int64_t layer)
{
    const char *hole = strstr(pattern, "%d");
    if (hole)
        snprintf(out, NAME_BYTES, "%.*s%d%s", (int)(hole - pattern), pattern, (int)layer,
                 hole + 2);
    else
        snprintf(out, NAME_BYTES, "%s", pattern);
}

static cpl_status visit_rule(const struct cpl_model *model, const struct cpl_name_rule *rule,
                             int64_t layer, cpl_named_visitor *visit, void *context,
                             struct cpl_error *error)
{
    char canonical[NAME_BYTES], name[NAME_BYTES];
    expand(canonical, rule->canonical, layer);
    expand(name, rule->checkpoint, layer);
    const struct cpl_parameter *parameter = cpl_parameters_find(&model->parameters, canonical);
    if (!parameter)
        return CPL_OK;
    struct cpl_tensor value = parameter->weight.value;
    bool vector = parameter->kind == CPL_PARAMETER_VECTOR;
    int64_t parts = rule->parts > 0 ? rule->parts : 1;
    struct cpl_named_tensor tensor = {.name = name,
                                      .parameter = parameter,
                                      .transposed = rule->transposed,
                                      .role = rule->role,
                                      .head = cpl_parameter_is_head(parameter)};
    if (vector) { /* [1, n]: a part is a run of columns, and so is what is stored */
        tensor.rank = 1;
        tensor.shape[0] = value.cols / parts;
        tensor.rows = tensor.shape[0];
    } else {
        tensor.rank = 2;
        tensor.rows = value.rows / parts;
        tensor.shape[rule->transposed ? 1 : 0] = tensor.rows;
        tensor.shape[rule->transposed ? 0 : 1] = value.cols;
    }
    tensor.row_begin = rule->part * tensor.rows;
    return visit(context, &tensor, error);
}

cpl_status cpl_model_each_tensor(const struct cpl_model *model, cpl_named_visitor *visit,
                                 void *context, struct cpl_error *error)
{
    for (const struct cpl_name_rule *rule = model->family->names; rule->canonical; rule++) {
        if (!rule_applies(rule, &model->config))
            continue;
        bool per_layer = strstr(rule->canonical, "%d") != NULL;
        for (int64_t layer = 0; layer < (per_layer ? model->config.layers : 1); layer++)
            CPL_TRY(visit_rule(model, rule, layer, visit, context, error));
    }
    return CPL_OK;
}

int64_t cpl_named_tensor_elements(const struct cpl_named_tensor *tensor)
{
    return tensor->rank == 1 ? tensor->shape[0] : tensor->shape[0] * tensor->shape[1];
}

/* Where element (row, col) of the canonical block stands in the checkpoint's array. */
static int64_t stored_index(const struct cpl_named_tensor *tensor, int64_t row, int64_t col,
                            int64_t cols)
{
    return tensor->transposed ? col * tensor->rows + row : row * cols + col;
}

static int64_t block_cols(const struct cpl_named_tensor *tensor)
{
    return tensor->rank == 1 ? 1 : tensor->parameter->weight.value.cols;
}

void cpl_named_tensor_export(const struct cpl_named_tensor *tensor, const cpl_real *flat,
                             float *out)
{
    int64_t cols = block_cols(tensor);
    const cpl_real *block = flat + tensor->parameter->begin + tensor->row_begin * cols;
    for (int64_t row = 0; row < tensor->rows; row++)
        for (int64_t col = 0; col < cols; col++)
            out[stored_index(tensor, row, col, cols)] = (float)block[row * cols + col];
}

void cpl_named_tensor_import(const struct cpl_named_tensor *tensor, cpl_real *flat,
                             const float *in)
{
    int64_t cols = block_cols(tensor);
    cpl_real *block = flat + tensor->parameter->begin + tensor->row_begin * cols;
    for (int64_t row = 0; row < tensor->rows; row++)
        for (int64_t col = 0; col < cols; col++)
            block[row * cols + col] = (cpl_real)in[stored_index(tensor, row, col, cols)];
}
