/* What a device gives at most, for ranking devices and for judging kernels (cl/measure.cl). */
#include "runtime/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum {
    CHAINS = 12,       /* of multiply-adds in a work-item, as cl/measure.cl has them */
    ITERATIONS = 1024, /* of the chains */
    REPEATS = 5,       /* timed runs; the median counts */
};
static const double long_enough = 0.03; /* seconds of one run: launch and wait are little of it */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int time_run(struct launch_list *list, double *seconds)
{
    int status = SAAE_OK;
    struct device *device = launch_list_device(list);
    TRY(device_finish(device));
    double start = clock_seconds();
    TRY(launch_list_run(list, 0, 0));
    TRY(device_finish(device));
    *seconds = clock_seconds() - start;
done:
    return status;
}

static int time_median(struct launch_list *list, double *seconds)
{
    int status = SAAE_OK;
    double times[REPEATS];
    for (int i = 0; i < REPEATS; i++) TRY(time_run(list, &times[i]));
    qsort(times, REPEATS, sizeof times[0], by_value);
    *seconds = times[REPEATS / 2];
done:
    return status;
}

/* How a measurement is recorded for `items` work-items, and its result checked. */
struct measurement {
    int (*record)(struct launch_list *list, int items, struct buffer *x, struct buffer *y);
    int (*check)(struct device *device, int items, struct buffer *y);
    size_t item_bytes; /* of x and y for each item */
    size_t most_bytes;
};

static void write_options(const struct device_traits *traits, char *options, size_t size)
{
    snprintf(options, size, "-DVW=%d", traits->vector_width);
}

static struct launch_grid make_grid(const struct device_traits *traits, int items)
{
    size_t local = traits->cpu ? 16 : 64;
    if (local > traits->largest_group) local = traits->largest_group;
    return (struct launch_grid){{(size_t)items, 1, 1}, {local, 1, 1}};
}

static int record_multiply_add(struct launch_list *list, int items, struct buffer *x,
                               struct buffer *y)
{
    (void)x;
    char options[32];
    const struct device_traits *traits = device_traits(launch_list_device(list));
    write_options(traits, options, sizeof options);
    return LAUNCH(list, "measure", options, "measure_multiply_add", make_grid(traits, items),
                  ARG(items), ARG((int)ITERATIONS), ARG(0.5f), ARG(1.0f), ARG(y));
}

static int read_last(struct buffer *y, int items, struct device *device, float *value)
{
    size_t vector = (size_t)device->traits.vector_width * sizeof *value;
    return buffer_read(y, (size_t)items * vector - sizeof *value, value, sizeof *value);
}

/* A figure is worth nothing when the kernel did not do its work. */
static int check_multiply_add(struct device *device, int items, struct buffer *y)
{
    float value = 0;
    int status = read_last(y, items, device, &value);
    if (status == SAAE_OK && value != 2.0f * CHAINS) {
        return status_set(SAAE_FAILED,
                          "%s computes wrongly: a chain of multiply-adds gives %g, "
                          "not %g",
                          device->traits.name, (double)value, 2.0 * CHAINS);
    }
    return status;
}

static int record_copy(struct launch_list *list, int items, struct buffer *x, struct buffer *y)
{
    char options[32];
    const struct device_traits *traits = device_traits(launch_list_device(list));
    write_options(traits, options, sizeof options);
    return LAUNCH(list, "measure", options, "measure_copy", make_grid(traits, items), ARG(items),
                  ARG(x), ARG(y));
}

static int check_copy(struct device *device, int items, struct buffer *y)
{
    float value = 0;
    int status = read_last(y, items, device, &value);
    if (status == SAAE_OK && value != 1.0f) {
        return status_set(SAAE_FAILED, "%s copies wrongly", device->traits.name);
    }
    return status;
}

/* Doubles the work until one run is long enough or memory is used up, then takes the median. */
static int measure(struct device *device, const struct measurement *measurement, int first,
                   int *items, double *seconds)
{
    int status = SAAE_OK;
    struct launch_list *list = NULL;
    struct buffer *x = NULL, *y = NULL;
    for (*items = first;; *items *= 2) {
        size_t bytes = (size_t)*items * measurement->item_bytes;
        TRY(buffer_create(&x, device, bytes, "measuring"));
        TRY(buffer_create(&y, device, bytes, "measuring"));
        TRY(buffer_fill(x, 0x3f800000u)); /* 1.0f; also makes the system hand out the pages */
        TRY(buffer_fill(y, 0));
        TRY(launch_list_create(&list, device));
        TRY(measurement->record(list, *items, x, y));
        TRY(time_run(list, seconds)); /* the first run may compile, it tells nothing */
        TRY(time_run(list, seconds));
        if (*seconds >= long_enough || 2 * bytes > measurement->most_bytes) break;
        launch_list_free(list);
        buffer_free(x);
        buffer_free(y);
        list = NULL;
        x = y = NULL;
    }
    TRY(measurement->check(device, *items, y));
    TRY(time_median(list, seconds));
done:
    launch_list_free(list);
    buffer_free(x);
    buffer_free(y);
    return status;
}

int device_measure(struct device *device, double *gflops, double *gbs)
{
    int status = SAAE_OK, items = 0;
    double seconds = 0;
    const struct device_traits *traits = &device->traits;
    size_t vector = (size_t)traits->vector_width * sizeof(float);
    size_t most = (size_t)256 * 1024 * 1024; /* beyond any cache */
    if (most > traits->largest_buffer / 2) most = traits->largest_buffer / 2;
    if (most > traits->memory_bytes / 8) most = traits->memory_bytes / 8;
    const struct measurement multiply_add = {record_multiply_add, check_multiply_add, vector, most};
    const struct measurement copy = {record_copy, check_copy, vector, most};
    TRY(measure(device, &multiply_add, traits->cpu ? 16 * traits->compute_units : 4096, &items,
                &seconds));
    double operations = 2.0 * CHAINS * ITERATIONS * traits->vector_width * items;
    *gflops = 1e-9 * operations / seconds;
    /* Small copies stay in a cache: only the emulators, which are slow, may stop early. */
    size_t start = traits->emulator ? (size_t)64 * 1024 : most;
    TRY(measure(device, &copy, (int)(start / vector), &items, &seconds));
    *gbs = 1e-9 * 2.0 * (double)((size_t)items * vector) / seconds;
    TRY(measurements_store(traits, *gflops, *gbs));
done:
    return status;
}
