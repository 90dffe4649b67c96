#include "solve/centred.h"

#include <math.h>

struct doubled scaled_center(const struct normal_equations *equations, size_t j)
{
    double s = equations->scale[j];
    return (struct doubled){equations->center[j] * s, equations->center_rest[j] * s};
}

static gemml_status fold_centred(const struct normal_equations *equations, const struct source *source, size_t k,
                                 double scale_y, struct doubled alpha, const struct doubled *v,
                                 struct gradient *gradient)
{
    TRY(gradient_fold(gradient, source, k, equations->scale, scale_y, alpha, v));
    for (size_t j = 0; j < equations->features; j++) {
        struct doubled level = doubled_multiply(gradient->g0, scaled_center(equations, j));
        gradient->g[j] = doubled_add(gradient->g[j], doubled_negative(level));
    }
    return GEMML_OK;
}

gemml_status centred_gradient(const struct normal_equations *equations, const struct source *source, size_t k,
                              struct doubled alpha, const struct doubled *v, struct gradient *gradient)
{
    return fold_centred(equations, source, k, equations->scale[equations->features + k], alpha, v, gradient);
}

/* Without targets the residuals are -U z, where alpha = -mu z. */
gemml_status centred_product(const struct normal_equations *equations, const struct source *source,
                             const struct doubled *z, struct doubled *product)
{
    struct gradient gradient = {.g = product};
    struct doubled alpha = {0, 0};
    for (size_t j = 0; j < equations->features; j++)
        alpha = doubled_add(alpha, doubled_negative(doubled_multiply(z[j], scaled_center(equations, j))));
    TRY(fold_centred(equations, source, 0, 0, alpha, z, &gradient));
    for (size_t j = 0; j < equations->features; j++)
        product[j] = doubled_negative(product[j]);
    return GEMML_OK;
}

/* With residuals of 1 (v = 0, alpha = -1) the components of g are sum w (x_j - m_j) s_j. */
gemml_status centre_rest(const struct normal_equations *equations, const struct source *source, struct doubled *rest)
{
    struct gradient gradient = {.g = rest};
    for (size_t j = 0; j < equations->features; j++)
        rest[j] = doubled_of(0);
    if (!equations->intercept)
        return GEMML_OK;
    TRY(fold_centred(equations, source, 0, 0, doubled_of(-1), rest, &gradient));
    for (size_t j = 0; j < equations->features; j++)
        rest[j] = doubled_divide(rest[j], doubled_value(gradient.g0));
    return GEMML_OK;
}

double relative_step(const struct normal_equations *equations, const double *delta, const struct doubled *v)
{
    double step = 0, size = 0;
    for (size_t j = 0; j < equations->features; j++)
        if (equations->equilibration[j] > 0) {
            step = fmax(step, fabs(delta[j] / equations->equilibration[j]));
            size = fmax(size, fabs(v[j].hi / equations->equilibration[j]));
        }
    return step > 0 ? step / size : 0;
}
