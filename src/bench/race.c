#include "bench/race.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/status.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct race_times race_times_of(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, by_value);
    double median = samples[count / 2];
    if (count % 2 == 0) median = 0.5 * (samples[count / 2 - 1] + median);
    return (struct race_times){median, samples[0], samples[count - 1]};
}

/* Seconds of one run out of entry->runs. */
static int take_sample(struct race_entry *entry, double *seconds)
{
    double start = clock_seconds();
    int status = entry->run(entry->context, entry->runs);
    *seconds = (clock_seconds() - start) / entry->runs;
    return status;
}

static int warm_up(struct race_entry *entry, const struct race_options *options)
{
    int status = SAAE_OK;
    double seconds = 0.0;
    entry->runs = 1;
    TRY(entry->run(entry->context, 1));
    TRY(take_sample(entry, &seconds));
    double wanted = ceil(options->sample_seconds / fmax(seconds, 1e-9));
    entry->runs = wanted < options->most_runs ? (int)fmax(wanted, 1.0) : options->most_runs;
done:
    return status;
}

int race_run(struct race_entry *entries, size_t count, const struct race_options *options)
{
    int status = SAAE_OK;
    size_t rounds = (size_t)options->rounds;
    for (size_t e = 0; e < count; e++) entries[e].samples = NULL;
    for (size_t e = 0; e < count; e++) {
        TRY(memory_allocate(&entries[e].samples, rounds, sizeof(double)));
        TRY(warm_up(&entries[e], options));
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t e = 0; e < count; e++) {
            TRY(take_sample(&entries[e], &entries[e].samples[round]));
            if (!options->progress) continue;
            options->progress(options->context, round * count + e + 1, rounds * count);
        }
    }
    for (size_t e = 0; e < count; e++) entries[e].times = race_times_of(entries[e].samples, rounds);
done:
    for (size_t e = 0; e < count; e++) {
        free(entries[e].samples);
        entries[e].samples = NULL;
    }
    return status;
}
