#include "train/initialise.h"

#include <math.h>

#include "util/rng.h"

/* The rule of layer l that AUTO stands for: He keeps the variance of what a
 * rectifier halves, Xavier that of what is close to linear around 0. */
static enum initialisation default_rule(const struct chain *chain, size_t l)
{
    enum activation f = chain->layer[l].activation;
    bool rectifier = f == ACTIVATION_RELU || f == ACTIVATION_LEAKY_RELU || f == ACTIVATION_GELU;
    return rectifier && l + 1 < chain->layers ? INITIALISATION_HE_NORMAL : INITIALISATION_XAVIER_UNIFORM;
}

/* U(-a, a). */
static void draw_uniform(struct rng *rng, double a, size_t count, real *W)
{
    for (size_t i = 0; i < count; i++)
        W[i] = (real)(a * (2 * rng_uniform(rng) - 1));
}

/* N(0, sigma^2). */
static void draw_normal(struct rng *rng, double sigma, size_t count, real *W)
{
    for (size_t i = 0; i < count; i++)
        W[i] = (real)(sigma * rng_normal(rng));
}

static void draw(const struct layer *layer, enum initialisation rule, struct rng *rng, real *W)
{
    double n = (double)layer->inputs, m = (double)layer->outputs;
    size_t count = layer->inputs * layer->outputs;
    switch (rule) {
    case INITIALISATION_NORMAL:
        draw_normal(rng, 1, count, W);
        break;
    case INITIALISATION_XAVIER_UNIFORM:
        draw_uniform(rng, sqrt(6 / (n + m)), count, W);
        break;
    case INITIALISATION_XAVIER_NORMAL:
        draw_normal(rng, sqrt(2 / (n + m)), count, W);
        break;
    case INITIALISATION_HE_UNIFORM:
        draw_uniform(rng, sqrt(6 / n), count, W);
        break;
    case INITIALISATION_HE_NORMAL:
        draw_normal(rng, sqrt(2 / n), count, W);
        break;
    case INITIALISATION_AUTO:
    case INITIALISATION_ZERO:
    case INITIALISATION_COUNT:
        break;
    }
}

void R(initialise)(const struct chain *chain, enum initialisation initialisation, uint64_t seed, real *theta)
{
    for (size_t i = 0; i < chain->parameters; i++)
        theta[i] = 0;
    for (size_t l = 0; l < chain->layers; l++) {
        struct rng rng = rng_make(seed, train_stream(STREAM_INITIALISE, l));
        enum initialisation rule = initialisation == INITIALISATION_AUTO ? default_rule(chain, l) : initialisation;
        draw(&chain->layer[l], rule, &rng, theta + chain->layer[l].weight_offset);
    }
}
