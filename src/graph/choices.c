#include "graph/choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/memory.h"
#include "ops/tuning.h"

void choices_free(struct choices *choices)
{
    for (size_t i = 0; i < choices->count; i++) {
        free(choices->list[i].call);
        free(choices->list[i].algorithm);
    }
    free(choices->list);
    *choices = (struct choices){0};
}

void choices_name_call(const struct op_call *call, char text[CHOICE_TEXT])
{
    const struct op *op = op_get(call->kind);
    int used = snprintf(text, CHOICE_TEXT, "%s.%s ", op->stem, op->pass);
    op_describe(call, text + used, CHOICE_TEXT - (size_t)used);
}

bool choices_has_several(const struct op *op)
{
    return op->algorithms[1].name || op->algorithms[0].tunables;
}

static struct choice *find(const struct choices *choices, const char *call)
{
    for (size_t i = 0; i < choices->count; i++) {
        if (strcmp(choices->list[i].call, call) == 0) return &choices->list[i];
    }
    return NULL;
}

const char *choices_find(const struct choices *choices, const char *call)
{
    const struct choice *choice = find(choices, call);
    return choice ? choice->algorithm : NULL;
}

int choices_set(struct choices *choices, const char *call, const char *algorithm)
{
    int status = SAAE_OK;
    char *call_copy = NULL, *algorithm_copy = NULL;
    struct choice *choice = find(choices, call);
    TRY(memory_copy_text(&algorithm_copy, algorithm));
    if (!choice) {
        TRY(memory_copy_text(&call_copy, call));
        TRY(memory_grow(&choices->list, choices->count, &choices->capacity, sizeof *choices->list));
        choice = &choices->list[choices->count++];
        *choice = (struct choice){.call = call_copy};
        call_copy = NULL;
    }
    free(choice->algorithm);
    choice->algorithm = algorithm_copy;
    algorithm_copy = NULL;
done:
    free(call_copy);
    free(algorithm_copy);
    return status;
}

int choices_add_graph(struct choices *choices, const struct graph *graph)
{
    int status = SAAE_OK;
    char text[CHOICE_TEXT], algorithm[TUNING_TEXT];
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct op_call *call = &graph->nodes[i].call;
        if (!choices_has_several(op_get(call->kind))) continue;
        choices_name_call(call, text);
        tuning_print(op_algorithm_of(call), call->tuning, algorithm);
        TRY(choices_set(choices, text, algorithm));
    }
done:
    return status;
}

struct cJSON *choices_to_json(const struct choices *choices)
{
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; json && i < choices->count; i++) {
        const struct choice *choice = &choices->list[i];
        if (cJSON_AddStringToObject(json, choice->call, choice->algorithm)) continue;
        cJSON_Delete(json);
        json = NULL;
    }
    return json;
}

int choices_from_json(struct choices *choices, const struct cJSON *json)
{
    int status = SAAE_OK;
    const cJSON *item = NULL;
    if (!cJSON_IsObject(json)) FAIL(SAAE_INPUT, "the list of algorithms is no JSON object");
    cJSON_ArrayForEach(item, json)
    {
        if (!cJSON_IsString(item)) {
            FAIL(SAAE_INPUT, "entry %d of the list of algorithms is no text",
                 (int)choices->count + 1);
        }
        TRY(choices_set(choices, item->string, item->valuestring));
    }
done:
    return status;
}
