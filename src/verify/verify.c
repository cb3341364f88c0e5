#include "verify/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

/* One case with one algorithm. */
struct job {
    const struct verify_case *item;
    int algorithm;
    double cost;
};

struct job_list {
    struct job *jobs;
    size_t count, capacity;
};

static bool matches_op(const char *wanted, const struct op *op)
{
    if (!wanted) return true;
    size_t length = strlen(op->stem);
    if (strncmp(wanted, op->stem, length) != 0) return false;
    if (wanted[length] == '\0') return true;
    return wanted[length] == '.' && strcmp(wanted + length + 1, op->pass) == 0;
}

/* A number, or the whole description. */
static bool matches_case(const char *wanted, const struct verify_case *item)
{
    char text[256], *end = NULL;
    if (!wanted) return true;
    long number = strtol(wanted, &end, 10);
    if (*end == '\0') return number == item->number;
    op_describe(&item->call, text, sizeof text);
    return strcmp(wanted, text) == 0;
}

/* Jobs in order of cost, then of the list: with a budget the cheap ones get done. */
static int compare_jobs(const void *left, const void *right)
{
    const struct job *a = left, *b = right;
    if (a->cost < b->cost || a->cost > b->cost) return a->cost < b->cost ? -1 : 1;
    if (a->item != b->item) return a->item < b->item ? -1 : 1;
    return a->algorithm - b->algorithm;
}

static int add_jobs(struct job_list *list, const struct device *device,
                    const struct verify_case *item)
{
    int status = SAAE_OK;
    const struct op *op = op_get(item->call.kind);
    for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
        struct op_call call = item->call;
        call.algorithm = a;
        const struct op_algorithm *algorithm = &op->algorithms[a];
        if (algorithm->supports && !algorithm->supports(&call, device_traits(device))) continue;
        TRY(memory_grow(&list->jobs, list->count, &list->capacity, sizeof *list->jobs));
        list->jobs[list->count++] = (struct job){item, a, cases_cost(item)};
    }
done:
    return status;
}

/* A case that is asked for by name runs whether it needs --full or not, so that the command that
 * repeats a failure is the same for both. */
static int select_jobs(struct job_list *list, const struct device *device,
                       const struct case_list *cases, const struct verify_options *options)
{
    int status = SAAE_OK;
    bool known = false;
    for (size_t i = 0; i < cases->count; i++) {
        const struct verify_case *item = &cases->cases[i];
        if (!matches_op(options->op, op_get(item->call.kind))) continue;
        known = true;
        if (!matches_case(options->which, item)) continue;
        if (item->full && !options->full && !options->which) continue;
        TRY(add_jobs(list, device, item));
    }
    if (!known) {
        FAIL(SAAE_USAGE,
             "no op '%s'; src/ops/ops.def lists them, as in 'conv2d' for all passes "
             "or 'conv2d.forward' for one",
             options->op);
    }
    if (list->count == 0) {
        FAIL(SAAE_USAGE, "no case '%s'; leave --case out to see them all with --verbose",
             options->which ? options->which : "");
    }
    qsort(list->jobs, list->count, sizeof *list->jobs, compare_jobs);
done:
    return status;
}

/* Predicts what a case will take from the last one that took long enough to time. */
struct pace {
    double start, budget, seconds_per_cost;
};

static bool within_budget(const struct pace *pace, const struct job *job)
{
    if (!(pace->budget > 0)) return true;
    double expected = pace->seconds_per_cost * job->cost;
    return clock_seconds() - pace->start + expected <= pace->budget;
}

static void learn_pace(struct pace *pace, const struct job *job, double seconds)
{
    if (seconds > 0.01) pace->seconds_per_cost = seconds / job->cost;
}

static void write_repeat(char *text, size_t size, const struct device *device,
                         const struct job *job, const struct verify_options *options)
{
    const struct op *op = op_get(job->item->call.kind);
    char seed[32] = "", width[32] = "";
    if (options->seed != 0) {
        snprintf(seed, sizeof seed, " --seed %llu", (unsigned long long)options->seed);
    }
    if (options->vector_width != 0)
        snprintf(width, sizeof width, " --vector-width %d", options->vector_width);
    snprintf(text, size, "saae verify --device %s --op %s.%s --case %d%s%s%s%s",
             device_traits(device)->id, op->stem, op->pass, job->item->number, seed,
             options->runs > 2 ? " --repeat" : "", options->as_gpu ? " --as-gpu" : "", width);
}

static void count(struct verify_tally *tally, const struct verify_line *line)
{
    tally->cases++;
    tally->passed += line->outcome == VERIFY_PASSED;
    tally->failed += line->outcome == VERIFY_FAILED;
    tally->skipped += line->outcome == VERIFY_SKIPPED;
    bool passed = line->outcome == VERIFY_PASSED;
    if (passed && line->ratio > tally->worst) tally->worst = line->ratio;
}

/* Runs or skips one job and fills the rest of its line. `why` is room for the reason. */
static void run_job(struct device *device, const struct job *job,
                    const struct verify_options *options, struct pace *pace,
                    struct verify_line *line, char *why, size_t why_size)
{
    struct check_options how = {.seed = options->seed, .runs = options->runs};
    struct check_result result = {.worst = {.ratio = -1}};
    size_t needed = 0;
    double start = clock_seconds();
    line->outcome = VERIFY_SKIPPED;
    if (!within_budget(pace, job)) {
        snprintf(why, why_size, "left out: the time of %g s is used up", options->budget_seconds);
    } else if (!check_fits(device, job->item, job->algorithm, &needed)) {
        snprintf(why, why_size, "needs %zu bytes, more than the device has", needed);
    } else {
        int status = check_run(device, job->item, job->algorithm, &how, &result);
        line->outcome = status == SAAE_OK ? VERIFY_PASSED : VERIFY_FAILED;
        if (status != SAAE_OK) snprintf(why, why_size, "%s", saae_message());
        line->seconds = clock_seconds() - start;
        learn_pace(pace, job, line->seconds);
    }
    line->error = result.worst.error;
    line->bound = result.worst.bound;
    line->ratio = result.worst.ratio;
}

static void run_jobs(struct device *device, const struct job_list *list,
                     const struct verify_options *options, struct verify_summary *summary)
{
    struct pace pace = {clock_seconds(), options->budget_seconds, 0};
    for (size_t i = 0; i < list->count; i++) {
        const struct job *job = &list->jobs[i];
        enum op_kind kind = job->item->call.kind;
        char description[256], repeat[256], why[1024] = "";
        struct verify_line line = {
            .item = job->item,
            .algorithm = op_get(kind)->algorithms[job->algorithm].name,
            .description = description,
            .why = why,
            .repeat = repeat,
            .done = i + 1,
            .planned = list->count,
        };
        op_describe(&job->item->call, description, sizeof description);
        write_repeat(repeat, sizeof repeat, device, job, options);
        run_job(device, job, options, &pace, &line, why, sizeof why);
        count(&summary->all, &line);
        count(&summary->passes[kind], &line);
        if (options->report) options->report(options->context, &line);
        if (summary->all.failed > 0 && summary->all.failed == options->most_failures) break;
    }
}

int verify_run(struct device *device, const struct verify_options *options,
               struct verify_summary *summary)
{
    int status = SAAE_OK;
    struct case_list cases = {0};
    struct job_list list = {0};
    *summary = (struct verify_summary){0};
    if (options->vector_width) device_set_vector_width(device, options->vector_width);
    if (options->as_gpu) device_treat_as_gpu(device);
    TRY(cases_create(&cases));
    TRY(select_jobs(&list, device, &cases, options));
    run_jobs(device, &list, options, summary);
    if (summary->all.failed > 0) {
        FAIL(SAAE_FAILED, "%zu of %zu checks failed on %s", summary->all.failed, summary->all.cases,
             device_traits(device)->name);
    }
done:
    free(list.jobs);
    cases_free(&cases);
    return status;
}
