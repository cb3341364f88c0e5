#include "cli/terminal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* seconds between two progress lines: a terminal is redrawn, a log grows */
static const double terminal_interval = 0.1, plain_interval = 5.0;

static struct {
    bool is_terminal;
    double shown_at;   /* of the last progress line; 0: none yet */
    char line[512];    /* the newest progress line */
    bool line_pending; /* newer than what is shown */
    bool line_open;    /* the cursor stands behind a progress line */
} screen;

static void clear_line(void)
{
    if (screen.line_open) fputs("\r\033[K", stderr);
    screen.line_open = false;
}

static void show_line(void)
{
    if (screen.is_terminal) {
        fprintf(stderr, "\r%s\033[K", screen.line);
        screen.line_open = true;
    } else {
        fprintf(stderr, "%s\n", screen.line);
    }
    fflush(stderr);
    screen.line_pending = false;
    screen.shown_at = clock_seconds();
}

static void print_log_line(void *context, enum log_level level, const char *line)
{
    (void)context;
    clear_line();
    fprintf(stderr, "%s%s\n", level == LOG_WARNING ? "warning: " : "", line);
    if (screen.is_terminal && screen.line[0]) show_line();
}

void terminal_start(void)
{
    memset(&screen, 0, sizeof screen);
    screen.is_terminal = isatty(STDERR_FILENO) == 1;
    log_set_sink(print_log_line, NULL);
}

void terminal_progress(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(screen.line, sizeof screen.line, format, arguments);
    va_end(arguments);
    screen.line_pending = true;
    double interval = screen.is_terminal ? terminal_interval : plain_interval;
    if (screen.shown_at == 0 || clock_seconds() - screen.shown_at >= interval) show_line();
}

void terminal_progress_end(void)
{
    if (screen.line_pending) show_line();
    if (screen.line_open) fputc('\n', stderr);
    screen.line_open = false;
    screen.line[0] = '\0';
    screen.shown_at = 0;
}
