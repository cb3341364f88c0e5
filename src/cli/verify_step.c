#include "cli/verify_step.h"

#include "base/status.h"
#include "cli/terminal.h"
#include "verify/step.h"

static void print_tensor(void *context, int step, const char *node, const char *tensor,
                         double error, double bound)
{
    const struct verify_step_command *command = context;
    if (!command->verbose) return;
    fprintf(command->text, "  step %d  %-60s %-60s error %.2g, bound %.2g\n", step, node, tensor,
            error, bound);
}

static void count_failure(struct device *device, const struct verify_step_command *command,
                          const char *kind, const char *preset,
                          const struct verify_step_result *result)
{
    cJSON *entry = cJSON_CreateObject();
    char repeat[160];
    snprintf(repeat, sizeof repeat, "saae verify --device %s --step", device_traits(device)->id);
    fprintf(command->text, "FAILED  step %s, preset %s\n        %s\n        %s\n", kind, preset,
            saae_message(), repeat);
    cJSON_AddStringToObject(entry, "op", "step");
    cJSON_AddStringToObject(entry, "pass", kind);
    cJSON_AddStringToObject(entry, "case", preset);
    cJSON_AddStringToObject(entry, "tensor", result->tensor);
    cJSON_AddNumberToObject(entry, "error", result->error);
    cJSON_AddNumberToObject(entry, "bound", result->bound);
    cJSON_AddStringToObject(entry, "why", saae_message());
    cJSON_AddStringToObject(entry, "repeat", repeat);
    cJSON_AddItemToArray(command->failures, entry);
}

struct step_case {
    const char *preset;
    bool contents_once;
    bool split; /* a batch of two passes */
    char name[48];
};

static int run_case(struct device *device, const struct verify_step_command *command,
                    const struct step_case *item, enum step_kind kind, struct verify_tally *tally)
{
    const char *preset = item->preset;
    const int batch = preset[0] == 't' && !command->brief ? 4 : 2;
    struct verify_step_options options = {.preset = preset,
                                          .batch = batch,
                                          .micro_batch = item->split ? batch / 2 : 0,
                                          .contents_once = item->contents_once,
                                          .steps = command->brief ? 1 : 2,
                                          .kinds = {kind},
                                          .kind_count = 1,
                                          .seed = command->seed,
                                          .follow_choices = true,
                                          .follow_state = true,
                                          .report = print_tensor,
                                          .context = (void *)command};
    struct verify_step_result result;
    terminal_progress("verify: step %s, preset %s", step_name(kind), item->name);
    int status = verify_steps(device, &options, &result);
    terminal_progress_end();
    tally->cases++;
    if (status == SAAE_OK) {
        tally->passed++;
        if (result.worst > tally->worst) tally->worst = result.worst;
        fprintf(
            command->text,
            "ok      step %s, preset %s: %zu tensors, at most %.2g of the bound (%s), %zu of %zu "
            "choices at kinks followed\n",
            step_name(kind), item->name, result.tensors, result.worst, result.worst_tensor,
            result.kinks, result.elements);
    } else {
        tally->failed++;
        count_failure(device, command, step_name(kind), item->name, &result);
    }
    return status;
}

static void skip_case(const struct verify_step_command *command, const char *preset,
                      enum step_kind kind, struct verify_tally *tally)
{
    tally->cases++;
    tally->skipped++;
    if (!command->verbose) return;
    fprintf(command->text, "skipped step %s, preset %s\n        takes long: --budget 0 runs it\n",
            step_name(kind), preset);
}

int verify_step_cases(struct device *device, const struct verify_step_command *command,
                      struct verify_tally *tally)
{
    static const struct step_case cases[] = {
        {"tiny", false, false, "tiny"},
        {"tiny", true, false, "tiny, contents once"},
        {"tiny", true, true, "tiny, contents once, two passes"},
        {"small", false, false, "small"},
        {"small", true, false, "small, contents once"},
        {"paper", false, false, "paper"},
        {"paper", true, false, "paper, contents once"},
    };
    int outcome = SAAE_OK;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const struct step_case *item = &cases[c];
        if (item->preset[0] == 'p' && !command->full) continue;
        for (int kind = 1; kind <= 3; kind++) {
            if (command->brief && (item->preset[0] != 't' || item->split)) {
                skip_case(command, item->name, (enum step_kind)kind, tally);
                continue;
            }
            int status = run_case(device, command, item, (enum step_kind)kind, tally);
            if (status != SAAE_OK) outcome = SAAE_FAILED;
        }
    }
    if (outcome == SAAE_OK) return outcome;
    return status_set(outcome, "%zu of %zu training steps part from the reference on %s",
                      tally->failed, tally->cases, device_traits(device)->name);
}

int verify_step_trace(struct device *device, struct device *against, int steps, const char *preset,
                      const struct verify_step_command *command)
{
    struct verify_step_options options = {
        .preset = preset,
        .steps = steps,
        .kinds = {STEP_AUTOENCODER, STEP_DISCRIMINATOR, STEP_ADVERSARIAL},
        .kind_count = 3,
        .seed = command->seed,
        .against = against,
        /* the reference starts each update from the device's state: what parts is a fault, not
           the drift of two runs whose gradients differ in their last bits */
        .follow_choices = !against,
        .follow_state = !against,
        .report = print_tensor,
        .context = (void *)command};
    struct verify_step_result result;
    int status = verify_steps(device, &options, &result);
    const char *other = against ? device_traits(against)->name : "the reference";
    if (status == SAAE_OK) {
        fprintf(command->text,
                "%d steps of %s and %s agree: %zu tensors, at most %.2g of the bound (%s)\n", steps,
                device_traits(device)->name, other, result.tensors, result.worst,
                result.worst_tensor);
    } else if (status == SAAE_FAILED) {
        fprintf(command->text,
                "%s and %s part at step %d, node %s, tensor %s: error %.3g, bound %.3g\n",
                device_traits(device)->name, other, result.step, result.node, result.tensor,
                result.error, result.bound);
    }
    return status;
}
