/* What a training would take, as text and as JSON. */
#include "train_view.h"

#include <stdio.h>

static cpl_status print_json(const struct cpl_train_plan *plan, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_int(json, "parameters", plan->parameters);
    cpl_json_add_int(json, "steps", plan->steps);
    cpl_json_add_real(json, "flops_per_step", plan->flops_per_step);
    cpl_json_add_real(json, "peak_gflops", plan->peak_gflops);
    cpl_json_add_real(json, "seconds", plan->seconds);
    cpl_json_add_int(json, "weight_bytes", (int64_t)plan->weight_bytes);
    cpl_json_add_int(json, "gradient_bytes", (int64_t)plan->gradient_bytes);
    cpl_json_add_int(json, "optimizer_bytes", (int64_t)plan->optimizer_bytes);
    cpl_json_add_int(json, "packed_bytes", (int64_t)plan->packed_bytes);
    cpl_json_add_int(json, "activation_bytes", (int64_t)plan->activation_bytes);
    cpl_json_add_int(json, "total_bytes", (int64_t)plan->total_bytes);
    cpl_json_add_int(json, "checkpoint_bytes", (int64_t)plan->checkpoint_bytes);
    cpl_json_add_int(json, "free_memory_bytes", (int64_t)plan->free_memory_bytes);
    cpl_json_add_int(json, "free_disk_bytes", (int64_t)plan->free_disk_bytes);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static void print_megabytes(const char *what, size_t bytes)
{
    printf("  %-28s %10.1f MB\n", what, (double)bytes / 1e6);
}

static void print_text(const struct cpl_train_plan *plan)
{
    char time[32];
    printf("%.2f million parameters\n\nmemory\n", (double)plan->parameters / 1e6);
    print_megabytes("weights", plan->weight_bytes);
    print_megabytes("gradients", plan->gradient_bytes);
    print_megabytes("optimizer", plan->optimizer_bytes);
    print_megabytes("packed for products", plan->packed_bytes);
    print_megabytes("activations", plan->activation_bytes);
    print_megabytes("together", plan->total_bytes);
    if (plan->free_memory_bytes)
        print_megabytes("free on this machine", plan->free_memory_bytes);
    if (plan->free_memory_bytes && plan->total_bytes > plan->free_memory_bytes)
        printf("  does not fit: lower --batch-tokens or set --micro-batch-tokens\n");
    printf("\ndisk\n");
    print_megabytes("a checkpoint", plan->checkpoint_bytes);
    if (plan->free_disk_bytes)
        print_megabytes("free", plan->free_disk_bytes);
    printf("\narithmetic\n  %-28s %10.1f GFLOP\n", "a step", plan->flops_per_step / 1e9);
    if (plan->peak_gflops > 0)
        printf("  %-28s %10.1f GFLOP/s\n", "peak of this machine", plan->peak_gflops);
    if (plan->steps > 0)
        printf("  %-28s %10lld\n", "steps", (long long)plan->steps);
    if (plan->seconds > 0) {
        cli_duration(time, sizeof time, plan->seconds);
        printf("  %-28s %10s\n", "time at half of the peak", time);
    }
}

cpl_status cli_print_plan(const struct cli *cli, const struct cpl_train_plan *plan,
                          struct cpl_error *error)
{
    if (cli->json)
        return print_json(plan, error);
    print_text(plan);
    return CPL_OK;
}
