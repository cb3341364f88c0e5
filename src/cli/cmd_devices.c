/* saae devices: what is there, what is usable, and why not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/options.h"
#include "cli/terminal.h"

struct settings {
    bool measure;
    const char *json;
};

struct listing {
    struct device_info *infos;
    int count;
    char note[1024];
};

static int refresh(struct listing *listing)
{
    free(listing->infos);
    listing->infos = NULL;
    return device_list(&listing->infos, &listing->count, listing->note, sizeof listing->note);
}

/* A device that cannot be measured is reported and does not keep the others from it. */
static int measure_all(struct listing *listing)
{
    int status = SAAE_OK;
    for (int i = 0; i < listing->count; i++) {
        struct device_info *info = &listing->infos[i];
        struct device *device = NULL;
        double gflops = 0, gbs = 0;
        if (info->why_not[0]) continue;
        terminal_progress("measuring %s %s", info->traits.id, info->traits.name);
        int fault = device_open(&device, info->traits.id, false);
        if (fault == SAAE_OK) fault = device_measure(device, &gflops, &gbs);
        device_close(device);
        info->gflops = gflops;
        info->gbs = gbs;
        if (fault != SAAE_OK) {
            snprintf(info->why_not, sizeof info->why_not, "%.200s", saae_message());
            status = fault;
        }
    }
    terminal_progress_end();
    return status;
}

static void print_table(const struct listing *listing)
{
    for (int i = 0; i < listing->count; i++) {
        const struct device_info *info = &listing->infos[i];
        const struct device_traits *traits = &info->traits;
        printf("%c %-5s %s (%s)\n", info->chosen ? '*' : ' ', traits->id, traits->name,
               traits->platform);
        printf("        %s%d unit%s, vectors of %d, %.1f GiB (%.1f in one buffer), %zu KiB local, "
               "driver %s\n",
               traits->emulator ? "emulator, "
               : traits->cpu    ? "CPU, "
                                : "",
               traits->compute_units, traits->compute_units == 1 ? "" : "s", traits->vector_width,
               (double)traits->memory_bytes / 0x1p30, (double)traits->largest_buffer / 0x1p30,
               traits->local_bytes / 1024, traits->driver);
        if (info->gflops > 0 && info->gbs > 0) {
            printf("        measured: %.3g GFLOP/s, %.3g GB/s\n", info->gflops, info->gbs);
        }
        if (info->why_not[0]) printf("        not usable: %s\n", info->why_not);
    }
    printf("  reference  the double-precision oracle on the host, needs no OpenCL\n");
    if (listing->note[0]) printf("note: %s\n", listing->note);
    if (listing->count) printf("* is the default; --device P:D or SAAE_DEVICE takes another one\n");
}

static int write_json(const struct listing *listing, const char *path)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < listing->count; i++) {
        const struct device_info *info = &listing->infos[i];
        const struct device_traits *traits = &info->traits;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "id", traits->id);
        cJSON_AddStringToObject(entry, "platform", traits->platform);
        cJSON_AddStringToObject(entry, "name", traits->name);
        cJSON_AddStringToObject(entry, "driver", traits->driver);
        cJSON_AddBoolToObject(entry, "usable", !info->why_not[0]);
        if (info->why_not[0]) {
            cJSON_AddStringToObject(entry, "why_not", info->why_not);
        } else {
            cJSON_AddNullToObject(entry, "why_not");
        }
        cJSON_AddBoolToObject(entry, "default", info->chosen);
        cJSON_AddBoolToObject(entry, "emulator", traits->emulator);
        cJSON_AddNumberToObject(entry, "compute_units", traits->compute_units);
        cJSON_AddNumberToObject(entry, "vector_width", traits->vector_width);
        cJSON_AddNumberToObject(entry, "memory_bytes", (double)traits->memory_bytes);
        cJSON_AddNumberToObject(entry, "largest_buffer_bytes", (double)traits->largest_buffer);
        cJSON_AddNumberToObject(entry, "local_bytes", (double)traits->local_bytes);
        if (info->gflops > 0) cJSON_AddNumberToObject(entry, "gflops", info->gflops);
        if (info->gbs > 0) cJSON_AddNumberToObject(entry, "gbs", info->gbs);
        cJSON_AddItemToArray(list, entry);
    }
    int status = common_write_json(path, list);
    cJSON_Delete(list);
    return status;
}

int cmd_devices(int argc, char **argv)
{
    struct settings my = {0};
    struct listing listing = {0};
    const struct option options[] = {
        {"measure", OPTION_FLAG, &my.measure, NULL,
         "measure multiply-adds (GFLOP/s) and copying (GB/s) of each usable device, a few seconds "
         "each; the figures are kept and refine the choice of the default"},
        {"json", OPTION_TEXT, &my.json, "FILE", "write the list as JSON; - is standard output"},
    };
    const struct option_table table = {
        .command = "devices",
        .synopsis = "[OPTION...]",
        .summary = "Lists the OpenCL devices: which can be used, why others cannot, and which is "
                   "the default. GPUs come before CPUs, and emulators last.",
        .example = "saae devices --measure",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
    };
    int status = SAAE_OK, measured = SAAE_OK;
    TRY(options_parse(&table, argc, argv));
    common_setup_runtime();
    TRY(refresh(&listing));
    if (my.measure) measured = measure_all(&listing);
    if (my.json) {
        status = write_json(&listing, my.json);
    } else {
        print_table(&listing);
    }
    if (status == SAAE_OK) status = measured;
done:
    free(listing.infos);
    return status;
}
