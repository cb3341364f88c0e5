/* saae generate: pictures from a checkpoint. */
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/generate_outputs.h"
#include "cli/options.h"
#include "train/checkpoint.h"
#include "version.h"

struct settings {
    const char *checkpoint, *content, *style, *out, *device;
    int per_class, count, batch;
    bool resize, batch_statistics, exact;
    uint64_t seed;
};

enum { USUAL_ROWS = 8, USUAL_PER_CLASS = 10 };

enum output { OUTPUT_GRID, OUTPUT_SET, OUTPUT_ARRAY };

static enum output output_of(const char *path)
{
    if (file_has_extension(path, "png")) return OUTPUT_GRID;
    return file_has_extension(path, "npy") ? OUTPUT_ARRAY : OUTPUT_SET;
}

static int parse(struct settings *s, int argc, char **argv)
{
    const struct option options[] = {
        {"checkpoint", OPTION_TEXT, &s->checkpoint, "FILE", "the trained model", .required = true},
        {"content", OPTION_TEXT, &s->content, "WHAT",
         "what to draw: characters or names, with commas, of classes, 'all', a picture or a folder "
         "of pictures"},
        {"style", OPTION_TEXT, &s->style, "WHAT",
         "how to draw it: a picture, a folder of pictures, or a data set such as "
         "fashion-mnist:test or idx:DIR:train",
         .required = true},
        {"out", OPTION_TEXT, &s->out, "PATH",
         "FILE.png: a grid, styles in the first column and contents in the first row; FILE.npy: "
         "float32 [N,C,H,W]; else a new folder for a labelled set",
         .required = true},
        {"count", OPTION_INT, &s->count, "N",
         "styles to draw from those there are; usually 8 for a grid, else all", .minimum = 1,
         .maximum = 1000000},
        {"per-class", OPTION_INT, &s->per_class, "N",
         "pictures of each content in a set, each in a style of its own; usually 10", .minimum = 1,
         .maximum = 1000000},
        {"resize", OPTION_FLAG, &s->resize, NULL,
         "fit pictures of another size or another number of channels"},
        {"batch", OPTION_INT, &s->batch, "N", "pictures computed at once", .minimum = 1,
         .maximum = 65536},
        {"batch-statistics", OPTION_FLAG, &s->batch_statistics, NULL,
         "normalise by each batch's own statistics, as training does, instead of the running ones"},
        {"exact", OPTION_FLAG, &s->exact, NULL,
         "only algorithms that sum what the formulas say: no Winograd, no Fourier transforms"},
        {"seed", OPTION_COUNTER, &s->seed, "N", "for the drawing of styles"},
        {"device", OPTION_TEXT, &s->device, "D",
         "P:D, part of a name, cpu, gpu or reference (default: SAAE_DEVICE, else the best)"},
    };
    const struct option_table table = {
        .command = "generate",
        .synopsis = "--checkpoint FILE --style WHAT --out PATH [OPTION...]",
        .summary = "Draws contents in the manner of style pictures, as a grid or a labelled set.",
        .example = "saae generate --checkpoint run/checkpoint.safetensors "
                   "--style styles --out grid.png",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    return options_parse(&table, argc, argv);
}

/* What the options leave open, and what they contradict, once the pictures are read. */
static int settle(struct settings *s, const struct generation *generation, enum output output)
{
    int styles = generation->styles.count;
    if (output == OUTPUT_GRID) {
        if (s->per_class) {
            return status_set(SAAE_USAGE, "--per-class is for sets; a grid shows every content in "
                                          "every style: use --count");
        }
        s->per_class = styles;
    }
    if (!s->per_class) s->per_class = styles < USUAL_PER_CLASS ? styles : USUAL_PER_CLASS;
    if (s->per_class > styles) {
        return status_set(SAAE_USAGE,
                          "--per-class %d: there are %d styles, and a picture repeats with its "
                          "style; give more styles",
                          s->per_class, styles);
    }
    /* A batch that is never filled would be computed for nothing. */
    int64_t total = (int64_t)s->per_class * generation->contents.count;
    if (s->batch > total) s->batch = (int)total;
    return SAAE_OK;
}

static int write_output(const struct settings *s, struct generation *generation, enum output output)
{
    int status = SAAE_OK;
    int contents = generation->contents.count, styles = generation->styles.count;
    switch (output) {
    case OUTPUT_GRID:
        TRY(output_grid(generation, s->out));
        printf("%s: a grid of %d contents in %d styles\n", s->out, contents, styles);
        break;
    case OUTPUT_SET:
        TRY(output_set(generation, s->out, s->per_class));
        printf("%s: %d pictures of each of %d contents, labels.txt, provenance.jsonl\n", s->out,
               s->per_class, contents);
        break;
    case OUTPUT_ARRAY:
        TRY(output_array(generation, s->out, s->per_class));
        printf("%s: %d pictures of each of %d contents\n", s->out, s->per_class, contents);
        break;
    }
done:
    return status;
}

static int create_pairs(struct generation *generation, struct saae_model *model,
                        const struct settings *s)
{
    const struct inputs *contents = &generation->contents, *styles = &generation->styles;
    return pairs_create(
        &generation->pairs, model,
        &(struct pairs_options){.batch = s->batch,
                                .mode = s->batch_statistics ? BATCH_NORM_FROZEN : BATCH_NORM_INFER},
        &(struct pairs_source){contents->pixels, contents->count},
        &(struct pairs_source){styles->pixels, styles->count});
}

int cmd_generate(int argc, char **argv)
{
    struct settings s = {.content = "all", .batch = 64};
    struct checkpoint checkpoint = {0};
    struct saae_model model = {0};
    struct choose_options choose = {.version = SAAE_VERSION}; /* nobody waits for a clock */
    struct device *device = NULL;
    int status = parse(&s, argc, argv);
    if (status != SAAE_OK) return status;
    enum output output = output_of(s.out);
    struct generation generation = {
        .checkpoint = &checkpoint, .seed = s.seed, .batch_statistics = s.batch_statistics};
    TRY(checkpoint_open(s.checkpoint, &checkpoint));
    TRY(checksum_file(s.checkpoint, &generation.checksum));
    TRY(inputs_read_contents(&generation.contents, &checkpoint, s.content, s.resize));
    TRY(inputs_read_styles(&generation.styles, &checkpoint, s.style, s.resize, s.count,
                           output == OUTPUT_GRID ? USUAL_ROWS : 1000000, s.seed));
    TRY(settle(&s, &generation, output));
    TRY(common_open_checked_device(&device, s.device, false, SELF_TEST_GENERATION));
    generation.device = device ? device_traits(device)->name : "reference";
    TRY(saae_model_create(&model, &checkpoint.config));
    choose.exact = s.exact;
    model.choose = &choose;
    TRY(network_allocate(&model.generator, device, false));
    TRY(checkpoint_restore(&checkpoint, &model, false));
    TRY(create_pairs(&generation, &model, &s));
    TRY(write_output(&s, &generation, output));
done:
    pairs_free(generation.pairs);
    saae_model_free(&model);
    device_close(device);
    inputs_free(&generation.contents);
    inputs_free(&generation.styles);
    checkpoint_free(&checkpoint);
    return status;
}
