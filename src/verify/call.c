#include "verify/call.h"

#include <string.h>

/* The same call for one picture; as it is if that cannot be. */
static struct op_call shorten(const struct op_call *call, const struct device_traits *traits)
{
    const struct op *op = op_get(call->kind);
    struct op_call made;
    struct tensor_type in[OP_MAX_INPUTS];
    memcpy(in, call->in, sizeof in);
    in[0].shape.n = 1;
    if (strcmp(op->pass, "backward_weights") == 0) in[1].shape.n = 1;
    if (op_prepare(&made, call->kind, &call->attributes, in, call->inputs) != SAAE_OK) return *call;
    made.accumulate = call->accumulate;
    made.algorithm = call->algorithm;
    memcpy(made.tuning, call->tuning, sizeof made.tuning);
    const struct op_algorithm *algorithm = op_algorithm_of(&made);
    bool supported = !algorithm->supports || algorithm->supports(&made, traits);
    return supported ? made : *call;
}

int verify_call(struct device *device, const struct op_call *call)
{
    const struct verify_case item = {.call = shorten(call, device_traits(device))};
    const struct check_options options = {.runs = 2};
    struct check_result result;
    return check_run(device, &item, call->algorithm, &options, &result);
}
