#include "verify/self_test.h"

#include <string.h>

#include "verify/cases.h"
#include "verify/check.h"

/* The most expensive case below this cost stands for its pass: large enough for several tiles,
 * small enough for the reference to take a millisecond. */
static const double largest_cost = 3e5;

static bool wanted(enum self_test_scope scope, const struct op *op)
{
    if (scope == SELF_TEST_TRAINING) return true;
    bool loss = strstr(op->stem, "error") || strstr(op->stem, "entropy");
    return !loss && (strcmp(op->pass, "forward") == 0 || strcmp(op->pass, "apply") == 0) &&
           strcmp(op->stem, "adam") != 0 && strcmp(op->stem, "accuracy") != 0;
}

/* Are the channels whole vectors on every device? Then the work that begins has such programs too:
 * no others need to be built, and what is tested is what will run. */
static bool has_whole_vectors(const struct verify_case *item)
{
    return item->call.inputs == 0 || item->call.in[0].shape.c % 16 == 0;
}

static const struct verify_case *choose(const struct case_list *list, enum op_kind kind)
{
    const struct verify_case *best = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct verify_case *item = &list->cases[i];
        double cost = cases_cost(item);
        if (item->call.kind != kind || item->full || cost > largest_cost) continue;
        int whole = has_whole_vectors(item) - (best && has_whole_vectors(best));
        if (!best || whole > 0 || (whole == 0 && cost > cases_cost(best))) best = item;
    }
    return best;
}

static int run_case(struct device *device, const struct verify_case *item)
{
    const struct op *op = op_get(item->call.kind);
    struct check_options options = {.runs = 2};
    struct check_result result;
    int status = check_run(device, item, 0, &options, &result);
    if (status == SAAE_OK) return status;
    return status_prefix(status,
                         "self-test of device %s: %s.%s (repeat: saae verify --device %s "
                         "--op %s.%s --case %d)",
                         device_traits(device)->id, op->stem, op->pass, device_traits(device)->id,
                         op->stem, op->pass, item->number);
}

int self_test_run(struct device *device, enum self_test_scope scope)
{
    struct case_list list = {0};
    int status = cases_create(&list);
    for (int kind = 0; kind < OP_COUNT && status == SAAE_OK; kind++) {
        if (!wanted(scope, op_get((enum op_kind)kind))) continue;
        const struct verify_case *item = choose(&list, (enum op_kind)kind);
        if (item) status = run_case(device, item);
    }
    cases_free(&list);
    return status;
}
