/* Networks by L-BFGS: what was minimised is the loss plus the penalty that the documentation says, it ends
 * where its gradient vanishes, and limits are kept. */
#include "network.h"

#include <math.h>

static gemml_mlp_options lbfgs_options(double l2)
{
    static const size_t hidden[] = {4};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.hidden = hidden;
    options.hidden_count = 1;
    options.activation = GEMML_ACTIVATION_TANH;
    options.solver = GEMML_SOLVER_LBFGS;
    options.dtype = GEMML_F64;
    options.l2 = l2;
    options.tolerance = 1e-7;
    return options;
}

static gemml_fit_info info_of(const gemml_model *model)
{
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_get_fit_info(model, &info));
    return info;
}

/* The sum of the squares of all weights, without biases. */
static double squares_of(const gemml_model *model)
{
    double sum = 0;
    for (size_t l = 0; l < 2; l++) {
        gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
        assert_ok(gemml_layer(model, l, &layer));
        const double *W = layer.weight.data;
        for (size_t i = 0; i < layer.inputs * layer.outputs; i++)
            sum += W[i] * W[i];
    }
    return sum;
}

/* F = sum w loss + l2 / 2 sum W^2, and its gradient is below the tolerance where it says so. */
static void the_objective_is_what_it_says(void **state)
{
    const double penalties[] = {0.2, 2, 20};
    (void)state;
    struct sample s = curve_make(80);
    sample_weigh(&s, 3);
    gemml_dataset data = sample_dataset(&s);
    double W = 0;
    for (size_t i = 0; i < s.n; i++)
        W += s.w[i];
    for (size_t k = 0; k < 3; k++) {
        gemml_mlp_options options = lbfgs_options(penalties[k]);
        gemml_model *model = fit_mlp(&options, &data, NULL);
        gemml_fit_info info = info_of(model);
        double gradient[64], loss, largest = 0;
        const void *parameters;
        size_t count;
        assert_ok(gemml_parameters(model, &parameters, &count));
        assert_true(count <= 64);
        assert_ok(gemml_loss_gradient(model, &data, &loss, gradient));
        for (size_t i = 0; i < count; i++)
            largest = fmax(largest, fabs(gradient[i]));
        assert_near(info.objective, W * info.loss + penalties[k] / 2 * squares_of(model), 1e-12);
        assert_near(info.loss, loss, 1e-12);
        if (info.outcome != GEMML_CONVERGED)
            fail_msg("%s after %zu: %s", gemml_outcome_string(info.outcome), info.iterations, info.notice);
        assert_true(largest <= 1.0001e-7);
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* So many steps and no more; that they were too few is no finding of the line search. */
static void a_limit_is_kept(void **state)
{
    (void)state;
    struct sample s = curve_make(80);
    gemml_dataset data = sample_dataset(&s);
    for (size_t most = 1; most <= 4; most++) {
        gemml_mlp_options options = lbfgs_options(0.5);
        options.max_iterations = most;
        gemml_model *model = fit_mlp(&options, &data, NULL);
        gemml_fit_info info = info_of(model);
        assert_int_equal(info.outcome, GEMML_LIMIT);
        assert_int_equal(info.iterations, most);
        assert_int_equal(info.loss_history_count, most);
        assert_null(strstr(info.notice, "no step reduces"));
        gemml_model_free(model);
    }
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_objective_is_what_it_says),
        cmocka_unit_test(a_limit_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
