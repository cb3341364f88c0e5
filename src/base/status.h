/* Recording and passing on faults.
 *
 * The place that detects a fault records ONE message with FAIL() or status_set(); every caller
 * passes the code up with TRY(), whose target is the label `done:` that releases everything:
 *
 *     int status = SAAE_OK;
 *     TRY(file_read(path, &bytes, &size));
 *     if (size < 8) FAIL(SAAE_INPUT, "'%s': %zu bytes, a header needs 8", path, size);
 *   done:
 *     free(bytes);
 *     return status;
 */
#ifndef SAAE_BASE_STATUS_H
#define SAAE_BASE_STATUS_H

#include "saae/status.h"

#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

/* Records the message, replacing the last one, and returns `status`. */
int status_set(int status, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "context: " in front of the recorded message and returns `status`. */
int status_prefix(int status, const char *format, ...) PRINTF_LIKE(2, 3);

/* clang's analyser sees one file at a time: here it learns what status_set returns. */
#ifdef __clang_analyzer__
#define status_set(status, ...) ((void)(status_set)((status), __VA_ARGS__), (status))
#endif

/* For functions that hold a variable `status` and a label `done`. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != SAAE_OK) goto done;                                                          \
    } while (0)

#define FAIL(code, ...)                                                                            \
    do {                                                                                           \
        status = status_set((code), __VA_ARGS__);                                                  \
        goto done;                                                                                 \
    } while (0)

#endif
