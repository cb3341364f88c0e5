/* A tiny model with everything that a checkpoint keeps. */
#ifndef SAAE_TESTS_CHECKPOINT_FIXTURE_H
#define SAAE_TESTS_CHECKPOINT_FIXTURE_H

#include "models/tiny_model.h"
#include "train/checkpoint.h"

/* Numbers that a double does not hold. */
extern const struct checkpoint_state some_state;

struct fixture {
    struct saae_model model;
    struct contents contents;
    struct checkpoint_notes notes;
    const char *path; /* test_path("model.safetensors") */
};

void fixture_create(struct fixture *f, int channels, bool trained);
void fixture_free(struct fixture *f);
int fixture_save(const struct fixture *f, bool with_moments);

/* A grey one, trained and saved. */
void fixture_create_saved(struct fixture *f, bool with_moments);

#endif
