/* Does a run fit the device? Asked before anything is allocated. */
#include <stdio.h>

#include "train/trainer.h"

static double mib(size_t bytes)
{
    return (double)bytes / 1048576.0;
}

/* Plans with micro-batches of so many rows. False: even that does not fit. */
static bool fits(const struct train_options *options, int rows, const struct dataset *set,
                 const struct contents *contents, struct device *device)
{
    struct train_options tried = *options;
    struct train_estimate estimate;
    tried.settings.micro_batch = rows;
    return train_plan(&tried, set, contents, device, &estimate) == SAAE_OK &&
           estimate.peak_bytes <= device_traits(device)->memory_bytes;
}

/* The largest micro-batch that fits, below the rows that do not; 0: none. */
static int find_micro_batch(const struct train_options *options, const struct dataset *set,
                            const struct contents *contents, struct device *device)
{
    for (int rows = train_settings_rows(&options->settings) - 1; rows > 0; rows--) {
        if (options->settings.batch % rows) continue;
        if (fits(options, rows, set, contents, device)) return rows;
    }
    return 0;
}

int train_check_room(const struct train_options *options, const struct dataset *set,
                     const struct contents *contents, struct device *device)
{
    struct train_estimate estimate;
    char why[512];
    if (!device) return SAAE_OK;
    const struct device_traits *traits = device_traits(device);
    int status = train_plan(options, set, contents, device, &estimate);
    if (status != SAAE_OK && status != SAAE_MEMORY) return status;
    if (status == SAAE_OK) {
        if (estimate.peak_bytes <= traits->memory_bytes) return SAAE_OK;
        snprintf(why, sizeof why, "%.1f MiB are needed at the peak, and %s has %.1f MiB",
                 mib(estimate.peak_bytes), traits->name, mib(traits->memory_bytes));
    } else {
        snprintf(why, sizeof why, "%s (%s)", saae_message(), traits->name);
    }
    int rows = find_micro_batch(options, set, contents, device);
    if (!rows) {
        return status_set(SAAE_MEMORY,
                          "%s, which is too little for one row too: use a smaller "
                          "model, fewer images or another device",
                          why);
    }
    return status_set(
        SAAE_MEMORY,
        "passes of %d rows: %s; --micro-batch %d fits (batch-norm then works with the "
        "statistics of %d rows)",
        train_settings_rows(&options->settings), why, rows, rows);
}
