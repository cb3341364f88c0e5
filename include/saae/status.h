/* Status codes of every function that can fail, and the message of the last fault.
 *
 * The value is also the exit code of the command line (see README.md, "Exit codes"). */
#ifndef SAAE_STATUS_H
#define SAAE_STATUS_H

enum saae_status {
    SAAE_OK = 0,
    SAAE_FAILED = 1,      /* a check did not pass: verify, self-test, a bound exceeded */
    SAAE_USAGE = 2,       /* an option or argument is wrong */
    SAAE_INPUT = 3,       /* a file or picture is missing, damaged or does not fit */
    SAAE_DEVICE = 4,      /* OpenCL: no device, a build or a launch failed */
    SAAE_IO = 5,          /* writing failed: disk full, folder read-only */
    SAAE_NUMERIC = 6,     /* NaN or infinity in training */
    SAAE_MEMORY = 7,      /* out of memory, or a size that overflows */
    SAAE_INTERRUPTED = 8, /* SIGINT or SIGTERM: the state was saved, --resume goes on */
};

/* The message of this thread's last fault: one line naming what failed, where, and the cure.
 * Never NULL; empty if nothing failed yet. Valid until the next fault in this thread. */
const char *saae_message(void);

/* The name of a status, "SAAE_INPUT" for instance; "unknown status" for another value. */
const char *saae_status_name(int status);

#endif
