/* Does the generator draw the content it is asked for, in the style it is shown?
 *
 * Over cross pairs (a style image s, a content c of another class than the image's):
 *   content accuracy   share of G(c, s) that the judge (eval/judge.h) names as the class of c; its
 *                      ceiling is the judge's accuracy on real test images, and the quotient of the
 *                      two is what the generator loses
 *   style following    correlation of ink(G(c, s)) with ink(s), ink being the mean of all pixels
 *                      (0 .. 1): over all pairs, and within content classes, which takes out that
 *                      some contents are darker than others (eval/correlation.h). The same with the
 *                      styles shuffled among the pairs gives what chance gives
 * Over test images x of class y:
 *   reconstruction     sum over pixels and channels of (G(c(y), x) - x)^2, its mean over images
 *
 * Generated pictures are judged as floats, not rounded to bytes. */
#ifndef SAAE_EVAL_CONTENT_H
#define SAAE_EVAL_CONTENT_H

#include <math.h>
#include <stdbool.h>

#include "data/content.h"
#include "eval/judge.h"
#include "models/generator.h"

/* Which pairs: a pure function of the seed. Style images in a random order, none twice before all
 * were used; the content's class uniform among those that are not the image's, its picture uniform
 * among those of the class. */
struct content_pairs {
    int count;
    int32_t *style;         /* [count] number of the style image */
    int32_t *content;       /* [count] number of the content picture */
    int32_t *content_class; /* [count] its class */
};
/* SAAE_INPUT: a class without a content picture, fewer than two classes. */
int content_pairs_draw(struct content_pairs *pairs, const struct dataset *styles,
                       const struct contents *contents, int count, uint64_t seed);
void content_pairs_free(struct content_pairs *pairs); /* leaves it empty */

/* counts[wanted * classes + found], over `total` pictures. */
struct content_confusion {
    int classes, total, right;
    int32_t *counts;
};
int content_confusion_create(struct content_confusion *confusion, int classes);
void content_confusion_free(struct content_confusion *confusion); /* leaves it empty */
void content_confusion_add(struct content_confusion *confusion, int wanted, int found);
/* NAN: no picture of the class was wanted. */
double content_class_accuracy(const struct content_confusion *confusion, int wanted);

/* right / total and its standard error sqrt(p (1 - p) / total). */
double content_share(int right, int total);
double content_share_error(int right, int total);

/* Correlations, NAN where undefined: nothing varies, as after a collapse. */
enum { CONTENT_SHUFFLES = 100 };
struct content_ink {
    double all, within; /* over all pairs; within content classes */
    /* mean and standard deviation over CONTENT_SHUFFLES permutations of the styles */
    double shuffled_all, shuffled_all_deviation;
    double shuffled_within, shuffled_within_deviation;
};
int content_ink_measure(struct content_ink *ink, const double *drawn, const double *style,
                        const int32_t *content_class, int classes, int count, uint64_t seed);

struct content_reconstruction {
    int images;
    double mean, error; /* standard error of the mean over images */
};

/* done of total pictures; returning false ends with SAAE_INTERRUPTED. */
typedef bool (*content_progress)(void *context, const char *what, int done, int total);

/* What the measures are made of. All pictures have the generator's shape. */
struct content_subject {
    struct generator *generator;
    struct judge *judge;
    const struct contents *contents;
    content_progress progress; /* or NULL */
    void *context;
};

/* Draws all pairs. The confusion is created here. SAAE_NUMERIC: a picture is not finite. */
int content_measure_pairs(const struct content_subject *subject, const struct dataset *styles,
                          const struct content_pairs *pairs, uint64_t seed,
                          struct content_confusion *confusion, struct content_ink *ink);

/* `images` of the test images, evenly spaced (at most all of them), each in its own style with its
 * class's first content picture. */
int content_measure_reconstruction(const struct content_subject *subject,
                                   const struct dataset *test, int images,
                                   struct content_reconstruction *reconstruction);

#endif
