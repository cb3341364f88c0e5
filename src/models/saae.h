/* The Stylized Adversarial AutoEncoder (Zhao et al., ACM MM 2017).
 *
 *     content c [N,H,W,C]   -> Enc_c: 3 blocks                          -> z_c [N,H,W,F]
 *     style   s [N,Hs,Ws,C] -> Enc_s: 3 blocks, FC -> style vector, FC  -> z_s [N,H,W,F]
 *     concat [N,H,W,2F] -> Dec: 2 blocks, convolution, sigmoid          -> image in [0,1]
 *     D: block, 2x2 max-pool, 2 blocks, FC hidden, FC                   -> logits
 *
 * The decoder's first convolution is linear: it is that of z_c with its first F input channels plus
 * that of z_s with the others. So nothing is concatenated, and each part is computed no more often
 * than there are different contents or styles.
 *
 * A block is convolution, batch-norm, leaky ReLU; nothing inside G is downsampled. */
#ifndef SAAE_MODELS_SAAE_H
#define SAAE_MODELS_SAAE_H

#include "graph/choose.h"
#include "models/network.h"
#include "saae/model.h"

struct saae_model {
    struct saae_config config;
    struct network generator, discriminator;
    const struct choose_options *choose; /* for the graphs made from it; NULL: plain algorithms */
};

/* Registers the parameters of both networks. SAAE_USAGE: the configuration is out of range. */
int saae_model_create(struct saae_model *model, const struct saae_config *config);
void saae_model_free(struct saae_model *model); /* leaves it empty */

/* Logits of D: k + 1, or 1 for the binary one. */
int saae_logits(const struct saae_config *config);
/* The label of a generated image: k, or 1 for the binary D, where 0 is real. */
int saae_generated_label(const struct saae_config *config);

/* `layers` set up for one of the model's networks. Follow with layers_begin. */
struct layers saae_layers(struct saae_model *model, struct network *network, struct graph *graph,
                          struct links *links, enum batch_norm_mode mode);

/* Parts; each returns a tensor. */
int saae_encode_content(struct layers *layers, const struct saae_config *config, int content);
int saae_style_vector(struct layers *layers, const struct saae_config *config, int style);
int saae_style_map(struct layers *layers, const struct saae_config *config, int vector);
/* Each half's part [N,H,W,F] of the decoder's first convolution. */
enum saae_half { SAAE_CONTENT, SAAE_STYLE };
int saae_mix(struct layers *layers, const struct saae_config *config, enum saae_half half, int z);
/* The rest of the decoder: of the sum of both parts; or of the content's part and what the style's
 * is made of, which is quicker where that is not shared. */
int saae_decode_pair(struct layers *layers, const struct saae_config *config, int content,
                     int z_style);
int saae_decode(struct layers *layers, const struct saae_config *config, int sum);
int saae_discriminate(struct layers *layers, const struct saae_config *config, int image);

/* Cross-entropy of D's logits against labels, averaged over the batch of n. */
int saae_classification_loss(struct graph *graph, const struct saae_config *config, int logits,
                             int labels, int n);

#endif
