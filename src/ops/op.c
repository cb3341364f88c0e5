#include "ops/op.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct op *const table[OP_COUNT] = {
#define STEM(stem, passes) passes
#define PASS(stem, pass)   [OP_##stem##_##pass] = &op_##stem##_##pass,
#include "ops/ops.def"
#undef PASS
#undef STEM
};

const struct op *op_get(enum op_kind kind)
{
    return table[kind];
}

const struct op *op_find(const char *name)
{
    for (int kind = 0; kind < OP_COUNT; kind++) {
        const struct op *op = table[kind];
        size_t length = strlen(op->stem);
        if (strncmp(name, op->stem, length) != 0) continue;
        if (name[length] == '\0') return op;
        if (name[length] == '.' && strcmp(name + length + 1, op->pass) == 0) return op;
    }
    return NULL;
}

/* Dimensions are ints in kernels and reference loops, so a row must be countable by one. */
static int check_input(const struct op *op, int number, const struct shape s)
{
    size_t row = (size_t)INT_MAX + 1;
    if (s.n > 0 && s.h > 0 && s.w > 0 && s.c > 0) {
        row = (size_t)s.h * (size_t)s.w;
        row = row > INT_MAX ? row : row * (size_t)s.c;
    }
    if (row <= INT_MAX) return SAAE_OK;
    return status_set(SAAE_USAGE,
                      "%s.%s: input %d is %dx%dx%dx%d; every dimension must be at least 1 and a "
                      "row at most %d elements",
                      op->stem, op->pass, number, s.n, s.h, s.w, s.c, INT_MAX);
}

int op_prepare(struct op_call *call, enum op_kind kind, const struct op_attributes *attributes,
               const struct tensor_type *in, int inputs)
{
    const struct op *op = table[kind];
    if (inputs < op->min_inputs || inputs > op->max_inputs) {
        return status_set(SAAE_USAGE, "%s.%s: %d inputs, it takes %d to %d", op->stem, op->pass,
                          inputs, op->min_inputs, op->max_inputs);
    }
    for (int i = 0; i < inputs; i++) {
        int status = check_input(op, i, in[i].shape);
        if (status != SAAE_OK) return status;
    }
    *call = (struct op_call){.kind = kind, .inputs = inputs};
    if (attributes) call->attributes = *attributes;
    for (int i = 0; i < inputs; i++) call->in[i] = in[i];
    return op->infer(call);
}

struct op_cost op_cost_of(const struct op_call *call)
{
    struct op_cost cost = {0};
    const struct op *op = table[call->kind];
    if (op->cost) {
        op->cost(call, &cost);
        return cost;
    }
    for (int i = 0; i < call->inputs; i++) cost.bytes += (double)tensor_bytes(call->in[i]);
    for (int o = 0; o < call->outputs; o++) cost.bytes += (double)tensor_bytes(call->out[o]);
    return cost;
}

const struct op_algorithm *op_algorithm_of(const struct op_call *call)
{
    return &table[call->kind]->algorithms[call->algorithm];
}

double op_flops_done(const struct op_call *call)
{
    const struct op_algorithm *algorithm = op_algorithm_of(call);
    return algorithm->flops ? algorithm->flops(call) : op_cost_of(call).flops;
}

double op_reduction_of(const struct op_call *call)
{
    const struct op *op = table[call->kind];
    return op->reduction ? op->reduction(call) : 1.0;
}

bool op_algorithm_exact(const struct op_algorithm *algorithm)
{
    return !algorithm->bound; /* one that adds up other terms has a bound of its own */
}

int op_usual_algorithm(const struct op_call *call, const struct device_traits *traits, bool exact)
{
    const struct op_algorithm *algorithms = table[call->kind]->algorithms;
    int usual = 0;
    for (int a = 1; a < OP_MAX_ALGORITHMS && algorithms[a].name && !traits->emulator; a++) {
        const struct op_algorithm *algorithm = &algorithms[a];
        bool supported = !algorithm->supports || algorithm->supports(call, traits);
        if (exact && !op_algorithm_exact(algorithm)) continue;
        if (supported && algorithm->preferred && algorithm->preferred(call, traits)) usual = a;
    }
    return usual;
}

size_t op_workspace_of(const struct op_call *call, const struct device_traits *traits)
{
    const struct op_algorithm *algorithm = op_algorithm_of(call);
    return algorithm->workspace ? algorithm->workspace(call, traits) : 0;
}

bool op_form_of(const struct op_algorithm *algorithm, const struct op_call *call, int input,
                const struct device_traits *traits, struct op_form *form)
{
    *form = (struct op_form){0};
    if (algorithm->form) algorithm->form(call, input, traits, form);
    return form->bytes > 0;
}

bool op_form_equal(const struct op_form *a, const struct op_form *b)
{
    return a->launch == b->launch && a->bytes == b->bytes &&
           memcmp(a->parameters, b->parameters, sizeof a->parameters) == 0;
}

int op_record(const struct op_algorithm *algorithm, const struct op_call *call,
              const struct op_buffers *buffers, struct buffer *const forms[OP_MAX_INPUTS],
              struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    struct op_buffers ready = *buffers;
    struct op_form form;
    for (int i = 0; i < call->inputs; i++) {
        if (!op_form_of(algorithm, call, i, traits, &form)) continue;
        ready.in[i] = forms[i];
        launch_list_owner(list, i, form.name);
        TRY(form.launch(&form, buffers->in[i], forms[i], list));
    }
    launch_list_owner(list, OP_PASS, table[call->kind]->stem);
    TRY(algorithm->launch(call, &ready, list));
done:
    return status;
}

struct text {
    char *at;
    size_t room;
};

static void append(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
static void append(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(text->at, text->room, format, arguments);
    va_end(arguments);
    size_t step = used < 0 ? 0 : (size_t)used;
    if (step >= text->room) step = text->room ? text->room - 1 : 0;
    text->at += step;
    text->room -= step;
}

static void append_types(struct text *text, const struct tensor_type *types, int count)
{
    static const char *const suffix[] = {
        [DTYPE_F32] = "", [DTYPE_I32] = " i32", [DTYPE_U8] = " u8"};
    for (int i = 0; i < count; i++) {
        struct shape s = types[i].shape;
        append(text, "%s%dx%dx%dx%d%s", i ? "," : "", s.n, s.h, s.w, s.c, suffix[types[i].dtype]);
    }
}

void op_describe(const struct op_call *call, char *text, size_t size)
{
    const struct op_attributes *a = &call->attributes;
    struct text line = {text, size};
    if (size) *text = '\0';
    append_types(&line, call->in, call->inputs);
    append(&line, call->inputs ? " -> " : "-> ");
    append_types(&line, call->out, call->outputs);
    if (a->stride > 1) append(&line, " stride %d", a->stride);
    if (a->offset > 0) append(&line, " offset %d", a->offset);
    if (a->count > 0) append(&line, " count %d", a->count);
    if (a->training) append(&line, " training");
    if (a->slope > 0) append(&line, " slope %g", a->slope);
    if (a->scale < 0 || a->scale > 0) append(&line, " scale %g", a->scale);
    if (call->accumulate) append(&line, " accumulate %u", call->accumulate);
}
