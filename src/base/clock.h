#ifndef SAAE_BASE_CLOCK_H
#define SAAE_BASE_CLOCK_H

/* Seconds on a clock that only goes forward; its zero means nothing. */
double clock_seconds(void);

#endif
