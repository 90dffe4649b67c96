/* Networks: what they learn, their gradients against plain loops, early stopping, outcomes. */
#include "network.h"

#include "classes.h"

/* ---- Plain loops ---------------------------------------------------------------- */

enum { WIDEST = 16 };

static long double plain_activation(const char *name, long double z)
{
    if (strcmp(name, "relu") == 0)
        return z > 0 ? z : 0;
    if (strcmp(name, "leaky_relu") == 0)
        return z > 0 ? z : 0.01L * z;
    if (strcmp(name, "sigmoid") == 0)
        return 1 / (1 + expl(-z));
    if (strcmp(name, "tanh") == 0)
        return tanhl(z);
    if (strcmp(name, "gelu") == 0)
        return z * erfcl(-z / sqrtl(2)) / 2;
    return z;
}

/* Layer by layer from the flat vector: W (in x out) row by row, then b. */
static size_t plain_row(const gemml_model *model, const long double *theta, const double *x, long double *a,
                        long double *z)
{
    size_t layers = model_info(model).layers, outputs = 0;
    for (size_t j = 0; j < model_info(model).inputs; j++)
        a[j] = x[j];
    for (size_t l = 0; l < layers; l++) {
        gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
        assert_ok(gemml_layer(model, l, &layer));
        const long double *b = theta + layer.inputs * layer.outputs;
        outputs = layer.outputs;
        for (size_t k = 0; k < outputs; k++) {
            z[k] = layer.bias.data ? b[k] : 0;
            for (size_t j = 0; j < layer.inputs; j++)
                z[k] += a[j] * theta[j * outputs + k];
        }
        for (size_t k = 0; k < outputs; k++)
            a[k] = plain_activation(layer.activation, z[k]);
        theta = b + (layer.bias.data ? outputs : 0);
    }
    return outputs;
}

/* loss_i from the last z, and from a where it is a squared error. */
static long double plain_loss_of_row(const gemml_model *model, const long double *theta, const struct sample *s,
                                     size_t i)
{
    long double a[WIDEST], z[WIDEST], sum = 0;
    size_t outputs = plain_row(model, theta, s->x + i * s->p, a, z), classes = model_info(model).classes;
    size_t y = (size_t)s->y[i];
    if (classes == 2)
        return log1pl(expl(y ? -z[0] : z[0]));
    for (size_t k = 0; k < outputs; k++)
        sum += classes ? expl(z[k]) : (a[k] - s->y[i * s->K + k]) * (a[k] - s->y[i * s->K + k]);
    return classes ? logl(sum) - z[y] : sum / 2;
}

/* (F) / sum w = loss + lambda / (2 sum w) sum W^2. */
static long double plain_objective(const gemml_model *model, const long double *theta, const struct sample *s,
                                   double l2, long double *loss)
{
    long double sum = 0, weight = 0, squares = 0;
    for (size_t i = 0; i < s->n; i++) {
        long double w = s->w ? s->w[i] : 1;
        sum += w * plain_loss_of_row(model, theta, s, i);
        weight += w;
    }
    for (size_t l = 0; l < model_info(model).layers; l++) {
        gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
        assert_ok(gemml_layer(model, l, &layer));
        for (size_t j = 0; j < layer.inputs * layer.outputs; j++)
            squares += theta[j] * theta[j];
        theta += layer.inputs * layer.outputs + (layer.bias.data ? layer.outputs : 0);
    }
    *loss = sum / weight;
    return *loss + l2 / 2 * squares / weight;
}

/* ---- Gradients ------------------------------------------------------------------ */

static void check_gradient(const gemml_model *model, const struct sample *s, double l2)
{
    bool single = model_info(model).dtype == GEMML_F32;
    gemml_dataset data = sample_dataset(s);
    const void *parameters;
    size_t count, compared = 0;
    double loss, tolerance = single ? 2e-5 : 1e-6;
    assert_ok(gemml_parameters(model, &parameters, &count));
    long double *theta = malloc(count * sizeof *theta), plain, ignored;
    void *gradient = malloc(count * sizeof(double));
    for (size_t i = 0; i < count; i++)
        theta[i] = single ? ((const float *)parameters)[i] : ((const double *)parameters)[i];
    assert_ok(gemml_loss_gradient(model, &data, &loss, gradient));
    long double here = plain_objective(model, theta, s, l2, &plain);
    assert_near(loss, (double)plain, single ? 1e-6 : 1e-12);
    for (size_t i = 0; i < count; i++) {
        const long double h = 1e-6L, kept = theta[i];
        theta[i] = kept + h;
        long double above = plain_objective(model, theta, s, l2, &ignored);
        theta[i] = kept - h;
        long double below = plain_objective(model, theta, s, l2, &ignored);
        theta[i] = kept;
        if (fabsl(above + below - 2 * here) > 1e-9L) /* at a kink: a rectifier whose z is 0 to the bit */
            continue;
        compared++;
        double given = single ? ((float *)gradient)[i] : ((double *)gradient)[i];
        assert_near(given, (double)((above - below) / (2 * h)), tolerance);
    }
    assert_true(compared + 2 >= count);
    free(gradient);
    free(theta);
}

/* A network as it is initialised, but for a step that is too short to matter, in which biases stay near 0: so it
 * is trained a little. */
static gemml_mlp_options small_options(gemml_activation activation, gemml_dtype dtype)
{
    static const size_t hidden[] = {5, 4};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activation = activation;
    options.dtype = dtype;
    options.scaling = options.target_scaling = GEMML_SCALING_NONE;
    options.epochs = 3;
    options.l2 = 0.3;
    options.seed = 7;
    return options;
}

static void check_gradient_of(const gemml_mlp_options *options, const struct sample *s)
{
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_mlp(options, &data, NULL);
    check_gradient(model, s, options->l2);
    gemml_model_free(model);
}

static void gradients_agree_with_differences(void **state)
{
    struct sample values = sample_make(21, 3, 2, 1), two = classes_make(22, 3, 2, 2), four = classes_make(45, 3, 4, 3);
    (void)state;
    sample_weigh(&values, 5);
    sample_weigh(&four, 6);
    for (int f = 0; f <= GEMML_ACTIVATION_GELU; f++)
        for (int dtype = 0; dtype <= GEMML_F32; dtype++)
            for (int bias = 0; bias < 3 && f != GEMML_ACTIVATION_SOFTMAX; bias++) {
                gemml_mlp_options options = small_options((gemml_activation)f, (gemml_dtype)dtype);
                options.bias = bias;
                options.biases = bias == 2 ? (const int[]){0, 1, 0} : NULL; /* by layer */
                check_gradient_of(&options, &values);
                options.output_activation = (gemml_activation)f;
                check_gradient_of(&options, &values);
                options.output_activation = GEMML_ACTIVATION_IDENTITY;
                options.task = GEMML_TASK_CLASSIFICATION;
                check_gradient_of(&options, &two);
                check_gradient_of(&options, &four);
            }
    sample_free(&values);
    sample_free(&two);
    sample_free(&four);
}

/* ---- What they learn ------------------------------------------------------------ */

static void defaults_learn_a_curve(void **state)
{
    struct sample s = curve_make(400);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_mlp(NULL, &data, NULL);
    gemml_model_info info = model_info(model);
    (void)state;
    assert_int_equal(info.kind, GEMML_MLP);
    assert_int_equal(info.dtype, GEMML_F32);
    assert_int_equal(info.layers, 3);
    assert_int_equal(info.parameters, 7 * 64 + 65 * 32 + 33);
    assert_int_equal(info.solver, GEMML_SOLVER_DESCENT);
    assert_true(score_of(model, &data).loss < 0.002);
    gemml_model_free(model);
    sample_free(&s);
}

static void defaults_tell_moons_apart(void **state)
{
    struct sample s = moons_make(600, 0.2, 1), other = moons_make(400, 0.2, 99);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    (void)state;
    options.task = GEMML_TASK_CLASSIFICATION;
    gemml_model *model = fit_mlp(&options, &data, NULL);
    assert_int_equal(model_info(model).classes, 2);
    assert_true(accuracy_of(model, &s) > 0.99);
    assert_true(accuracy_of(model, &other) > 0.97);
    gemml_model_free(model);
    sample_free(&s);
    sample_free(&other);
}

/* A chain without hidden layers is a linear regression: its minimum is the closed form. */
static void lbfgs_finds_the_closed_form(void **state)
{
    struct sample s = sample_make(200, 3, 2, 4);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    (void)state;
    options.hidden_count = 0;
    options.dtype = GEMML_F64;
    options.solver = GEMML_SOLVER_LBFGS;
    options.tolerance = 1e-12;
    gemml_model *model = fit_mlp(&options, &data, NULL);
    assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
    assert_closed_form(model, &s, 0, true, 9);
    gemml_model_free(model);
    sample_free(&s);
}

static void lbfgs_learns_the_curve(void **state)
{
    struct sample s = curve_make(200);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    const size_t hidden[] = {12, 8};
    (void)state;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activation = GEMML_ACTIVATION_TANH;
    options.solver = GEMML_SOLVER_LBFGS;
    for (int dtype = 0; dtype <= GEMML_F32; dtype++) {
        options.dtype = (gemml_dtype)dtype;
        gemml_model *model = fit_mlp(&options, &data, NULL);
        gemml_fit_info info = info_of(model);
        assert_int_equal(info.solver, GEMML_SOLVER_LBFGS);
        assert_true(score_of(model, &data).loss < 0.002);
        assert_int_equal(info.loss_history_count, info.iterations);
        for (size_t i = 1; i < info.loss_history_count; i++)
            assert_true(info.loss_history[i] <= info.loss_history[i - 1]);
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* Rows of the rare class count for more: it is found more often. */
static void class_weights_move_the_border(void **state)
{
    struct sample s = classes_make(600, 2, 2, 8);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    const double weight[] = {1, 5};
    double mean[2] = {0, 0};
    (void)state;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.classes = 2;
    options.class_weight = weight;
    options.epochs = 30;
    double *p = malloc(2 * s.n * sizeof *p);
    for (int given = 0; given < 2; given++) {
        options.class_weighting = given ? GEMML_CLASS_WEIGHT_GIVEN : GEMML_CLASS_WEIGHT_NONE;
        gemml_model *model = fit_mlp(&options, &data, NULL);
        assert_ok(gemml_predict_proba(model, data.x, gemml_matrix_f64(p, s.n, 2)));
        for (size_t i = 0; i < s.n; i++)
            mean[given] += p[2 * i + 1] / (double)s.n;
        gemml_model_free(model);
    }
    assert_true(mean[1] > mean[0] + 0.1);
    free(p);
    sample_free(&s);
}

/* ---- Validation ----------------------------------------------------------------- */

static void validation_keeps_the_best_and_stops(void **state)
{
    struct sample s = moons_make(60, 0.6, 1), v = moons_make(200, 0.6, 2);
    gemml_dataset data = sample_dataset(&s), valid = sample_dataset(&v);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    (void)state;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.patience = 15;
    options.rate = 0.01;
    fit.valid = &valid;
    gemml_model *model = new_mlp(&options);
    assert_ok(gemml_fit(model, &data, &fit, &info));
    assert_int_equal(info.outcome, GEMML_STOPPED_EARLY);
    assert_int_equal(info.valid_history_count, info.epochs);
    assert_int_equal(info.epochs, info.best_epoch + 15);
    for (size_t i = 0; i < info.valid_history_count; i++) {
        assert_int_equal(info.valid_epochs[i], i + 1);
        assert_true(info.valid_loss_history[info.best_epoch - 1] <= info.valid_loss_history[i]);
    }
    double loss;
    float *gradient = malloc(model_info(model).parameters * sizeof *gradient);
    assert_ok(gemml_loss_gradient(model, &valid, &loss, gradient));
    assert_near(loss, info.valid_loss_history[info.best_epoch - 1], 1e-6);
    assert_near(accuracy_of(model, &v), info.score_history[info.best_epoch - 1], 1e-12);
    free(gradient);
    gemml_model_free(model);
    sample_free(&s);
    sample_free(&v);
}

static void validation_of_descent_of_other_models(void **state)
{
    struct sample s = sample_make(50, 2, 1, 1), v = sample_make(30, 2, 1, 2), c = classes_make(50, 2, 3, 3);
    gemml_dataset data = sample_dataset(&s), valid = sample_dataset(&v), classes = sample_dataset(&c);
    gemml_linear_options linear = descent_options(50);
    gemml_logistic_options logistic = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    (void)state;
    fit.valid = &valid;
    gemml_model *model = new_model(&linear);
    gemml_fit_info info = fit_info(model, &data, &fit);
    assert_int_equal(info.valid_history_count, 50);
    assert_near(info.score_history[info.best_epoch - 1], score_of(model, &valid).r2, 1e-9);
    gemml_model_free(model);
    fit.valid = &classes;
    logistic.solver = GEMML_SOLVER_DESCENT;
    logistic.epochs = 20;
    model = new_logistic(&logistic);
    info = fit_info(model, &classes, &fit);
    assert_int_equal(info.valid_history_count, 20);
    assert_near(info.score_history[info.best_epoch - 1], accuracy_of(model, &c), 1e-12);
    linear.solver = GEMML_SOLVER_CHOLESKY;
    gemml_model_free(model);
    model = new_model(&linear);
    fit.valid = &valid;
    assert_refused(gemml_fit(model, &data, &fit, NULL), GEMML_ERROR_UNSUPPORTED, "validation", "descent");
    gemml_model_free(model);
    sample_free(&s);
    sample_free(&v);
    sample_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_agree_with_differences),
        cmocka_unit_test(defaults_learn_a_curve),
        cmocka_unit_test(defaults_tell_moons_apart),
        cmocka_unit_test(lbfgs_finds_the_closed_form),
        cmocka_unit_test(lbfgs_learns_the_curve),
        cmocka_unit_test(class_weights_move_the_border),
        cmocka_unit_test(validation_keeps_the_best_and_stops),
        cmocka_unit_test(validation_of_descent_of_other_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
