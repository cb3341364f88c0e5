/* The host's half of a check: values, what the reference makes of them, and how far a device may
 * be from that. */
#ifndef SAAE_VERIFY_HOST_H
#define SAAE_VERIFY_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/cases.h"

/* The c of the bound c * FLT_EPSILON * sqrt(reduction) * scale (see enum op_bound). */
enum { HOST_BOUND_FACTOR = 8 };

struct host_case {
    const struct verify_case *item;
    void *in[OP_MAX_INPUTS];         /* as op.reference takes them */
    double *initial[OP_MAX_OUTPUTS]; /* before the run; used by outputs added to or updated */
    double *expected[OP_MAX_OUTPUTS];
    double *bound[OP_MAX_OUTPUTS]; /* |got - expected| may be this much */
};

/* The element of an output that is worst in terms of its bound. */
struct host_comparison {
    int output;
    size_t element;
    double got, expected, error, bound;
    double ratio; /* error / bound; 0 if both are 0, infinity if only the bound is */
};

/* Is output o read before it is written? */
bool host_reads_output(const struct op_call *call, int o);

int host_create(struct host_case *host, const struct verify_case *item);
void host_free(struct host_case *host);

/* Draws inputs and initial values and runs the reference. exact: small integers and bounds of 0
 * instead of the case's own values. The bounds are those of the call's algorithm. */
int host_compute(struct host_case *host, bool exact, uint64_t seed);

/* Compares one output. True if every element is within its bound; a NaN is not. `worst` is set
 * either way. */
bool host_compare(const struct host_case *host, int output, const float *got,
                  struct host_comparison *worst);

#endif
