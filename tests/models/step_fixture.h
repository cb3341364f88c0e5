/* A step of a tiny model on the reference, for tests. */
#ifndef SAAE_TESTS_STEP_FIXTURE_H
#define SAAE_TESTS_STEP_FIXTURE_H

#include "models/steps.h"

enum { BATCH = 3, IMAGES = 5, CLASSES = 3, SIDE = 6 };

struct step_fixture {
    struct saae_model model;
    struct step_feed feed;
    struct step_data data;
    struct step step;
};

/* 6x6 pictures and styles, 3 classes with a content picture each, F = 2. */
struct saae_config step_config(void);

/* L = 0.3. */
void step_set_up(struct step_fixture *f, enum step_kind kind, const struct saae_config *config,
                 bool contents_once);
/* With options of the test's own. */
void step_set_up_with(struct step_fixture *f, enum step_kind kind, const struct saae_config *config,
                      const struct step_options *options);
struct step_options step_usual_options(void);
void step_tear_down(struct step_fixture *f);

/* The same batch each time: own contents twice, once and never, cross ones too. A step size of 0
 * leaves the parameters as they are. */
struct step_input step_fixed_input(float rate);

#endif
