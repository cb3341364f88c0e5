#include "ops/infer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int infer_refuse(const struct op_call *call, const char *why, ...)
{
    const struct op *op = op_get(call->kind);
    char reason[256], shapes[512];
    struct op_call inputs = {.kind = call->kind, .inputs = call->inputs};
    memcpy(inputs.in, call->in, sizeof inputs.in);
    op_describe(&inputs, shapes, sizeof shapes);
    char *arrow = strstr(shapes, " ->");
    if (arrow) *arrow = '\0';
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(reason, sizeof reason, why, arguments);
    va_end(arguments);
    return status_set(SAAE_USAGE, "%s.%s: %s (inputs %s)", op->stem, op->pass, reason,
                      call->inputs ? shapes : "none");
}

int infer_check_types(const struct op_call *call, const char *letters)
{
    static const char *const name[] = {
        [DTYPE_F32] = "floats", [DTYPE_I32] = "32-bit integers", [DTYPE_U8] = "bytes"};
    for (int i = 0; i < call->inputs && letters[i]; i++) {
        enum dtype wanted = letters[i] == 'f'   ? DTYPE_F32
                            : letters[i] == 'i' ? DTYPE_I32
                                                : DTYPE_U8;
        if (call->in[i].dtype != wanted) {
            return infer_refuse(call, "input %d must hold %s", i, name[wanted]);
        }
    }
    return SAAE_OK;
}

int infer_check_same_shape(const struct op_call *call, int a, int b)
{
    if (shape_equal(call->in[a].shape, call->in[b].shape)) return SAAE_OK;
    return infer_refuse(call, "inputs %d and %d must have the same shape", a, b);
}

int infer_check_vector(const struct op_call *call, int i, int length)
{
    if (shape_equal(call->in[i].shape, (struct shape){1, 1, 1, length})) return SAAE_OK;
    return infer_refuse(call, "input %d must be 1x1x1x%d", i, length);
}

int infer_check_logits(const struct op_call *call)
{
    struct shape z = call->in[0].shape;
    if (z.h != 1 || z.w != 1) return infer_refuse(call, "logits must be Nx1x1xK");
    if (!shape_equal(call->in[1].shape, (struct shape){z.n, 1, 1, 1})) {
        return infer_refuse(call, "labels must be %dx1x1x1, one for each row of logits", z.n);
    }
    return SAAE_OK;
}

int infer_outputs(struct op_call *call, int count, struct tensor_type type)
{
    call->outputs = count;
    for (int o = 0; o < count; o++) call->out[o] = type;
    return SAAE_OK;
}

int infer_unary(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "f"));
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}

int infer_binary(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(infer_check_same_shape(call, 0, 1));
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}
