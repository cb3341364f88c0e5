/* saae train */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/train_options.h"
#include "train/train.h"
#include "version.h"

static volatile sig_atomic_t stop_wanted;

static void on_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    /* a second signal has its usual effect: someone means it */
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void print_time(char *text, size_t size, double seconds)
{
    long total = lround(seconds);
    if (total >= 3600)
        snprintf(text, size, "%ld h %02ld min", total / 3600, total / 60 % 60);
    else if (total >= 60)
        snprintf(text, size, "%ld min %02ld s", total / 60, total % 60);
    else
        snprintf(text, size, "%ld s", total);
}

static double mib(size_t bytes)
{
    return (double)bytes / 1048576.0;
}

static void print_estimate(void *context, const struct train_estimate *e)
{
    (void)context;
    char text[64];
    fprintf(stderr,
            "  step  kind             steps  nodes  GFLOP/step  temporaries  (without reuse)  "
            "ms/step\n");
    for (int k = 0; k < 3; k++) {
        if (!e->kinds[k].steps) continue;
        fprintf(stderr, "  %d     %-14s %7lld  %5zu  %10.2f  %7.1f MiB  %11.1f MiB  ", k + 1,
                step_name((enum step_kind)(k + 1)), (long long)e->kinds[k].steps, e->kinds[k].nodes,
                e->kinds[k].flops / 1e9, mib(e->kinds[k].plan_bytes), mib(e->kinds[k].naive_bytes));
        if (e->kinds[k].seconds > 0.0)
            fprintf(stderr, "%7.1f\n", e->kinds[k].seconds * 1e3);
        else
            fprintf(stderr, "      -\n");
    }
    fprintf(stderr,
            "  %zu parameters; device memory %.1f MiB (state %.1f, pictures %.1f); disk %.1f MiB",
            e->parameters, mib(e->peak_bytes), mib(e->state_bytes), mib(e->data_bytes),
            mib(e->disk_bytes));
    if (e->seconds > 0.0) {
        print_time(text, sizeof text, e->seconds);
        fprintf(stderr, "; about %s", text);
    }
    fputc('\n', stderr);
}

static void show_progress(void *context, const struct train_progress *p)
{
    (void)context;
    char left[64], losses[200], rate[32] = "";
    const struct step_losses *l = &p->losses;
    int used = 0;
    losses[0] = '\0';
    if (isfinite(l->reconstruction)) {
        used = snprintf(losses, sizeof losses, "  reconstruction %.2f", l->reconstruction);
    }
    if (isfinite(l->accuracy_real)) {
        used += snprintf(losses + used, sizeof losses - (size_t)used,
                         "  D right on real %.0f %%, generated %.0f %%", 100 * l->accuracy_real,
                         100 * l->accuracy_generated);
    }
    if (isfinite(l->accuracy_cross)) {
        snprintf(losses + used, sizeof losses - (size_t)used, "  content by D %.0f %%",
                 100 * l->accuracy_cross);
    }
    print_time(left, sizeof left, p->seconds_left);
    if (isfinite(p->images_per_s)) {
        snprintf(rate, sizeof rate, "  %.0f images/s", p->images_per_s);
    }
    bool known = p->seconds_left > 0.0;
    terminal_progress("step %lld/%lld %s%s%s%s%s%s", (long long)p->step, (long long)p->total,
                      step_name(p->kind), losses, rate, known ? "  " : "", known ? left : "",
                      known ? " left" : "");
}

static void print_row(void *context, const struct train_profile_row *row)
{
    enum step_kind *kind = context;
    if (*kind != row->kind) {
        printf("%s\n%10s %9s %8s  node (algorithm) shapes\n", step_name(row->kind), "ms", "GFLOP/s",
               "GB/s");
        *kind = row->kind;
    }
    double seconds = row->seconds > 0.0 ? row->seconds : 1e-9;
    printf("%10.3f %9.1f %8.1f  %s (%s) %s\n", row->seconds * 1e3, row->cost.flops / seconds / 1e9,
           row->cost.bytes / seconds / 1e9, row->node, row->algorithm, row->shapes);
}

static int profile(const struct train_options *given, const struct dataset *set,
                   const struct contents *contents, struct device *device)
{
    enum step_kind last = 0;
    const char *source = "";
    struct train_options options = *given;
    options.context = &last;
    int status = train_profile(&options, set, contents, device, print_row, &source);
    if (status == SAAE_OK) fprintf(stderr, "times of one step, from %s\n", source);
    return status;
}

static int train(const struct train_command *command, char *line)
{
    int status = SAAE_OK;
    struct device *device = NULL;
    struct dataset set = {0};
    struct contents contents = {0};
    struct train_options options = {.folder = command->out,
                                    .command = line,
                                    .version = SAAE_VERSION,
                                    .resume = command->resume,
                                    .allow_different_bits = command->allow_different_bits,
                                    .no_tune = command->no_tune,
                                    .retune = command->retune,
                                    .max_steps = command->max_steps,
                                    .stop = &stop_wanted,
                                    .estimated = print_estimate,
                                    .progressed = show_progress};
    TRY(train_command_settings(command, &options.settings, &set, &contents));
    TRY(common_open_checked_device(&device, command->device, command->profile, SELF_TEST_TRAINING));
    fprintf(stderr, "training on %s: %d images of %d classes, %dx%dx%d, preset %s, batch %d%s\n",
            device ? device_traits(device)->name : "the reference", set.count, set.classes,
            set.height, set.width, set.channels, options.settings.config.preset,
            options.settings.batch, options.settings.exact ? ", exact" : "");
    if (options.settings.micro_batch) {
        fprintf(stderr, "micro-batches of %d: batch-norm works with the statistics of %d images\n",
                options.settings.micro_batch, options.settings.micro_batch);
    }
    if (command->dry_run) {
        struct train_estimate estimate;
        int planned = train_plan(&options, &set, &contents, device, &estimate);
        if (planned == SAAE_OK) print_estimate(NULL, &estimate);
        TRY(train_check_room(&options, &set, &contents, device));
        goto done;
    }
    if (command->profile) {
        TRY(profile(&options, &set, &contents, device));
        goto done;
    }
    catch_signals();
    TRY(train_run(&options, &set, &contents, device));
    terminal_progress_end();
    if (device) {
        fprintf(stderr, "device memory used at most: %.1f MiB\n",
                mib(device_allocated_peak(device)));
    }
    fprintf(stderr, "the run is in %s: checkpoint.safetensors, metrics.csv, samples/\n",
            command->out);
done:
    terminal_progress_end();
    contents_free(&contents);
    dataset_free(&set);
    device_close(device);
    return status;
}

int cmd_train(int argc, char **argv)
{
    struct train_command command;
    char *line = NULL;
    int status = SAAE_OK;
    size_t size = 16;
    for (int i = 0; i < argc; i++) size += strlen(argv[i]) + 1;
    TRY(memory_allocate(&line, size, 1));
    strcpy(line, "saae");
    for (int i = 0; i < argc; i++) {
        strcat(line, " ");
        strcat(line, argv[i]);
    }
    TRY(train_command_parse(&command, argc, argv));
    TRY(train(&command, line));
done:
    free(line);
    return status;
}
