#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
    log_sink sink;
    void *context;
} target;

void log_set_sink(log_sink sink, void *context)
{
    target.sink = sink;
    target.context = context;
}

static void send(enum log_level level, const char *format, va_list arguments)
{
    char line[4096];
    if (!target.sink) return;
    vsnprintf(line, sizeof line, format, arguments);
    target.sink(target.context, level, line);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    send(LOG_INFO, format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    send(LOG_WARNING, format, arguments);
    va_end(arguments);
}
