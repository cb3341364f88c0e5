#include "verify/cases.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

double cases_cost(const struct verify_case *item)
{
    struct op_cost cost = op_cost_of(&item->call);
    return cost.flops + cost.bytes;
}

static bool same_number(double a, double b)
{
    return !(a < b) && !(a > b);
}

static bool same_attributes(const struct op_attributes *a, const struct op_attributes *b)
{
    return a->stride == b->stride && a->filter_h == b->filter_h && a->filter_w == b->filter_w &&
           a->height == b->height && a->width == b->width && a->channels == b->channels &&
           a->offset == b->offset && a->count == b->count && a->training == b->training &&
           same_number(a->slope, b->slope) && same_number(a->eps, b->eps) &&
           same_number(a->momentum, b->momentum) && same_number(a->scale, b->scale) &&
           same_number(a->scale_b, b->scale_b) && same_number(a->beta1, b->beta1) &&
           same_number(a->beta2, b->beta2);
}

static bool same_case(const struct verify_case *a, const struct verify_case *b)
{
    const struct op_call *left = &a->call, *right = &b->call;
    if (left->kind != right->kind || left->inputs != right->inputs) return false;
    if (left->accumulate != right->accumulate) return false;
    for (int i = 0; i < left->inputs; i++) {
        if (!shape_equal(left->in[i].shape, right->in[i].shape)) return false;
        if (a->in_values[i] != b->in_values[i]) return false;
    }
    for (int o = 0; o < left->outputs; o++) {
        if (a->out_values[o] != b->out_values[o]) return false;
    }
    return same_attributes(&left->attributes, &right->attributes);
}

int cases_add(struct case_list *list, const struct verify_case *item)
{
    int status = SAAE_OK;
    struct verify_case made = *item;
    TRY(op_prepare(&made.call, item->call.kind, &item->call.attributes, item->call.in,
                   item->call.inputs));
    made.call.accumulate = item->call.accumulate;
    for (size_t i = 0; i < list->count; i++) {
        if (list->cases[i].call.kind != made.call.kind) continue;
        if (same_case(&list->cases[i], &made)) return SAAE_OK;
        made.number = list->cases[i].number + 1;
    }
    TRY(memory_grow(&list->cases, list->count, &list->capacity, sizeof *list->cases));
    list->cases[list->count++] = made;
done:
    return status;
}

int cases_create(struct case_list *list)
{
    int status = SAAE_OK;
    *list = (struct case_list){0};
    TRY(cases_add_conv2d(list));
    TRY(cases_add_fully_connected(list));
    TRY(cases_add_batch_norm(list));
    TRY(cases_add_elementwise(list));
    TRY(cases_add_layout(list));
    TRY(cases_add_loss(list));
done:
    if (status != SAAE_OK) cases_free(list);
    return status;
}

void cases_free(struct case_list *list)
{
    free(list->cases);
    *list = (struct case_list){0};
}
