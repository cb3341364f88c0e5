#include "graph/choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "graph/choose_cache.h"
#include "graph/forms.h"

static const double usual_budget = 10.0; /* seconds a graph */
static const double margin = 1.05;       /* plain time / another's time, for the other to win */
static const double screen_ratio = 2.0;  /* a library's time / plain time on the first product */
static const double news_interval = 3.0; /* seconds between lines of progress */

/* What takes seconds to build and rarely wins on a CPU. */
static const char library[] = "clblast";

struct choosing {
    struct device *device;
    const struct device_traits *traits;
    const struct choose_options *options;
    const struct graph *graph;
    int (*versions)[OP_MAX_INPUTS]; /* of the inputs of each node */
    const char *version;
    struct choices made;                  /* measured or found for this graph */
    enum { UNKNOWN, TRIED, LEFT } screen; /* the library on this CPU */
    double spent, told;                   /* seconds measured; the clock at the last news */
    size_t node;                          /* where we are */
    int measured, left;                   /* calls; left for lack of time */
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
    const struct op *op = op_get(call->kind);
    for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
        if (strcmp(op->algorithms[a].name, name) != 0) continue;
        if (!supports(c, call, &op->algorithms[a])) {
            return refuse_given(c, text, "cannot run");
        }
        call->algorithm = a;
        return SAAE_OK;
    }
    return refuse_given(c, text, "is not known");
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
        log_info("measuring algorithms: node %zu of %zu, %.0f s", c->node + 1, c->graph->node_count,
                 c->spent);
    } else {
        return;
    }
    c->told = now;
}

static int measure(struct choosing *c, const struct op_call *call, struct choose_entry *entry)
{
    choose_function function = c->options->measure ? c->options->measure : choose_measure;
    tell(c);
    double start = clock_seconds();
    int status = function(c->options->context, c->device, call, entry->candidates, entry->count,
                          entry->times);
    c->spent += clock_seconds() - start;
    c->measured++;
    return status;
}

static void store(struct choosing *c, const char *text, const struct choose_entry *entry)
{
    if (choose_cache_store(c->traits, c->version, text, entry) == SAAE_OK) return;
    if (!c->store_failed) log_warning("measurements are not kept: %s", saae_message());
    c->store_failed = true;
}

/* Times of the call's candidates. False: neither kept nor measured. */
static bool look_up(struct choosing *c, const struct op_call *call, const char *text,
                    struct choose_entry *entry)
{
    if (choose_cache_find(c->traits, c->version, text, entry)) return true;
    if (!(c->spent < c->options->budget)) {
        c->left++;
        return false;
    }
    if (measure(c, call, entry) != SAAE_OK) {
        log_warning("%s is not measured: %s", text, saae_message());
        return false;
    }
    store(c, text, entry);
    return true;
}

static int fill_candidates(const struct choosing *c, const struct op_call *call,
                           struct choose_entry *entry)
{
    const struct op *op = op_get(call->kind);
    *entry = (struct choose_entry){.inputs = call->inputs};
    for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
        const struct op_algorithm *algorithm = &op->algorithms[a];
        if (a && !supports(c, call, algorithm)) continue;
        if (c->screen == LEFT && strcmp(algorithm->name, library) == 0) continue;
        entry->candidates[entry->count++] = algorithm;
    }
    return entry->count;
}

/* Seconds of a candidate, with its share of the forms that others in the graph could use too. */
static double cost_of(const struct choosing *c, const struct choose_entry *entry, int candidate)
{
    const struct op_call *call = &c->graph->nodes[c->node].call;
    const struct choose_time *time = &entry->times[candidate];
    double cost = time->pass;
    for (int i = 0; i < call->inputs; i++) {
        struct op_form form;
        if (!op_form_of(entry->candidates[candidate], call, i, c->traits, &form)) continue;
        cost += time->forms[i] /
                forms_count_sharers(c->graph, c->versions, c->traits, c->node, i, &form);
    }
    return cost;
}

static const struct op_algorithm *pick(const struct choosing *c, const struct choose_entry *entry)
{
    int winner = 0;
    double best = cost_of(c, entry, 0) / margin;
    for (int i = 1; i < entry->count; i++) {
        double cost = cost_of(c, entry, i);
        if (!(cost <= best)) continue;
        winner = i;
        best = cost;
    }
    return entry->candidates[winner];
}

/* One product that stands for all, on a CPU: is the library worth trying there? */
static int screen_library(struct choosing *c)
{
    const struct tensor_type types[] = {tensor_f32(64, 1, 1, 1024), tensor_f32(1, 1, 1024, 512)};
    char text[CHOICE_TEXT];
    struct op_call call;
    struct choose_entry entry;
    int status = SAAE_OK;
    TRY(op_prepare(&call, OP_fully_connected_forward, NULL, types, 2));
    choices_name_call(&call, text);
    fill_candidates(c, &call, &entry);
    c->screen = LEFT;
    if (entry.count < 2 || !look_up(c, &call, text, &entry)) goto done;
    for (int i = 1; i < entry.count; i++) {
        if (strcmp(entry.candidates[i]->name, library) != 0) continue;
        if (entry.times[i].pass <= screen_ratio * entry.times[0].pass) c->screen = TRIED;
    }
done:
    return status;
}

/* ---- The graph ---- */

static int choose_call(struct choosing *c, struct op_call *call)
{
    const struct op *op = op_get(call->kind);
    const struct choose_options *o = c->options;
    char text[CHOICE_TEXT];
    struct choose_entry entry;
    int status = SAAE_OK;
    choices_name_call(call, text);
    const char *given = o->given ? choices_find(o->given, text) : NULL;
    if (given) return use_given(c, call, text, given);
    if (o->plain || (c->traits->emulator && !o->measure)) return SAAE_OK;
    if (fill_candidates(c, call, &entry) < 2) return SAAE_OK;
    given = choices_find(&c->made, text); /* an equal call came before */
    if (given) return use_given(c, call, text, given);
    if (c->traits->cpu && c->screen == UNKNOWN) {
        TRY(screen_library(c));
        if (fill_candidates(c, call, &entry) < 2) goto done;
    }
    if (look_up(c, call, text, &entry)) {
        call->algorithm = (int)(pick(c, &entry) - op->algorithms);
    }
    TRY(choices_set(&c->made, text, op->algorithms[call->algorithm].name));
done:
    return status;
}

int choose_algorithms(struct graph *graph, struct device *device,
                      const struct choose_options *options)
{
    int status = SAAE_OK;
    struct choosing c = {.device = device, .options = options, .graph = graph};
    for (size_t i = 0; i < graph->node_count; i++) graph->nodes[i].call.algorithm = 0;
    if (!device || !options) return SAAE_OK;
    c.traits = device_traits(device);
    c.version = options->version ? options->version : "";
    TRY(forms_count_writes(graph, &c.versions));
    for (; c.node < graph->node_count; c.node++) {
        struct op_call *call = &graph->nodes[c.node].call;
        if (choices_has_several(op_get(call->kind))) TRY(choose_call(&c, call));
    }
    if (c.left && options->budget > 0.0) {
        log_info("%d calls were not measured in %.0f s and run by the plain algorithm; the next "
                 "start goes on",
                 c.left, c.spent);
    }
done:
    choices_free(&c.made);
    free(c.versions);
    return status;
}
