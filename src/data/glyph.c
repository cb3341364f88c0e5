#include "data/glyph.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_BBOX_H
#include FT_OUTLINE_H

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"

struct glyph_font {
    char *path;
    FT_Library library;
    FT_Face face;
};

/* Debian, Fedora, Arch, openSUSE, FreeBSD */
static const char *const default_paths[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/DejaVuSans.ttf", "/usr/local/share/fonts/dejavu/DejaVuSans.ttf"};

struct glyph_options glyph_default_options(int height, int width)
{
    return (struct glyph_options){.height = height,
                                  .width = width,
                                  .channels = 1,
                                  .margin = (height < width ? height : width) / 7.0,
                                  .ink = GLYPH_WHITE_ON_BLACK};
}

static const char *default_path(void)
{
    for (size_t i = 0; i < sizeof default_paths / sizeof *default_paths; i++) {
        if (file_exists(default_paths[i])) return default_paths[i];
    }
    return NULL;
}

int glyph_font_open(const char *path, struct glyph_font **out)
{
    int status = SAAE_OK;
    struct glyph_font *font = NULL;
    if (!path) path = default_path();
    if (!path) {
        FAIL(SAAE_INPUT,
             "no DejaVu Sans in '%s' or the other usual folders; install the package "
             "fonts-dejavu-core or name a font file",
             default_paths[0]);
    }
    if (!file_exists(path)) FAIL(SAAE_INPUT, "no font file '%s'", path);
    TRY(memory_allocate(&font, 1, sizeof *font));
    TRY(memory_copy_text(&font->path, path));
    if (FT_Init_FreeType(&font->library)) FAIL(SAAE_MEMORY, "FreeType cannot be started");
    FT_Error code = FT_New_Face(font->library, path, 0, &font->face);
    if (code) FAIL(SAAE_INPUT, "'%s' is not a sound font file (FreeType error %d)", path, code);
    if (!FT_IS_SCALABLE(font->face) || font->face->units_per_EM == 0) {
        FAIL(SAAE_INPUT, "'%s' has no outlines; choose a TrueType or OpenType font", path);
    }
    if (FT_Select_Charmap(font->face, FT_ENCODING_UNICODE)) {
        FAIL(SAAE_INPUT, "'%s' has no table of Unicode characters; choose another font", path);
    }
    *out = font;
    font = NULL;
done:
    glyph_font_close(font);
    return status;
}

void glyph_font_close(struct glyph_font *font)
{
    if (!font) return;
    if (font->face) FT_Done_Face(font->face);
    if (font->library) FT_Done_FreeType(font->library);
    free(font->path);
    free(font);
}

const char *glyph_font_path(const struct glyph_font *font)
{
    return font->path;
}

static int check_options(const struct glyph_options *options)
{
    int height = options->height, width = options->width;
    int shorter = height < width ? height : width;
    if (shorter < 1 || height > IMAGE_MAX_SIDE || width > IMAGE_MAX_SIDE ||
        (options->channels != 1 && options->channels != 3)) {
        return status_set(SAAE_USAGE,
                          "a character's picture of %dx%d with %d channels; 1 to %d a side and "
                          "1 or 3 channels are possible",
                          height, width, options->channels, IMAGE_MAX_SIDE);
    }
    /* Written so that NaN is refused as well. */
    if (!(options->margin >= 0 && 2 * options->margin < shorter)) {
        return status_set(SAAE_USAGE, "a margin of %g pixels in a picture of %dx%d",
                          options->margin, height, width);
    }
    if (!(options->size >= 0 && options->size <= IMAGE_MAX_SIDE)) {
        return status_set(SAAE_USAGE, "a character size of %g pixels", options->size);
    }
    return SAAE_OK;
}

/* Loads the outline into the face's glyph slot, in font units, and gives its exact extents. */
static int load_outline(const struct glyph_font *font, uint32_t character, FT_BBox *extents)
{
    FT_UInt index = FT_Get_Char_Index(font->face, character);
    if (index == 0) {
        return status_set(SAAE_INPUT,
                          "the font '%s' has no character U+%04" PRIX32 "; choose one that has it",
                          font->path, character);
    }
    FT_Error code = FT_Load_Glyph(font->face, index, FT_LOAD_NO_SCALE);
    if (code || font->face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) {
        return status_set(SAAE_INPUT,
                          "the font '%s' has no sound outline for U+%04" PRIX32
                          " (FreeType error %d)",
                          font->path, character, code);
    }
    FT_Outline_Get_BBox(&font->face->glyph->outline, extents);
    if (extents->xMin >= extents->xMax || extents->yMin >= extents->yMax) {
        return status_set(SAAE_INPUT,
                          "the character U+%04" PRIX32 " draws nothing in the font '%s'; it cannot "
                          "be a content",
                          character, font->path);
    }
    return SAAE_OK;
}

/* Pixels per font unit at the largest size that leaves the margin free. */
static double fitting_scale(const FT_BBox *extents, const struct glyph_options *options)
{
    double down = (options->height - 2 * options->margin) / (double)(extents->yMax - extents->yMin);
    double across =
        (options->width - 2 * options->margin) / (double)(extents->xMax - extents->xMin);
    return down < across ? down : across;
}

int glyph_fit(const struct glyph_font *font, uint32_t character,
              const struct glyph_options *options, double *size)
{
    FT_BBox extents;
    int status = check_options(options);
    if (status == SAAE_OK) status = load_outline(font, character, &extents);
    if (status == SAAE_OK) *size = fitting_scale(&extents, options) * font->face->units_per_EM;
    return status;
}

/* Draws the loaded outline, scaled, in the middle of a grey picture: 0 no ink .. 255 full. */
static int draw_outline(const struct glyph_font *font, double scale, struct image *image)
{
    FT_Outline *outline = &font->face->glyph->outline;
    FT_Fixed factor = (FT_Fixed)lround(scale * 64 * 65536); /* to 1/64 pixel; 16.16 fixed point */
    FT_Matrix matrix = {.xx = factor, .yy = factor};
    FT_BBox extents;
    FT_Bitmap bitmap = {.rows = (unsigned)image->height,
                        .width = (unsigned)image->width,
                        .pitch = image->width,
                        .buffer = image->pixels,
                        .num_grays = 256,
                        .pixel_mode = FT_PIXEL_MODE_GRAY};
    FT_Outline_Transform(outline, &matrix);
    FT_Outline_Get_BBox(outline, &extents);
    FT_Outline_Translate(outline, (64 * image->width - extents.xMin - extents.xMax) / 2,
                         (64 * image->height - extents.yMin - extents.yMax) / 2);
    FT_Error code = FT_Outline_Get_Bitmap(font->library, outline, &bitmap);
    if (code) {
        return status_set(SAAE_INPUT, "a character of '%s' cannot be drawn (FreeType error %d)",
                          font->path, code);
    }
    return SAAE_OK;
}

int glyph_render(const struct glyph_font *font, uint32_t character,
                 const struct glyph_options *options, struct image *image)
{
    int status = SAAE_OK;
    struct image ink = {0};
    FT_BBox extents;
    *image = (struct image){0};
    TRY(check_options(options));
    TRY(load_outline(font, character, &extents));
    double scale = options->size / font->face->units_per_EM;
    if (options->size == 0) scale = fitting_scale(&extents, options);
    double height = scale * (double)(extents.yMax - extents.yMin);
    double width = scale * (double)(extents.xMax - extents.xMin);
    if (height > options->height || width > options->width) {
        FAIL(SAAE_USAGE,
             "U+%04" PRIX32 " at %g pixels per em is %.1fx%.1f (height x width), too large for a "
             "picture of %dx%d",
             character, options->size, height, width, options->height, options->width);
    }
    TRY(image_create(&ink, options->height, options->width, 1));
    TRY(draw_outline(font, scale, &ink));
    if (options->ink == GLYPH_BLACK_ON_WHITE) {
        size_t count = image_bytes(&ink);
        for (size_t i = 0; i < count; i++) ink.pixels[i] = (uint8_t)(255 - ink.pixels[i]);
    }
    TRY(image_convert(&ink, options->channels, image));
done:
    image_free(&ink);
    return status;
}
