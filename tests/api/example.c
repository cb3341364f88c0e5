/* saae's library from outside: example CHECKPOINT CLASS STYLE.png OUT.png [DEVICE]
 * draws the class in the style of a picture. */
#include <saae/saae.h>

#include <stdio.h>
#include <stdlib.h>

static int draw(struct saae_generator *generator, char **argv)
{
    const struct saae_config *c = saae_generator_config(generator);
    size_t size = (size_t)(c->height * c->width * c->channels);
    uint8_t *content = malloc(size), *image = malloc(size);
    uint8_t *style = malloc((size_t)(c->style_height * c->style_width * c->channels));
    int status = content && image && style ? SAAE_OK : SAAE_MEMORY;
    if (status == SAAE_OK) {
        int number = saae_generator_find_class(generator, argv[2]);
        status = saae_generator_content(generator, number, content);
    }
    if (status == SAAE_OK) {
        status = saae_picture_read(argv[3], c->style_height, c->style_width, c->channels, style);
    }
    if (status == SAAE_OK) status = saae_generator_run(generator, content, style, 1, image);
    if (status == SAAE_OK) {
        status = saae_picture_write(argv[4], c->height, c->width, c->channels, image);
    }
    free(content);
    free(style);
    free(image);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: example CHECKPOINT CLASS STYLE.png OUT.png [DEVICE]\n");
        return SAAE_USAGE;
    }
    struct saae_generator *generator = NULL;
    struct saae_generator_options options = {.device = argc > 5 ? argv[5] : ""};
    int status = saae_generator_open(&generator, argv[1], &options);
    if (status == SAAE_OK) status = draw(generator, argv);
    if (status != SAAE_OK) fprintf(stderr, "example: %s\n", saae_message());
    saae_generator_close(generator);
    return status;
}
