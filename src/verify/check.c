#include "verify/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ops/load.h"
#include "runtime/launch.h"
#include "verify/guard.h"
#include "verify/left.h"

struct check {
    struct device *device;
    struct verify_case item; /* with the algorithm in its call */
    struct op_call call;     /* the item's */
    struct host_case host;
    struct guarded in[OP_MAX_INPUTS], out[OP_MAX_OUTPUTS], workspace;
    struct guarded forms[OP_MAX_INPUTS]; /* bytes 0: the input is read as it is */
    struct launch_list *launches;
    /* op.h: output 0 is what the algorithm's load stands for; a form is left beside it */
    enum { AS_IT_IS, LOADED, LEAVING } way;
    struct left left;
    uint8_t *first[OP_MAX_OUTPUTS]; /* the bytes of the first run */
};

static void add_buffer(size_t *largest, size_t *all, size_t bytes)
{
    size_t total = guarded_total(bytes);
    if (total > *largest) *largest = total;
    *all += total;
}

static size_t form_bytes(const struct op_call *call, int input, const struct device_traits *traits)
{
    struct op_form form;
    return op_form_of(op_algorithm_of(call), call, input, traits, &form) ? form.bytes : 0;
}

bool check_fits(const struct device *device, const struct verify_case *item, int algorithm,
                size_t *needed)
{
    const struct device_traits *traits = device_traits(device);
    struct op_call call = item->call;
    size_t largest = 0, all = 0;
    call.algorithm = algorithm;
    add_buffer(&largest, &all, op_workspace_of(&call, traits));
    for (int i = 0; i < call.inputs; i++) {
        add_buffer(&largest, &all, tensor_bytes(call.in[i]));
        add_buffer(&largest, &all, form_bytes(&call, i, traits));
    }
    for (int o = 0; o < call.outputs; o++) add_buffer(&largest, &all, tensor_bytes(call.out[o]));
    bool fits = largest <= traits->largest_buffer;
    *needed = fits ? all : largest;
    return fits && all <= traits->memory_bytes;
}

static int create_buffers(struct check *check)
{
    static const char *const in_names[OP_MAX_INPUTS] = {"input 0", "input 1", "input 2", "input 3",
                                                        "input 4", "input 5", "input 6"};
    static const char *const out_names[OP_MAX_OUTPUTS] = {"output 0", "output 1", "output 2",
                                                          "output 3"};
    int status = SAAE_OK;
    const struct op_call *call = &check->call;
    const struct device_traits *traits = device_traits(check->device);
    for (int i = 0; i < call->inputs; i++) {
        size_t bytes = form_bytes(call, i, traits);
        TRY(guarded_create(&check->in[i], check->device, tensor_bytes(call->in[i]), in_names[i]));
        if (bytes > 0) TRY(guarded_create(&check->forms[i], check->device, bytes, in_names[i]));
    }
    for (int o = 0; o < call->outputs; o++) {
        size_t bytes = tensor_bytes(call->out[o]);
        TRY(guarded_create(&check->out[o], check->device, bytes, out_names[o]));
        TRY(memory_allocate(&check->first[o], bytes, 1));
    }
    size_t workspace = op_workspace_of(call, traits);
    if (workspace > 0) {
        TRY(guarded_create(&check->workspace, check->device, workspace, "workspace"));
    }
done:
    return status;
}

static int record_launches(struct check *check)
{
    int status = SAAE_OK;
    struct op_buffers buffers = {.workspace = check->workspace.view};
    struct buffer *forms[OP_MAX_INPUTS] = {0};
    const struct op_algorithm *algorithm = op_algorithm_of(&check->call);
    for (int i = 0; i < check->call.inputs; i++) {
        buffers.in[i] = check->in[i].view;
        forms[i] = check->forms[i].view;
    }
    for (int o = 0; o < check->call.outputs; o++) buffers.out[o] = check->out[o].view;
    if (check->way == LOADED) buffers.out[0] = NULL;
    if (check->way == LEAVING) {
        buffers.left = check->left.buffer.view;
        buffers.left_form = &check->left.form;
    }
    launch_list_free(check->launches);
    check->launches = NULL;
    TRY(launch_list_create(&check->launches, check->device));
    TRY(op_record(algorithm, &check->call, &buffers, forms, check->launches));
    if (check->way == LOADED) {
        struct op_load load;
        TRY(algorithm->load(&check->call, &buffers, check->launches, &load));
        TRY(load_write(check->launches, &load, check->call.out[0].shape, check->out[0].view));
    }
done:
    return status;
}

static void free_check(struct check *check)
{
    launch_list_free(check->launches);
    for (int i = 0; i < OP_MAX_INPUTS; i++) {
        guarded_free(&check->in[i]);
        guarded_free(&check->forms[i]);
    }
    for (int o = 0; o < OP_MAX_OUTPUTS; o++) {
        guarded_free(&check->out[o]);
        free(check->first[o]);
    }
    guarded_free(&check->workspace);
    guarded_free(&check->left.buffer);
    host_free(&check->host);
}

static void store_floats(void *target, const double *values, size_t count)
{
    float *floats = target;
    for (size_t k = 0; k < count; k++) floats[k] = (float)values[k];
}

static int write_inputs(struct check *check)
{
    int status = SAAE_OK;
    for (int i = 0; i < check->call.inputs; i++) {
        struct tensor_type type = check->call.in[i];
        void *target = guarded_values(&check->in[i]);
        if (type.dtype == DTYPE_F32) {
            store_floats(target, check->host.in[i], shape_count(type.shape));
        } else {
            memcpy(target, check->host.in[i], tensor_bytes(type));
        }
        TRY(guarded_write(&check->in[i]));
    }
done:
    return status;
}

static int write_poison(struct guarded *guarded, uint32_t poison)
{
    if (guarded->bytes == 0) return SAAE_OK;
    guarded_poison(guarded, poison);
    return guarded_write(guarded);
}

/* Outputs that are read get their initial values; the others, forms and workspace poison. */
static int write_outputs(struct check *check, uint32_t poison)
{
    int status = SAAE_OK;
    for (int o = 0; o < check->call.outputs; o++) {
        struct guarded *out = &check->out[o];
        if (host_reads_output(&check->call, o)) {
            store_floats(guarded_values(out), check->host.initial[o],
                         shape_count(check->call.out[o].shape));
        } else {
            guarded_poison(out, poison);
        }
        TRY(guarded_write(out));
    }
    for (int i = 0; i < check->call.inputs; i++) TRY(write_poison(&check->forms[i], poison));
    TRY(write_poison(&check->workspace, poison));
    TRY(write_poison(&check->left.buffer, poison));
done:
    return status;
}

static int check_guards(struct guarded *guarded, const char *what, int number)
{
    if (guarded->bytes == 0) return SAAE_OK;
    int status = guarded_read(guarded);
    if (status != SAAE_OK) return status;
    long place = guarded_find_damage(guarded);
    if (place == 0) return SAAE_OK;
    return status_set(SAAE_FAILED, "wrote outside %s %d: byte %ld of %zu", what, number, place,
                      guarded->bytes);
}

/* Between the forms and the pass: keeps the forms as they were made. */
static int keep_forms(struct check *check)
{
    int status = SAAE_OK;
    for (int i = 0; i < check->call.inputs; i++) {
        struct guarded *form = &check->forms[i];
        TRY(check_guards(form, "the form of input", i));
        if (form->bytes > 0) memcpy(guarded_values(form), guarded_result(form), form->bytes);
    }
done:
    return status;
}

/* Reads everything back: guards whole, inputs and their forms as they were. */
static int check_surroundings(struct check *check)
{
    int status = SAAE_OK;
    for (int i = 0; i < check->call.inputs; i++) {
        struct guarded *in = &check->in[i];
        TRY(check_guards(in, "input", i));
        if (memcmp(guarded_values(in), guarded_result(in), in->bytes) != 0) {
            FAIL(SAAE_FAILED, "changed input %d", i);
        }
        struct guarded *form = &check->forms[i];
        TRY(check_guards(form, "the form of input", i));
        if (form->bytes > 0 &&
            memcmp(guarded_values(form), guarded_result(form), form->bytes) != 0) {
            FAIL(SAAE_FAILED, "changed the form of input %d, which other nodes may read", i);
        }
    }
    for (int o = 0; o < check->call.outputs; o++) TRY(check_guards(&check->out[o], "output", o));
    TRY(check_guards(&check->workspace, "workspace", 0));
    TRY(check_guards(&check->left.buffer, "what is left of output", 0));
done:
    return status;
}

static int compare_outputs(struct check *check, bool exact, struct check_result *result)
{
    for (int o = 0; o < check->call.outputs; o++) {
        struct host_comparison worst;
        bool passed = host_compare(&check->host, o, guarded_result(&check->out[o]), &worst);
        if (!(worst.ratio <= result->worst.ratio)) result->worst = worst;
        if (passed) continue;
        struct shape s = check->call.out[o].shape;
        size_t k = worst.element, c = (size_t)s.c, row = c * (size_t)s.w;
        return status_set(
            SAAE_FAILED,
            "output %d, element %zu [%zu][%zu][%zu][%zu]%s: %.9g instead of %.9g, error "
            "%.3g, bound %.3g",
            o, k, k / (row * (size_t)s.h), k / row % (size_t)s.h, k / c % (size_t)s.w, k % c,
            exact ? " of small integers" : "", worst.got, worst.expected, worst.error, worst.bound);
    }
    return SAAE_OK;
}

static int compare_bits(struct check *check, int run)
{
    for (int o = 0; o < check->call.outputs; o++) {
        struct guarded *out = &check->out[o];
        if (run == 0) {
            memcpy(check->first[o], guarded_result(out), out->bytes);
        } else if (memcmp(check->first[o], guarded_result(out), out->bytes) != 0) {
            return status_set(SAAE_FAILED, "output %d: run %d differs from the first in its bits",
                              o, run + 1);
        }
    }
    return SAAE_OK;
}

/* All runs on one set of values. The comparison with the reference comes first: it says more. */
static int run_values(struct check *check, bool exact, const struct check_options *options,
                      struct check_result *result)
{
    int status = SAAE_OK;
    int runs = options->runs > 2 ? options->runs : 2;
    TRY(host_compute(&check->host, exact, options->seed));
    TRY(write_inputs(check));
    for (int run = 0; run < runs; run++) {
        TRY(write_outputs(check, run % 2 ? GUARD_OTHER_POISON : GUARD_POISON));
        TRY(launch_list_run(check->launches, 0, OP_PASS - 1));
        TRY(keep_forms(check));
        TRY(launch_list_run(check->launches, OP_PASS, OP_PASS));
        TRY(device_finish(check->device));
        TRY(check_surroundings(check));
        if (run == 0) TRY(compare_outputs(check, exact, result));
        if (check->way == LEAVING) {
            TRY(left_compare(check->device, &check->left, guarded_result(&check->out[0])));
        }
        TRY(compare_bits(check, run));
    }
done:
    return status;
}

/* Must small integers come out exactly? A factor that float rounds, as 0.2, gives no integers. */
static bool is_exact(const struct op_call *call)
{
    const struct op *op = op_get(call->kind);
    const double slope = call->attributes.slope, rounded = (double)(float)slope;
    return op->exact && !op_algorithm_of(call)->bound && !(slope < rounded || slope > rounded);
}

/* All that an algorithm has to show. */
static int run_algorithm(struct check *check, const struct check_options *options,
                         struct check_result *result)
{
    int status = SAAE_OK;
    const struct op_algorithm *algorithm = op_algorithm_of(&check->call);
    TRY(record_launches(check));
    if (is_exact(&check->call)) TRY(run_values(check, true, options, result));
    TRY(run_values(check, false, options, result));
    if (algorithm->load && !(check->call.accumulate & 1u)) {
        check->way = LOADED;
        TRY(record_launches(check));
        status = run_values(check, false, options, result);
        if (status != SAAE_OK) status = status_prefix(status, "by its load");
    } else if (left_of(&check->call, device_traits(check->device), &check->left)) {
        check->way = LEAVING;
        TRY(guarded_create(&check->left.buffer, check->device, check->left.form.bytes, "left"));
        TRY(record_launches(check));
        TRY(run_values(check, false, options, result));
    }
done:
    return status;
}

int check_run(struct device *device, const struct verify_case *item, int algorithm,
              const struct check_options *options, struct check_result *result)
{
    int status = SAAE_OK;
    struct check check = {.device = device, .item = *item};
    check.item.call.algorithm = algorithm;
    check.call = check.item.call;
    *result = (struct check_result){.worst = {.ratio = -1}};
    TRY(host_create(&check.host, &check.item));
    TRY(create_buffers(&check));
    TRY(run_algorithm(&check, options, result));
done:
    free_check(&check);
    return status;
}
