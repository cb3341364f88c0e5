#include "data/glyph.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cairo-ft.h>
#include <cairo.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_BBOX_H
#include FT_OUTLINE_H

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"

/* What cairo draws from: it keeps fonts in caches, longer than they are asked for. */
struct source {
    FT_Library library;
    FT_Face face;
};

struct glyph_font {
    char *path;
    struct source *source; /* cairo's, once `drawn` is there */
    cairo_font_face_t *drawn;
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

static void close_source(void *data)
{
    struct source *source = data;
    if (!source) return;
    if (source->face) FT_Done_Face(source->face);
    if (source->library) FT_Done_FreeType(source->library);
    free(source);
}

static int open_source(const char *path, struct source *source)
{
    if (FT_Init_FreeType(&source->library)) {
        return status_set(SAAE_MEMORY, "FreeType cannot be started");
    }
    FT_Error code = FT_New_Face(source->library, path, 0, &source->face);
    if (code) {
        return status_set(SAAE_INPUT, "'%s' is not a sound font file (FreeType error %d)", path,
                          code);
    }
    if (!FT_IS_SCALABLE(source->face) || source->face->units_per_EM == 0) {
        return status_set(SAAE_INPUT, "'%s' has no outlines; choose a TrueType or OpenType font",
                          path);
    }
    if (FT_Select_Charmap(source->face, FT_ENCODING_UNICODE)) {
        return status_set(SAAE_INPUT,
                          "'%s' has no table of Unicode characters; choose another font", path);
    }
    return SAAE_OK;
}

/* Hands the source over to cairo, which closes it when no cache holds the font any more. */
static int make_drawn(struct glyph_font *font)
{
    static const cairo_user_data_key_t key;
    font->drawn = cairo_ft_font_face_create_for_ft_face(font->source->face,
                                                        FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP);
    if (cairo_font_face_set_user_data(font->drawn, &key, font->source, close_source) ==
        CAIRO_STATUS_SUCCESS) {
        return SAAE_OK;
    }
    cairo_font_face_destroy(font->drawn);
    font->drawn = NULL;
    return status_set(SAAE_MEMORY, "out of memory for the font '%s'", font->path);
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
    TRY(memory_allocate(&font->source, 1, sizeof *font->source));
    TRY(open_source(path, font->source));
    TRY(make_drawn(font));
    *out = font;
    font = NULL;
done:
    glyph_font_close(font);
    return status;
}

void glyph_font_close(struct glyph_font *font)
{
    if (!font) return;
    if (font->drawn)
        cairo_font_face_destroy(font->drawn);
    else
        close_source(font->source);
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

/* The exact extents of the character's outline, in font units. */
static int find_extents(const struct glyph_font *font, uint32_t character, FT_BBox *extents)
{
    FT_UInt index = FT_Get_Char_Index(font->source->face, character);
    if (index == 0) {
        return status_set(SAAE_INPUT,
                          "the font '%s' has no character U+%04" PRIX32 "; choose one that has it",
                          font->path, character);
    }
    FT_Error code = FT_Load_Glyph(font->source->face, index, FT_LOAD_NO_SCALE);
    if (code || font->source->face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) {
        return status_set(SAAE_INPUT,
                          "the font '%s' has no sound outline for U+%04" PRIX32
                          " (FreeType error %d)",
                          font->path, character, code);
    }
    FT_Outline_Get_BBox(&font->source->face->glyph->outline, extents);
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
    if (status == SAAE_OK) status = find_extents(font, character, &extents);
    if (status == SAAE_OK)
        *size = fitting_scale(&extents, options) * font->source->face->units_per_EM;
    return status;
}

static int draw_path(cairo_t *cairo, const struct glyph_font *font, uint32_t character, double size,
                     const struct image *image)
{
    cairo_glyph_t glyph = {.index = FT_Get_Char_Index(font->source->face, character)};
    double left, top, right, bottom;
    cairo_set_font_face(cairo, font->drawn);
    cairo_set_font_size(cairo, size);
    cairo_set_antialias(cairo, CAIRO_ANTIALIAS_BEST);
    cairo_glyph_path(cairo, &glyph, 1);
    cairo_path_extents(cairo, &left, &top, &right, &bottom);
    cairo_new_path(cairo);
    glyph.x = (image->width - left - right) / 2;
    glyph.y = (image->height - top - bottom) / 2;
    cairo_glyph_path(cairo, &glyph, 1);
    cairo_fill(cairo);
    cairo_status_t code = cairo_status(cairo);
    if (code == CAIRO_STATUS_SUCCESS) return SAAE_OK;
    return status_set(code == CAIRO_STATUS_NO_MEMORY ? SAAE_MEMORY : SAAE_INPUT,
                      "U+%04" PRIX32 " of '%s' cannot be drawn (cairo: %s)", character, font->path,
                      cairo_status_to_string(code));
}

/* Draws the character in the middle of a grey picture: 0 no ink .. 255 full. */
static int draw(const struct glyph_font *font, uint32_t character, double size, struct image *image)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_A8, image->width, image->height);
    cairo_t *cairo = cairo_create(surface); /* carries the fault of the surface, if any */
    int status = draw_path(cairo, font, character, size, image);
    cairo_surface_flush(surface);
    if (status == SAAE_OK) {
        const uint8_t *rows = cairo_image_surface_get_data(surface);
        size_t width = (size_t)image->width,
               pitch = (size_t)cairo_image_surface_get_stride(surface);
        for (size_t y = 0; y < (size_t)image->height; y++) {
            memcpy(image->pixels + y * width, rows + y * pitch, width);
        }
    }
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return status;
}

int glyph_render(const struct glyph_font *font, uint32_t character,
                 const struct glyph_options *options, struct image *image)
{
    int status = SAAE_OK;
    struct image ink = {0};
    FT_BBox extents;
    *image = (struct image){0};
    TRY(check_options(options));
    TRY(find_extents(font, character, &extents));
    double scale = options->size / font->source->face->units_per_EM;
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
    TRY(draw(font, character, scale * font->source->face->units_per_EM, &ink));
    if (options->ink == GLYPH_BLACK_ON_WHITE) {
        size_t count = image_bytes(&ink);
        for (size_t i = 0; i < count; i++) ink.pixels[i] = (uint8_t)(255 - ink.pixels[i]);
    }
    TRY(image_convert(&ink, options->channels, image));
done:
    image_free(&ink);
    return status;
}
