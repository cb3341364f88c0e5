/* Timing several things against each other on the wall clock.
 *
 * In every round each entry is sampled once, so that whatever disturbs the machine for a while
 * meets all of them; the median over the rounds counts, smallest and largest say how far to trust
 * it. */
#ifndef SAAE_BENCH_RACE_H
#define SAAE_BENCH_RACE_H

#include <stddef.h>

/* Seconds of one run; all 0: not measured. */
struct race_times {
    double median, least, most;
};

struct race_entry {
    /* Does the work `runs` times and returns when it is done. */
    int (*run)(void *context, int runs);
    void *context;
    struct race_times times; /* the result */
    int runs;                /* in a sample; race_run sets it */
    double *samples;         /* race_run's own */
};

struct race_options {
    int rounds;            /* >= 1 */
    double sample_seconds; /* a sample repeats the work until it takes as long ... */
    int most_runs;         /* ... or it has run so often */
    void (*progress)(void *context, size_t done, size_t planned); /* samples; or NULL */
    void *context;
};

/* The first run of each entry builds and is not timed, the second says how many make a sample.
 * A fault of an entry ends the race. */
int race_run(struct race_entry *entries, size_t count, const struct race_options *options);

/* Of count > 0 samples, which are sorted. Of an even number the median is the mean of the two in
 * the middle. */
struct race_times race_times_of(double *samples, size_t count);

#endif
