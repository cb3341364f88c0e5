/* The library never prints: it reports lines to a sink that the caller sets (none: dropped). */
#ifndef SAAE_BASE_LOG_H
#define SAAE_BASE_LOG_H

#include "base/status.h"

enum log_level { LOG_INFO, LOG_WARNING };

/* `line` ends without a newline. */
typedef void (*log_sink)(void *context, enum log_level level, const char *line);

void log_set_sink(log_sink sink, void *context);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
