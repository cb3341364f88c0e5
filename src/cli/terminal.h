/* Standard error: the library's messages and one line of progress. */
#ifndef SAAE_CLI_TERMINAL_H
#define SAAE_CLI_TERMINAL_H

#include "base/status.h"

/* Sends the library's log lines to standard error. */
void terminal_start(void);

/* Shows how far the work is: on a terminal a line that overwrites itself, elsewhere a plain line
 * every few seconds. Cheap enough to be called at every step. */
void terminal_progress(const char *format, ...) PRINTF_LIKE(1, 2);

/* The work has ended: the last progress line stays and the next output begins a line of its own. */
void terminal_progress_end(void);

#endif
