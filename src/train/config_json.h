/* A model's configuration as JSON: the metadata "model" of a checkpoint. */
#ifndef SAAE_TRAIN_CONFIG_JSON_H
#define SAAE_TRAIN_CONFIG_JSON_H

#include "saae/model.h"

struct cJSON;

/* *json (released with cJSON_Delete) = an object of all fields of the configuration; choices are
 * words: "discriminator": "multiclass" or "binary", "head": "softmax" or "sigmoid". */
int config_to_json(const struct saae_config *config, struct cJSON **json);

/* The same as text, released with free(). */
int config_to_text(const struct saae_config *config, char **text);

/* Reads such an object, checked by saae_config_check. Every field must be there; fields of other
 * names are refused, as a later version may mean something by them. `where` names the source in
 * messages. SAAE_INPUT. */
int config_from_text(const char *where, const char *text, struct saae_config *config);

#endif
