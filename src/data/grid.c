#include "data/grid.h"

#include <string.h>

#include "base/pixel.h"
#include "base/status.h"
#include "data/png.h"

enum { LINE = 2, HEAD_LINE = 6, GREY = 128, USUAL_HEIGHT = 84, MOST_SCALE = 8 };

void grid_bytes_from_floats(const float *values, size_t count, uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) bytes[i] = pixel_from_float(values[i]);
}

static int chosen_scale(const struct grid *grid)
{
    if (grid->scale > 0) return grid->scale;
    int scale = (USUAL_HEIGHT + grid->height / 2) / grid->height;
    if (scale < 1) return 1;
    return scale < MOST_SCALE ? scale : MOST_SCALE;
}

/* Pixels from the sheet's edge: the size of a cell's row or column, and of the first one. */
struct axis {
    uint64_t head, cell;
};

static uint64_t axis_start(struct axis axis, int index)
{
    return axis.head + HEAD_LINE + (uint64_t)index * (axis.cell + LINE);
}

static uint64_t axis_length(struct axis axis, int count)
{
    return axis_start(axis, count) - LINE;
}

/* A picture of height x width at (top, left), each pixel a square of side `scale`. */
static void paste(struct image *sheet, uint64_t top, uint64_t left, const uint8_t *pixels,
                  int height, int width, int scale)
{
    size_t channels = (size_t)sheet->channels;
    for (int y = 0; y < height * scale; y++) {
        const uint8_t *row = pixels + (size_t)(y / scale) * (size_t)width * channels;
        size_t line = ((size_t)top + (size_t)y) * (size_t)sheet->width + (size_t)left;
        uint8_t *to = sheet->pixels + line * channels;
        for (int x = 0; x < width * scale; x++, to += channels) {
            memcpy(to, row + (size_t)(x / scale) * channels, channels);
        }
    }
}

static void paste_all(const struct grid *grid, struct axis down, struct axis across, int scale,
                      struct image *sheet)
{
    size_t cell = (size_t)grid->height * (size_t)grid->width * (size_t)grid->channels;
    size_t style = (size_t)grid->style_height * (size_t)grid->style_width * (size_t)grid->channels;
    const uint8_t *pixels = grid->cells;
    for (int c = 0; c < grid->columns; c++) {
        paste(sheet, 0, axis_start(across, c), grid->contents + (size_t)c * cell, grid->height,
              grid->width, scale);
    }
    for (int r = 0; r < grid->rows; r++) {
        paste(sheet, axis_start(down, r), 0, grid->styles + (size_t)r * style, grid->style_height,
              grid->style_width, scale);
        for (int c = 0; c < grid->columns; c++, pixels += cell) {
            paste(sheet, axis_start(down, r), axis_start(across, c), pixels, grid->height,
                  grid->width, scale);
        }
    }
}

int grid_draw(const struct grid *grid, struct image *image)
{
    int status = SAAE_OK, scale = chosen_scale(grid);
    int higher = grid->height > grid->style_height ? grid->height : grid->style_height;
    struct axis down = {(uint64_t)grid->height * (uint64_t)scale,
                        (uint64_t)higher * (uint64_t)scale};
    struct axis across = {(uint64_t)grid->style_width * (uint64_t)scale,
                          (uint64_t)grid->width * (uint64_t)scale};
    uint64_t height = axis_length(down, grid->rows), width = axis_length(across, grid->columns);
    *image = (struct image){0};
    if (image_check_size("", width, height) != SAAE_OK) {
        FAIL(SAAE_USAGE,
             "a grid of %d styles and %d contents would be %llux%llu pixels; at most %d a side are "
             "possible: take fewer",
             grid->rows, grid->columns, (unsigned long long)width, (unsigned long long)height,
             IMAGE_MAX_SIDE);
    }
    TRY(image_create(image, (int)height, (int)width, grid->channels));
    memset(image->pixels, GREY, image_bytes(image));
    paste_all(grid, down, across, scale, image);
done:
    return status;
}

int grid_write(const char *path, const struct grid *grid)
{
    struct image image = {0};
    int status = grid_draw(grid, &image);
    if (status == SAAE_OK) status = png_write(path, &image);
    image_free(&image);
    return status;
}
