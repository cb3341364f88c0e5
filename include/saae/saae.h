/* The library of the Stylized Adversarial AutoEncoder.
 *
 * A trained model draws what a content picture shows in the manner of a style picture:
 *
 *     struct saae_generator *generator = NULL;
 *     if (saae_generator_open(&generator, "run/checkpoint.safetensors", NULL) != SAAE_OK) {
 *         fprintf(stderr, "%s\n", saae_message());
 *         return 1;
 *     }
 *     const struct saae_config *c = saae_generator_config(generator);
 *     uint8_t *content = malloc(c->height * c->width * c->channels);
 *     uint8_t *style = malloc(c->style_height * c->style_width * c->channels);
 *     uint8_t *image = malloc(c->height * c->width * c->channels);
 *     saae_generator_content(generator, saae_generator_find_class(generator, "7"), content);
 *     saae_picture_read("style.png", c->style_height, c->style_width, c->channels, style);
 *     saae_generator_run(generator, content, style, 1, image);
 *     saae_picture_write("seven.png", c->height, c->width, c->channels, image);
 *     saae_generator_close(generator);
 *
 * with every status checked as the first one is. Functions return SAAE_OK or what went wrong, and
 * saae_message() says it in a line. Nothing prints, exits or reads the environment. A whole
 * program is in tests/api/example.c; `pkg-config --cflags --libs saae` has the flags. */
#ifndef SAAE_SAAE_H
#define SAAE_SAAE_H

#include "saae/generate.h"
#include "saae/model.h"
#include "saae/status.h"

#endif
