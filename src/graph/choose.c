#include "graph/choose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "graph/choose_cache.h"
#include "graph/constants.h"
#include "graph/forms.h"
#include "ops/tuning.h"

static const double usual_budget = 5.0;  /* seconds */
static const double margin = 1.05;       /* usual time / another's time, for the other to win */
static const double news_interval = 3.0; /* seconds between lines of progress */

struct choosing {
    struct device *device;
    const struct device_traits *traits;
    const struct choose_options *options;
    const struct graph *graph;
    int (*versions)[OP_MAX_INPUTS]; /* of the inputs of each node */
    struct constants constants;
    const char *version;
    struct choices made;      /* measured or found for this graph */
    double spent, told;       /* seconds measured; the clock at the last news */
    size_t node, done, count; /* where we are: the node, turns taken and in all */
    int measured, left;       /* calls; left for lack of time */
    bool store_failed;
};

struct choose_options choose_default_options(const char *version)
{
    return (struct choose_options){.budget = usual_budget, .version = version};
}

/* Can the algorithm run the call here? */
static bool supports(const struct choosing *c, const struct op_call *call,
                     const struct op_algorithm *algorithm)
{
    return !algorithm->supports || algorithm->supports(call, c->traits);
}

static bool is_wanted(const struct choosing *c, const struct op_algorithm *algorithm)
{
    return !c->options->exact || op_algorithm_exact(algorithm);
}

/* ---- The caller's list ---- */

static int refuse_given(const struct choosing *c, const char *call, const char *why)
{
    static const char format[] = "%s: the algorithm that was chosen for it earlier %s on %s";
    if (!c->options->lenient) {
        return status_set(SAAE_USAGE, format, call, why, c->traits->name);
    }
    log_warning("%s: the algorithm that was chosen for it earlier %s on %s; another is used", call,
                why, c->traits->name);
    return SAAE_OK;
}

static int use_given(const struct choosing *c, struct op_call *call, const char *text,
                     const char *name)
{
    struct op_call wanted = *call;
    if (tuning_parse(&wanted, name) != SAAE_OK) return refuse_given(c, text, "is not known");
    if (!supports(c, &wanted, op_algorithm_of(&wanted))) {
        return refuse_given(c, text, "cannot run");
    }
    if (!is_wanted(c, op_algorithm_of(&wanted))) {
        return refuse_given(c, text, "is not exact");
    }
    *call = wanted;
    return SAAE_OK;
}

/* ---- Cache and measurement ---- */

/* Says what takes the time: at once, then every few seconds. */
static void tell(struct choosing *c)
{
    double now = clock_seconds();
    if (!c->measured) {
        log_info("measuring which algorithms are the fastest on %s: about %.0f s, longer where a "
                 "library builds its kernels; kept for later runs",
                 c->traits->name, c->options->budget);
    } else if (now - c->told >= news_interval) {
        log_info("measuring algorithms: call %zu of %zu, %.0f s", c->done + 1, c->count, c->spent);
    } else {
        return;
    }
    c->told = now;
}

static int measure(struct choosing *c, struct choose_entry *entry)
{
    choose_function function = c->options->measure ? c->options->measure : choose_measure;
    tell(c);
    double start = clock_seconds();
    int status = function(c->options->context, c->device, entry->call, entry->variants,
                          entry->count, entry->times);
    c->spent += clock_seconds() - start;
    c->measured++;
    return status;
}

static void store(struct choosing *c, const struct choose_entry *entry)
{
    if (choose_cache_store(c->traits, c->version, entry) == SAAE_OK) return;
    if (!c->store_failed) log_warning("measurements are not kept: %s", saae_message());
    c->store_failed = true;
}

/* Times of the call's variants. False: neither kept nor measured. */
static bool look_up(struct choosing *c, struct choose_entry *entry)
{
    char text[CHOICE_TEXT];
    if (choose_cache_find(c->traits, c->version, entry)) return true;
    if (!(c->spent < c->options->budget)) {
        c->left++;
        return false;
    }
    if (measure(c, entry) != SAAE_OK) {
        choices_name_call(entry->call, text);
        log_warning("%s is not measured: %s", text, saae_message());
        return false;
    }
    store(c, entry);
    return true;
}

/* Seconds of a variant, with its share of the forms that others in the graph could use too; those
 * of constants are made once for many runs. */
static double cost_of(const struct choosing *c, const struct choose_entry *entry, int variant)
{
    const struct op_call call = choose_variant_call(entry->call, &entry->variants[variant]);
    const struct choose_time *time = &entry->times[variant];
    double cost = time->pass;
    for (int i = 0; i < call.inputs; i++) {
        struct op_form form;
        if (c->constants.tensors[c->graph->nodes[c->node].in[i]]) continue;
        if (!op_form_of(entry->variants[variant].algorithm, &call, i, c->traits, &form)) continue;
        cost += time->forms[i] /
                forms_count_sharers(c->graph, c->versions, c->traits, c->node, i, &form);
    }
    return cost;
}

/* The call in the fastest way; the usual one unless another is faster by the margin. */
static struct op_call pick(const struct choosing *c, const struct choose_entry *entry)
{
    const struct op *op = op_get(entry->call->kind);
    const struct op_algorithm *usual =
        &op->algorithms[op_usual_algorithm(entry->call, c->traits, c->options->exact)];
    int winner = 0;
    for (int i = entry->count - 1; i > 0; i--) {
        if (entry->variants[i].algorithm == usual) winner = i;
    }
    double best = cost_of(c, entry, winner) / margin;
    for (int i = 0; i < entry->count; i++) {
        double cost = cost_of(c, entry, i);
        if (!isfinite(cost) || !(cost <= best)) continue;
        if (!is_wanted(c, entry->variants[i].algorithm)) continue;
        winner = i;
        best = cost;
    }
    struct op_call call = choose_variant_call(entry->call, &entry->variants[winner]);
    call.algorithm = (int)(entry->variants[winner].algorithm - op->algorithms);
    return call;
}

/* ---- The graph ---- */

static int choose_call(struct choosing *c, struct op_call *call)
{
    const struct choose_options *o = c->options;
    const struct op_call plain = *call; /* entries point at it while call changes */
    char text[CHOICE_TEXT], chosen[TUNING_TEXT];
    struct choose_entry entry;
    int status = SAAE_OK;
    choices_name_call(call, text);
    const char *given = o->given ? choices_find(o->given, text) : NULL;
    if (given) return use_given(c, call, text, given);
    call->algorithm = op_usual_algorithm(call, c->traits, o->exact);
    if (o->by_rule || (c->traits->emulator && !o->measure)) return SAAE_OK;
    given = choices_find(&c->made, text); /* an equal call came before */
    if (given) return use_given(c, call, text, given);
    choose_entry_begin(&entry, &plain, c->traits);
    int ways = 0;
    for (int i = 0; i < entry.count; i++) ways += is_wanted(c, entry.variants[i].algorithm);
    /* one way alone is in the cache where tunings of it were searched for */
    bool known = ways > 1 ? look_up(c, &entry) : choose_cache_find(c->traits, c->version, &entry);
    if (known) *call = pick(c, &entry);
    tuning_print(op_algorithm_of(call), call->tuning, chosen);
    TRY(choices_set(&c->made, text, chosen));
done:
    return status;
}

/* Nodes with a choice, the most expensive first: the time for measuring may end. */
struct turn {
    size_t node;
    double flops;
};

static int by_flops(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    if (x->flops < y->flops || x->flops > y->flops) return x->flops < y->flops ? 1 : -1;
    return (x->node > y->node) - (x->node < y->node);
}

static int take_turns(struct choosing *c, struct graph *graph)
{
    int status = SAAE_OK;
    size_t count = 0;
    struct turn *turns = NULL;
    TRY(memory_allocate(&turns, graph->node_count, sizeof *turns));
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct op_call *call = &graph->nodes[i].call;
        if (!choices_has_several(op_get(call->kind))) continue;
        turns[count++] = (struct turn){i, op_cost_of(call).flops};
    }
    qsort(turns, count, sizeof *turns, by_flops);
    for (size_t i = 0; i < count; i++) {
        c->node = turns[i].node;
        c->done = i;
        c->count = count;
        TRY(choose_call(c, &graph->nodes[c->node].call));
    }
done:
    free(turns);
    return status;
}

int choose_algorithms(struct graph *graph, struct device *device,
                      const struct choose_options *options)
{
    int status = SAAE_OK;
    struct choosing c = {.device = device, .options = options, .graph = graph};
    for (size_t i = 0; i < graph->node_count; i++) {
        struct op_call *call = &graph->nodes[i].call;
        call->algorithm = 0;
        memset(call->tuning, 0, sizeof call->tuning);
    }
    if (!device || !options) return SAAE_OK;
    c.traits = device_traits(device);
    c.version = options->version ? options->version : "";
    if (options->spent) c.spent = *options->spent;
    TRY(forms_count_writes(graph, &c.versions));
    TRY(constants_find(&c.constants, graph));
    TRY(take_turns(&c, graph));
    if (options->spent) *options->spent = c.spent;
    if (c.left && options->budget > 0.0) {
        log_info("%d calls were not measured in %.0f s and run as is usual on such devices; the "
                 "next start goes on",
                 c.left, c.spent);
    }
done:
    choices_free(&c.made);
    free(c.versions);
    constants_free(&c.constants);
    return status;
}
