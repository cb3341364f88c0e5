#include "models/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"

void network_free(struct network *network)
{
    storage_free(network->value);
    storage_free(network->gradient);
    storage_free(network->moment1);
    storage_free(network->moment2);
    storage_free(network->statistic);
    free(network->parameters);
    *network = (struct network){.name = network->name};
}

int network_allocate(struct network *network, struct device *device, bool trained)
{
    int status = SAAE_OK;
    network->device = device;
    TRY(storage_create(&network->value, device, DTYPE_F32, network->values, network->name));
    TRY(storage_create(&network->statistic, device, DTYPE_F32, network->statistics, network->name));
    if (!trained) goto done;
    TRY(storage_create(&network->gradient, device, DTYPE_F32, network->values, "gradients"));
    TRY(storage_create(&network->moment1, device, DTYPE_F32, network->values, "moments"));
    TRY(storage_create(&network->moment2, device, DTYPE_F32, network->values, "moments"));
done:
    return status;
}

bool parameter_trained(const struct parameter *parameter)
{
    return parameter->kind != PARAMETER_MEAN && parameter->kind != PARAMETER_VARIANCE;
}

static float initial_value(const struct parameter *parameter, const struct rng *rng, size_t index)
{
    switch (parameter->kind) {
    case PARAMETER_SCALE:
    case PARAMETER_VARIANCE:
        return 1.0f;
    case PARAMETER_SHIFT:
    case PARAMETER_MEAN:
        return 0.0f;
    default:
        break;
    }
    double bound = 1.0 / sqrt((double)parameter->fan_in);
    return (float)((2.0 * rng_uniform(rng, index) - 1.0) * bound);
}

int network_initialise(struct network *network, uint64_t seed, uint32_t salt)
{
    int status = SAAE_OK;
    float *values = NULL;
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        size_t count = shape_count(parameter->shape);
        struct rng rng = {seed, RNG_INITIALISE, salt + (uint32_t)p};
        free(values);
        values = NULL;
        TRY(memory_allocate(&values, count, sizeof *values));
        for (size_t i = 0; i < count; i++) values[i] = initial_value(parameter, &rng, i);
        TRY(storage_write(parameter_trained(parameter) ? network->value : network->statistic,
                          parameter->offset, values, count));
    }
done:
    free(values);
    return status;
}

void links_free(struct links *links)
{
    free(links->list);
    *links = (struct links){0};
}

int links_external(struct links *links, struct graph *graph, const char *name,
                   struct tensor_type type, struct storage *const *storage, size_t offset)
{
    int tensor = graph_external(graph, name, type);
    if (tensor < 0) return -1;
    int status = memory_grow(&links->list, links->count, &links->capacity, sizeof *links->list);
    if (status != SAAE_OK) {
        graph->fault = status;
        return -1;
    }
    links->list[links->count++] = (struct link){tensor, storage, offset};
    graph_locate(graph, tensor, storage, offset);
    return tensor;
}

int links_bind(const struct links *links, struct executor *executor)
{
    int status = SAAE_OK;
    for (size_t i = 0; i < links->count; i++) {
        const struct link *link = &links->list[i];
        TRY(executor_bind(executor, link->tensor, *link->storage, link->offset));
    }
done:
    return status;
}
