#include "graph/tune.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "graph/choose_cache.h"

static const double close_behind = 1.25; /* times slower: the next algorithm is tuned too */
static const double worth = 1.03;        /* time without / time with a tuning, to keep it */

/* A call whose tunings are searched for. */
struct search {
    struct device *device;
    const struct device_traits *traits;
    const struct tune_options *options;
    double end; /* of the budget, on the clock */
    struct tune_row *row;
    size_t done, count;
    struct choose_entry entry;
};

/* ---- Rows ---- */

void tune_free(struct tune *tune)
{
    free(tune->rows);
    *tune = (struct tune){0};
}

static struct tune_row *find_row(const struct tune *tune, const char *text)
{
    char name[CHOICE_TEXT];
    for (size_t i = 0; i < tune->count; i++) {
        choices_name_call(&tune->rows[i].call, name);
        if (strcmp(name, text) == 0) return &tune->rows[i];
    }
    return NULL;
}

int tune_add_graph(struct tune *tune, const struct graph *graph)
{
    int status = SAAE_OK;
    char text[CHOICE_TEXT];
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct op_call *call = &graph->nodes[i].call;
        if (!choices_has_several(op_get(call->kind))) continue;
        choices_name_call(call, text);
        struct tune_row *row = find_row(tune, text);
        if (!row) {
            TRY(memory_grow(&tune->rows, tune->count, &tune->capacity, sizeof *tune->rows));
            row = &tune->rows[tune->count++];
            *row = (struct tune_row){.call = *call};
        }
        row->uses++;
    }
done:
    return status;
}

static double cost_of(const struct choose_time *time)
{
    double cost = time->pass;
    for (int i = 0; i < OP_MAX_INPUTS; i++) cost += 0.5 * time->forms[i];
    return cost;
}

/* The fastest of the entry's variants, or of those of one algorithm. */
static int fastest(const struct choose_entry *entry, const struct op_algorithm *of)
{
    int best = -1;
    for (int v = 0; v < entry->count; v++) {
        if (of && entry->variants[v].algorithm != of) continue;
        if (best < 0 || cost_of(&entry->times[v]) < cost_of(&entry->times[best])) best = v;
    }
    return best;
}

static void fill_row(struct tune_row *row, const struct choose_entry *entry,
                     const struct device_traits *traits)
{
    const struct op *op = op_get(row->call.kind);
    const struct op_algorithm *usual =
        &op->algorithms[op_usual_algorithm(&row->call, traits, false)];
    const int best = fastest(entry, NULL);
    const struct choose_variant *chosen = &entry->variants[best];
    for (int v = 0; v < entry->count; v++) {
        if (entry->variants[v].algorithm != usual) continue;
        row->usual_seconds = cost_of(&entry->times[v]);
        break; /* the first one is without tuning */
    }
    row->seconds = cost_of(&entry->times[best]);
    row->tuned = entry->tuned;
    tuning_print(usual, (const int[OP_MAX_TUNABLES]){0}, row->usual);
    tuning_print(chosen->algorithm, chosen->tuning, row->chosen);
}

static bool find_entry(const struct search *s, const struct op_call *call,
                       struct choose_entry *entry)
{
    choose_entry_begin(entry, call, s->traits);
    return choose_cache_find(s->traits, s->options->version, entry);
}

/* ---- The search ---- */

static int race(struct search *s, const struct choose_variant *variants, int count,
                struct choose_time *times)
{
    const struct tune_options *o = s->options;
    choose_function function = o->measure ? o->measure : choose_measure;
    if (o->progress) {
        o->progress(o->context, s->row, s->done, s->count, fmax(s->end - clock_seconds(), 0.0));
    }
    return function(o->measure_context, s->device, s->entry.call, variants, count, times);
}

/* The values that are in force with a variant. */
static void resolve(const struct search *s, const struct choose_variant *variant,
                    int values[OP_MAX_TUNABLES])
{
    struct op_call call = choose_variant_call(s->entry.call, variant);
    call.algorithm = (int)(variant->algorithm - op_get(call.kind)->algorithms);
    tuning_resolve(&call, s->traits, values);
}

/* Variants of the best one (the first) that differ in tunable t, from the tried value number *next
 * on, each different from the others in what is in force. Returns how many there are. */
static int list_variants(const struct search *s, int t, int *next,
                         struct choose_variant variants[CHOOSE_MOST])
{
    assert(variants[0].algorithm);
    const int *tried = variants[0].algorithm->tunables[t].tried;
    int values[CHOOSE_MOST][OP_MAX_TUNABLES], count = 1;
    resolve(s, &variants[0], values[0]);
    for (; tried[*next] && count < CHOOSE_MOST; ++*next) {
        bool known = false;
        variants[count] = variants[0];
        variants[count].tuning[t] = tried[*next];
        resolve(s, &variants[count], values[count]);
        variants[count].tuning[t] = values[count][t];
        for (int v = 0; v < count; v++) {
            known |= memcmp(values[v], values[count], sizeof values[v]) == 0;
        }
        count += !known;
    }
    return count;
}

/* Tries the values of one tunable; *best moves to a better one. */
static int try_tunable(struct search *s, int t, struct choose_variant *best, bool *moved)
{
    int status = SAAE_OK, next = 0;
    const int *tried = best->algorithm->tunables[t].tried;
    while (tried[next] && clock_seconds() < s->end) {
        struct choose_variant variants[CHOOSE_MOST] = {*best};
        struct choose_time times[CHOOSE_MOST];
        const int count = list_variants(s, t, &next, variants);
        int winner = 0;
        if (count < 2) break;
        TRY(race(s, variants, count, times));
        for (int v = 1; v < count; v++) {
            double limit = cost_of(&times[winner]) / (winner ? 1.0 : worth);
            if (cost_of(&times[v]) <= limit) winner = v;
        }
        *moved |= winner > 0;
        *best = variants[winner];
    }
done:
    return status;
}

/* Takes away what the formula gives by itself. */
static void simplify(const struct search *s, struct choose_variant *variant)
{
    int values[OP_MAX_TUNABLES], without[OP_MAX_TUNABLES];
    resolve(s, variant, values);
    for (int t = 0; t < OP_MAX_TUNABLES; t++) {
        const int given = variant->tuning[t];
        variant->tuning[t] = 0;
        resolve(s, variant, without);
        if (memcmp(values, without, sizeof values) != 0) variant->tuning[t] = given;
    }
}

static bool is_tuned(const struct choose_variant *variant)
{
    for (int t = 0; t < OP_MAX_TUNABLES; t++) {
        if (variant->tuning[t]) return true;
    }
    return false;
}

/* Adds the best tuning of an algorithm to the entry, if there is a better one than none. */
static int tune_algorithm(struct search *s, const struct op_algorithm *algorithm)
{
    enum { ROUNDS = 2 };
    int status = SAAE_OK;
    bool moved = true;
    struct choose_variant best = {.algorithm = algorithm};
    for (int round = 0; round < ROUNDS && moved; round++) {
        moved = false;
        for (int t = 0; t < tuning_count(algorithm); t++) TRY(try_tunable(s, t, &best, &moved));
    }
    simplify(s, &best);
    if (is_tuned(&best) && s->entry.count < CHOOSE_MOST) {
        s->entry.variants[s->entry.count++] = best;
    }
done:
    return status;
}

/* Is the tuning faster than the same algorithm without, which comes before it? */
static bool is_faster(const struct choose_entry *entry, int v)
{
    int u = 0;
    while (entry->variants[u].algorithm != entry->variants[v].algorithm) u++;
    return cost_of(&entry->times[v]) <= cost_of(&entry->times[u]) / worth;
}

static bool is_right(const struct search *s, int v)
{
    const struct tune_options *o = s->options;
    const struct choose_variant *variant = &s->entry.variants[v];
    struct op_call call = choose_variant_call(s->entry.call, variant);
    call.algorithm = (int)(variant->algorithm - op_get(call.kind)->algorithms);
    if (!o->check || o->check(o->context, s->device, &call) == SAAE_OK) return true;
    char text[TUNING_TEXT];
    tuning_print(variant->algorithm, variant->tuning, text);
    log_warning("'%s' is not used: %s", text, saae_message());
    return false;
}

/* All variants meet, and once more as long as a tuning is left that was faster each time: the best
 * of many values is often the one that a disturbance favoured. */
static int decide(struct search *s)
{
    enum { MEETINGS = 3 };
    int status = SAAE_OK;
    struct choose_entry *entry = &s->entry;
    for (int meeting = 0; meeting < MEETINGS; meeting++) {
        if (!is_tuned(&entry->variants[entry->count - 1])) break;
        TRY(race(s, entry->variants, entry->count, entry->times));
        int kept = 0;
        for (int v = 0; v < entry->count; v++) {
            bool last = meeting == MEETINGS - 1;
            bool holds = is_faster(entry, v) && (!last || is_right(s, v));
            if (is_tuned(&entry->variants[v]) && !holds) continue;
            entry->variants[kept] = entry->variants[v];
            entry->times[kept++] = entry->times[v];
        }
        entry->count = kept;
    }
done:
    return status;
}

static int tune_row(struct search *s)
{
    int status = SAAE_OK;
    struct choose_entry *entry = &s->entry;
    if (entry->tuned) return SAAE_OK;
    const int algorithms = entry->count;
    const double best = cost_of(&entry->times[fastest(entry, NULL)]);
    for (int a = 0; a < algorithms; a++) {
        if (!(cost_of(&entry->times[a]) <= close_behind * best)) continue;
        TRY(tune_algorithm(s, entry->variants[a].algorithm));
    }
    if (!(clock_seconds() < s->end)) goto done; /* begun, not ended: another time */
    TRY(decide(s));
    entry->tuned = true;
    TRY(choose_cache_store(s->traits, s->options->version, entry));
done:
    return status;
}

static int by_time(const void *a, const void *b)
{
    const struct tune_row *x = a, *y = b;
    double left = x->uses * x->seconds, right = y->uses * y->seconds;
    return (left < right) - (left > right);
}

/* The times of the call's algorithms: kept, or measured where there was no choice between them. */
static bool measure_row(struct search *s)
{
    struct choose_entry *entry = &s->entry;
    if (find_entry(s, &s->row->call, entry)) return true;
    if (!(clock_seconds() < s->end)) return false;
    if (race(s, entry->variants, entry->count, entry->times) == SAAE_OK &&
        choose_cache_store(s->traits, s->options->version, entry) == SAAE_OK) {
        return true;
    }
    log_warning("%s is not measured: %s", op_get(s->row->call.kind)->stem, saae_message());
    return false;
}

int tune_run(struct tune *tune, struct device *device, const struct tune_options *options)
{
    int status = SAAE_OK;
    struct search s = {.device = device,
                       .traits = device_traits(device),
                       .options = options,
                       .end = clock_seconds() + options->budget,
                       .count = tune->count};
    if (!device_cache_folder()[0]) {
        FAIL(SAAE_USAGE, "there is no cache folder to keep tunings in: set SAAE_CACHE_DIR");
    }
    for (size_t i = 0; i < tune->count; i++) {
        s.row = &tune->rows[i];
        if (measure_row(&s)) fill_row(s.row, &s.entry, s.traits);
    }
    if (tune->count) qsort(tune->rows, tune->count, sizeof *tune->rows, by_time);
    for (; s.done < tune->count && clock_seconds() < s.end; s.done++) {
        s.row = &tune->rows[s.done];
        if (!find_entry(&s, &s.row->call, &s.entry)) continue;
        if (tune_row(&s) != SAAE_OK) {
            log_warning("%s is not tuned: %s", op_get(s.row->call.kind)->stem, saae_message());
            continue;
        }
        if (s.entry.tuned) fill_row(s.row, &s.entry, s.traits);
    }
done:
    return status;
}
