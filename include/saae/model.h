/* What a model is: sizes and choices, stored in every checkpoint. */
#ifndef SAAE_MODEL_H
#define SAAE_MODEL_H

enum saae_discriminator {
    SAAE_MULTICLASS, /* k + 1 outputs: k real classes, the last one: generated (the paper's) */
    SAAE_BINARY,     /* one output: real or generated (the paper's ablation) */
};

enum saae_head {
    SAAE_SOFTMAX, /* one distribution over the k + 1 classes */
    SAAE_SIGMOID, /* k + 1 independent probabilities; the binary discriminator's only head */
};

struct saae_config {
    char preset[16];               /* "tiny", "small", "paper"; "custom" after a change */
    int height, width;             /* of content, target and generated images, pixels */
    int style_height, style_width; /* of style images, pixels */
    int channels;                  /* 1 grey, 3 RGB */
    int classes;                   /* k */
    int features;                  /* F: channels of every convolution inside */
    int filter;                    /* R = S, odd */
    int style_vector;              /* length of the style code */
    int hidden;                    /* width of D's hidden fully connected layer */
    enum saae_discriminator discriminator;
    enum saae_head head;
    int output_batch_norm; /* batch-norm on the decoder's last layer: the paper's letter */
    double slope;          /* of the leaky ReLU */
    double batch_norm_eps;
    double batch_norm_momentum; /* weight of the new value in running statistics */
};

/* Fills the sizes of a preset; image sizes and classes keep what they are.
 * SAAE_USAGE: unknown name; the message lists the presets. */
int saae_config_preset(struct saae_config *config, const char *preset);

/* SAAE_USAGE: a value is out of range; the message names it. */
int saae_config_check(const struct saae_config *config);

#endif
