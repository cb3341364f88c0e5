#include "cli/bench_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "bench/bench.h"

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

/* 0 where there is none. */
static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0.0;
}

/* ---- Devices ---- */

static void print_device(FILE *stream, const cJSON *object, int number)
{
    const cJSON *peak = cJSON_GetObjectItemCaseSensitive(object, "peak");
    const double mib = 1048576.0;
    fprintf(stream, "[%d] %s", number, text_of(object, "device"));
    if (text_of(object, "platform")[0]) fprintf(stream, ", %s", text_of(object, "platform"));
    fprintf(stream, ", driver %s", text_of(object, "driver"));
    if (number_of(object, "compute_units") > 0) {
        fprintf(stream, ", %.0f units", number_of(object, "compute_units"));
    }
    if (number_of(object, "clock_mhz") > 0) {
        fprintf(stream, ", %.0f MHz", number_of(object, "clock_mhz"));
    }
    fputc('\n', stream);
    if (text_of(object, "version")[0]) {
        fprintf(stream, "    saae %s (%s)\n", text_of(object, "version"),
                text_of(object, "revision"));
    }
    if (peak) {
        fprintf(stream, "    peak %.4g GFLOP/s, %.4g GB/s\n", number_of(peak, "gflops"),
                number_of(peak, "gbs"));
    }
    if (number_of(object, "peak_rss_bytes") > 0) {
        fprintf(stream, "    memory: %.1f MiB on the device, %.1f MiB of the process\n",
                number_of(object, "peak_device_bytes") / mib,
                number_of(object, "peak_rss_bytes") / mib);
    }
    if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(object, "verified"))) {
        fprintf(stream, "    NOT VERIFIED: %s\n", text_of(object, "why"));
    }
}

/* ---- Parts ---- */

static void print_part(FILE *stream, const cJSON *list, const char *name)
{
    const cJSON *object = NULL;
    char label[32];
    double first = 0.0;
    bool any = false;
    cJSON_ArrayForEach(object, list)
    {
        any |= cJSON_HasObjectItem(object, name);
    }
    if (!any) return;
    snprintf(label, sizeof label, "%s%s", name[1] ? "" : "step ", name);
    fprintf(stream, "%-9s", label);
    cJSON_ArrayForEach(object, list)
    {
        const cJSON *part = cJSON_GetObjectItemCaseSensitive(object, name);
        double rate = number_of(part, "images_per_s");
        if (object == list->child) first = rate;
        if (part) {
            fprintf(stream, "  %9.2f (%8.2f ..%9.2f)%10.1f", number_of(part, "ms"),
                    number_of(part, "ms_min"), number_of(part, "ms_max"), rate);
        } else {
            fprintf(stream, "  %42s", "-");
        }
        if (object == list->child) continue;
        if (part && first > 0.0) {
            fprintf(stream, " %5.2fx", rate / first);
        } else {
            fprintf(stream, " %6s", "-");
        }
    }
    fputc('\n', stream);
}

static void print_parts(FILE *stream, const cJSON *list)
{
    const cJSON *object = NULL;
    bool any = false;
    int number = 0;
    cJSON_ArrayForEach(object, list)
    {
        for (int p = 0; p < BENCH_PARTS; p++) {
            any |= cJSON_HasObjectItem(object, bench_part_name((enum bench_part)p));
        }
    }
    if (!any) return;
    fprintf(stream, "\n%-9s", "");
    cJSON_ArrayForEach(object, list)
    {
        fprintf(stream, "  [%d]%6s (smallest ..  largest)  images/s", ++number, "ms");
        if (number > 1) fprintf(stream, "  /[1]");
    }
    fputc('\n', stream);
    for (int p = 0; p < BENCH_PARTS; p++) {
        print_part(stream, list, bench_part_name((enum bench_part)p));
    }
}

/* ---- Ops ---- */

/* The same call in the results that have it. */
struct row {
    const cJSON *entry;    /* the first one, which names it */
    const cJSON **columns; /* [results] NULL: not there */
    double cost;           /* ms of all its calls */
};

struct rows {
    struct row *list;
    size_t count, capacity, columns;
};

static bool is_chosen(const cJSON *entry)
{
    return !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(entry, "chosen"));
}

/* What was chosen stands in one row, whatever it is; others meet the same algorithm. */
static bool same_row(const cJSON *a, const cJSON *b)
{
    return strcmp(text_of(a, "op"), text_of(b, "op")) == 0 &&
           strcmp(text_of(a, "pass"), text_of(b, "pass")) == 0 &&
           strcmp(text_of(a, "case"), text_of(b, "case")) == 0 && is_chosen(a) == is_chosen(b) &&
           (is_chosen(a) || strcmp(text_of(a, "algorithm"), text_of(b, "algorithm")) == 0);
}

static double calls_of(const cJSON *entry)
{
    const cJSON *calls = cJSON_GetObjectItemCaseSensitive(entry, "calls"), *item = NULL;
    double sum = 0.0;
    cJSON_ArrayForEach(item, calls)
    {
        sum += cJSON_IsNumber(item) ? item->valuedouble : 0.0;
    }
    return sum;
}

static int add_entry(struct rows *rows, const cJSON *entry, size_t column)
{
    int status = SAAE_OK;
    size_t at = 0;
    while (at < rows->count &&
           (rows->list[at].columns[column] != NULL || !same_row(rows->list[at].entry, entry))) {
        at++;
    }
    if (at == rows->count) {
        TRY(memory_grow(&rows->list, rows->count, &rows->capacity, sizeof *rows->list));
        rows->list[at] = (struct row){.entry = entry};
        TRY(memory_allocate(&rows->list[at].columns, rows->columns, sizeof(cJSON *)));
        rows->count++;
        rows->list[at].cost = number_of(entry, "ms") * calls_of(entry);
    }
    rows->list[at].columns[column] = entry;
done:
    return status;
}

static int costly_first(const void *a, const void *b)
{
    double x = ((const struct row *)a)->cost, y = ((const struct row *)b)->cost;
    return (x < y) - (x > y);
}

static void print_figures(FILE *stream, const cJSON *entry)
{
    double ms = number_of(entry, "ms");
    if (!entry) {
        fprintf(stream, "%54s |", "-");
    } else if (!(ms > 0.0)) {
        fprintf(stream, "%45s %-8s |", "not verified", text_of(entry, "algorithm"));
    } else {
        fprintf(stream, "%10.4f %4.0f%% %8.1f %4.0f%% %7.1f %4.0f%% %-8s |", ms,
                100.0 * (number_of(entry, "ms_max") - number_of(entry, "ms_min")) / ms,
                number_of(entry, "gflops"), number_of(entry, "peak_gflops_percent"),
                number_of(entry, "gbs"), number_of(entry, "peak_gbs_percent"),
                text_of(entry, "algorithm"));
    }
}

static void print_rows(FILE *stream, const struct rows *rows)
{
    fputc('\n', stream);
    for (size_t c = 0; c < rows->columns; c++) {
        fprintf(stream, "[%zu]%7s %5s %8s %5s %7s %5s %-8s |", c + 1, "ms", "+-", "GFLOP/s", "peak",
                "GB/s", "peak", "by");
    }
    fprintf(stream, " op, calls in step 1, 2, 3, in generation and in a set's graphs\n");
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->list[i];
        const cJSON *calls = cJSON_GetObjectItemCaseSensitive(row->entry, "calls");
        for (size_t c = 0; c < rows->columns; c++) print_figures(stream, row->columns[c]);
        fprintf(stream, " %s.%s %s", text_of(row->entry, "op"), text_of(row->entry, "pass"),
                text_of(row->entry, "case"));
        for (int p = 0; is_chosen(row->entry) && p < BENCH_PARTS; p++) {
            fprintf(stream, "%s%.0f", p ? " " : ", ",
                    number_of(calls, bench_part_name((enum bench_part)p)));
        }
        fputc('\n', stream);
    }
}

static int print_ops(FILE *stream, const cJSON *list)
{
    int status = SAAE_OK;
    struct rows rows = {.columns = (size_t)cJSON_GetArraySize(list)};
    const cJSON *object = NULL, *entry = NULL;
    size_t column = 0;
    cJSON_ArrayForEach(object, list)
    {
        const cJSON *ops = cJSON_GetObjectItemCaseSensitive(object, "ops");
        cJSON_ArrayForEach(entry, ops)
        {
            TRY(add_entry(&rows, entry, column));
        }
        column++;
    }
    if (!rows.count) goto done;
    qsort(rows.list, rows.count, sizeof *rows.list, costly_first);
    print_rows(stream, &rows);
    fprintf(stream,
            "+-: (largest - smallest) / median. peak: share of the measured peaks, with the "
            "multiplications really\ndone; above 100 %% of the copying where a call's data "
            "stay in a cache.\n");
done:
    for (size_t i = 0; i < rows.count; i++) free(rows.list[i].columns);
    free(rows.list);
    return status;
}

int bench_table_print(FILE *stream, const cJSON *list)
{
    const cJSON *object = NULL;
    int number = 0;
    cJSON_ArrayForEach(object, list)
    {
        print_device(stream, object, ++number);
    }
    fprintf(stream, "\npreset %s, batch %.0f; medians of %.0f rounds\n",
            text_of(list->child, "preset"), number_of(list->child, "batch"),
            number_of(list->child, "rounds"));
    print_parts(stream, list);
    return print_ops(stream, list);
}
