/* saae evaluate: what a trained generator is worth, by a judge that saw real images only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/evaluate_report.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "version.h"

struct settings {
    const char *checkpoint, *data, *judge, *styles, *device, *out, *json;
    int pairs, reconstruct, batch;
    double judge_epochs;
    uint64_t seed;
    bool batch_statistics, resize, exact;
};

static int parse(struct settings *s, int argc, char **argv)
{
    *s = (struct settings){
        .styles = "test", .pairs = 1000, .batch = 64, .judge_epochs = 3, .seed = 1};
    const struct option options[] = {
        {"checkpoint", OPTION_TEXT, &s->checkpoint, "FILE", "the trained model", .required = true},
        {"data", OPTION_TEXT, &s->data, "DATA",
         "fashion-mnist, mnist, idx:DIR, folder:DIR; default: what the model was trained on"},
        {"judge", OPTION_TEXT, &s->judge, "FILE",
         "the recogniser that judges: read if the file is there, else trained on DATA's real "
         "training images and written; default: judge.safetensors in --out"},
        {"judge-epochs", OPTION_DOUBLE, &s->judge_epochs, "X",
         "passes over the training images if the judge must be trained (default 3)",
         .minimum = 0.001, .maximum = 1000},
        {"pairs", OPTION_INT, &s->pairs, "N",
         "cross pairs: a style image and a content of another class (default 1000)", .minimum = 2,
         .maximum = 1e8},
        {"styles", OPTION_CHOICE, &s->styles, "test|train",
         "the split that style images are drawn from (default test)"},
        {"reconstruct", OPTION_INT, &s->reconstruct, "N",
         "test images to reconstruct, evenly spaced (default all)", .minimum = 1, .maximum = 1e9},
        {"batch-statistics", OPTION_FLAG, &s->batch_statistics, NULL,
         "normalise by each batch's own statistics, as training does, instead of the running ones"},
        {"exact", OPTION_FLAG, &s->exact, NULL,
         "only algorithms that sum what the formulas say: no Winograd, no Fourier transforms"},
        {"batch", OPTION_INT, &s->batch, "N", "pictures drawn at once (default 64)", .minimum = 1,
         .maximum = 65536},
        {"resize", OPTION_FLAG, &s->resize, NULL, "fit the data to the model's size and channels"},
        {"seed", OPTION_COUNTER, &s->seed, "S",
         "pairs, shuffles and a new judge follow from it (default 1)"},
        {"device", OPTION_TEXT, &s->device, "D",
         "P:D, part of a name, cpu, gpu or reference (default: SAAE_DEVICE, else the best)"},
        {"out", OPTION_TEXT, &s->out, "DIR", "writes evaluation.json and confusion.csv there"},
        {"json", OPTION_TEXT, &s->json, "FILE", "writes the JSON there; -: instead of the lines"},
    };
    const struct option_table table = {
        .command = "evaluate",
        .synopsis = "--checkpoint FILE [OPTION...]",
        .summary = "Measures whether generated pictures show the content that was asked for, by a "
                   "recogniser trained on real images only, whether they follow the style, and "
                   "how well test images are reconstructed.",
        .example = "saae evaluate --checkpoint run/checkpoint.safetensors --out evaluation",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    return options_parse(&table, argc, argv);
}

/* SAAE_INPUT: the pictures are not those of the model. */
static int check_data(const struct dataset *set, const struct checkpoint *checkpoint)
{
    const struct saae_config *c = &checkpoint->config;
    if (set->height != c->height || set->width != c->width || set->channels != c->channels) {
        return status_set(SAAE_INPUT,
                          "'%s' has pictures of %dx%d with %d channels, the model's are %dx%d with "
                          "%d: use --resize to fit them, or the data it was trained on ('%s')",
                          set->name, set->height, set->width, set->channels, c->height, c->width,
                          c->channels, checkpoint->data);
    }
    if (c->style_height != c->height || c->style_width != c->width) {
        return status_set(SAAE_INPUT,
                          "the model's styles are %dx%d and its pictures %dx%d: only models whose "
                          "styles are pictures of the same kind can be evaluated this way",
                          c->style_height, c->style_width, c->height, c->width);
    }
    if (set->classes != c->classes) {
        return status_set(SAAE_INPUT,
                          "'%s' has %d classes, the model %d: use the data it was trained on "
                          "('%s')",
                          set->name, set->classes, c->classes, checkpoint->data);
    }
    for (int k = 0; k < c->classes; k++) {
        if (!strcmp(set->class_names[k], checkpoint->class_names[k])) continue;
        return status_set(SAAE_INPUT,
                          "class %d is '%s' in '%s' and '%s' in the model: use the data it was "
                          "trained on ('%s')",
                          k, set->class_names[k], set->name, checkpoint->class_names[k],
                          checkpoint->data);
    }
    if (!checkpoint->contents.count) {
        return status_set(SAAE_INPUT,
                          "'%s' holds no content pictures, which contents are drawn from: use a "
                          "checkpoint that 'saae train' wrote",
                          checkpoint->path);
    }
    return SAAE_OK;
}

static bool show_training(void *context, int64_t step, int64_t steps, double loss)
{
    (void)context;
    terminal_progress("training the judge on real images: step %lld/%lld  loss %.3f",
                      (long long)step, (long long)steps, loss);
    return true;
}

static bool show_measuring(void *context, const char *what, int done, int total)
{
    (void)context;
    terminal_progress("%s: %d/%d", what, done, total);
    return true;
}

/* What the command holds while it runs. */
struct work {
    const struct settings *settings;
    struct dataset_options data_options;
    const char *data;
    char *judge_path; /* NULL: not kept */
    struct device *device;
    struct choose_options choose; /* of the judge's and the generator's algorithms */
    struct checkpoint checkpoint;
    struct saae_model model;
    struct generator *generator;
    struct judge judge;
    struct dataset test, train; /* train is opened where it is needed */
    struct evaluation evaluation;
};

static int open_train(struct work *w)
{
    if (w->train.count) return SAAE_OK;
    int status = dataset_open(w->data, DATASET_TRAIN, &w->data_options, &w->train);
    return status == SAAE_OK ? check_data(&w->train, &w->checkpoint) : status;
}

/* Reads the judge's file, or trains the judge and writes it. */
static int find_judge(struct work *w)
{
    int status = SAAE_OK;
    struct recogniser_options options = recogniser_default_options();
    if (w->judge_path && file_exists(w->judge_path)) {
        TRY(judge_load(w->judge_path, &w->judge, w->device));
        w->judge.recogniser.choose = &w->choose;
        TRY(judge_check(&w->judge, w->judge_path, &w->test));
        if (strcmp(w->judge.training.data, w->data) != 0) {
            log_warning("the judge '%s' was trained on '%s', not on '%s'", w->judge_path,
                        w->judge.training.data, w->data);
        }
    } else {
        options.epochs = w->settings->judge_epochs;
        options.seed = w->settings->seed;
        options.choose = &w->choose;
        TRY(open_train(w));
        TRY(judge_train(&w->judge, &w->train, &w->test, &options, w->device, show_training, NULL));
        terminal_progress_end();
        if (w->judge_path) TRY(judge_save(w->judge_path, &w->judge, SAAE_VERSION));
    }
    if (w->judge_path) TRY(checksum_file(w->judge_path, &w->evaluation.judge_checksum));
done:
    return status;
}

static int prepare(struct work *w)
{
    const struct settings *s = w->settings;
    int status = SAAE_OK;
    TRY(checkpoint_open(s->checkpoint, &w->checkpoint));
    TRY(checksum_file(s->checkpoint, &w->evaluation.checkpoint_checksum));
    const struct saae_config *config = &w->checkpoint.config;
    if (s->resize) {
        w->data_options = (struct dataset_options){
            .height = config->height, .width = config->width, .channels = config->channels};
    }
    w->data = s->data ? s->data : w->checkpoint.data;
    TRY(dataset_open(w->data, DATASET_TEST, &w->data_options, &w->test));
    TRY(check_data(&w->test, &w->checkpoint));
    if (strcmp(s->styles, "train") == 0) TRY(open_train(w));
    if (s->out) TRY(file_make_folder(s->out));
    if (s->judge)
        TRY(memory_copy_text(&w->judge_path, s->judge));
    else if (s->out)
        TRY(file_join(&w->judge_path, s->out, "judge.safetensors"));
    TRY(common_open_checked_device(&w->device, s->device, false, SELF_TEST_TRAINING));
    w->choose = choose_default_options(SAAE_VERSION);
    w->choose.exact = s->exact;
    TRY(find_judge(w));
    TRY(saae_model_create(&w->model, config));
    w->model.choose = &w->choose;
    TRY(network_allocate(&w->model.generator, w->device, false));
    TRY(checkpoint_restore(&w->checkpoint, &w->model, false));
    TRY(generator_create(&w->generator, &w->model, s->batch,
                         s->batch_statistics ? BATCH_NORM_FROZEN : BATCH_NORM_INFER));
done:
    return status;
}

static int measure(struct work *w)
{
    const struct settings *s = w->settings;
    int status = SAAE_OK;
    struct evaluation *e = &w->evaluation;
    struct content_pairs pairs = {0};
    struct content_subject subject = {.generator = w->generator,
                                      .judge = &w->judge,
                                      .contents = &w->checkpoint.contents,
                                      .progress = show_measuring};
    const struct dataset *styles = strcmp(s->styles, "train") == 0 ? &w->train : &w->test;
    TRY(content_pairs_draw(&pairs, styles, &w->checkpoint.contents, s->pairs, s->seed));
    TRY(judge_count_right(&w->judge, &w->test, &e->test_right));
    TRY(content_measure_pairs(&subject, styles, &pairs, s->seed, &e->confusion, &e->ink));
    TRY(content_measure_reconstruction(
        &subject, &w->test, s->reconstruct ? s->reconstruct : w->test.count, &e->reconstruction));
done:
    terminal_progress_end();
    content_pairs_free(&pairs);
    return status;
}

/* Where the figures come from, beside the figures. */
static void describe(struct work *w)
{
    const struct settings *s = w->settings;
    struct evaluation *e = &w->evaluation;
    e->checkpoint_path = s->checkpoint;
    e->data = w->data;
    e->styles = s->styles;
    e->judge_path = w->judge_path;
    e->checkpoint = &w->checkpoint;
    e->judge = &w->judge;
    e->device = w->device ? device_traits(w->device)->name : "the reference";
    e->batch_statistics = s->batch_statistics;
    e->exact = s->exact;
    e->batch = s->batch;
    e->seed = s->seed;
    e->test_images = w->test.count;
}

static int write_results(const struct settings *s, const struct evaluation *e)
{
    int status = SAAE_OK;
    char *path = NULL;
    if (!s->json || strcmp(s->json, "-") != 0) evaluation_print(e);
    if (s->json) TRY(evaluation_write_json(e, s->json));
    if (!s->out) goto done;
    TRY(file_join(&path, s->out, "evaluation.json"));
    TRY(evaluation_write_json(e, path));
    free(path);
    path = NULL;
    TRY(file_join(&path, s->out, "confusion.csv"));
    TRY(evaluation_write_confusion(e, path));
done:
    free(path);
    return status;
}

int cmd_evaluate(int argc, char **argv)
{
    struct settings s;
    struct work w = {.settings = &s};
    int status = SAAE_OK;
    TRY(parse(&s, argc, argv));
    TRY(prepare(&w));
    TRY(measure(&w));
    describe(&w);
    TRY(write_results(&s, &w.evaluation));
done:
    terminal_progress_end();
    content_confusion_free(&w.evaluation.confusion);
    generator_free(w.generator);
    judge_free(&w.judge);
    saae_model_free(&w.model);
    device_close(w.device);
    dataset_free(&w.train);
    dataset_free(&w.test);
    checkpoint_free(&w.checkpoint);
    free(w.judge_path);
    return status;
}
