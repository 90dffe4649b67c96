/* The steps of a trainer against what they should compute: gradients that add up, the forward pass,
 * accuracy, the vectors, the rate; and what is refused. */
#include "trainers.h"

static double at(const void *vector, size_t i, gemml_dtype dtype)
{
    return dtype == GEMML_F64 ? ((const double *)vector)[i] : (double)((const float *)vector)[i];
}

/* A copy of g in double; free() it. */
static double *gradient_of(gemml_trainer *trainer)
{
    void *g;
    size_t count;
    assert_ok(gemml_trainer_gradient(trainer, &g, &count));
    double *copy = malloc(count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = at(g, i, trainer_info(trainer).dtype);
    return copy;
}

/* A network of values without a penalty. */
static gemml_model *plain_network(gemml_dtype dtype)
{
    gemml_mlp_options options = subject_network_options(GEMML_TASK_REGRESSION, dtype);
    options.l2 = 0;
    options.clip = GEMML_AUTO;
    options.schedule = GEMML_SCHEDULE_CONSTANT;
    options.optimizer = GEMML_OPTIMIZER_SGD;
    options.rate = 0.125;
    return new_mlp(&options);
}

static double weight_of(const struct sample *s, size_t first, size_t rows)
{
    double sum = 0;
    for (size_t i = first; i < first + rows; i++)
        sum += s->w[i];
    return sum;
}

/* g = (S_1 g_1 + S_2 g_2) / (S_1 + S_2), whether it was looked at in between or not, and after a step too. */
static void gradients_add_up(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < 2; dtype++) {
        struct sample s = subject_values();
        gemml_dataset data = sample_dataset(&s), part[] = {rows_of(&data, 0, 20), rows_of(&data, 20, 50)};
        gemml_model *model = plain_network((gemml_dtype)dtype);
        gemml_trainer *trainer = new_trainer(model, &data, NULL);
        size_t count = trainer_info(trainer).parameters;
        double S[] = {weight_of(&s, 0, 20), weight_of(&s, 20, 50)}, *g[2],
               tolerance = dtype == GEMML_F64 ? 1e-14 : 1e-6;
        for (int i = 0; i < 2; i++) {
            assert_ok(gemml_trainer_zero_gradient(trainer));
            assert_ok(gemml_trainer_backward(trainer, &part[i], NULL));
            g[i] = gradient_of(trainer);
        }
        for (int look = 0; look < 2; look++) {
            assert_ok(gemml_trainer_zero_gradient(trainer));
            assert_ok(gemml_trainer_backward(trainer, &part[0], NULL));
            if (look)
                free(gradient_of(trainer));
            assert_ok(gemml_trainer_backward(trainer, &part[1], NULL));
            double *both = gradient_of(trainer);
            for (size_t i = 0; i < count; i++)
                assert_near(both[i], (S[0] * g[0][i] + S[1] * g[1][i]) / (S[0] + S[1]), tolerance);
            free(both);
        }
        double *before = gradient_of(trainer);
        assert_ok(gemml_trainer_set_rate(trainer, 1e-30)); /* a step that moves nothing */
        assert_ok(gemml_trainer_step(trainer));
        double *after = gradient_of(trainer);
        assert_bits(before, after, count); /* no penalty: the sums stay, and can be added to */
        assert_ok(gemml_trainer_backward(trainer, &part[0], NULL));
        double *thrice = gradient_of(trainer);
        for (size_t i = 0; i < count; i++)
            assert_near(thrice[i], (2 * S[0] * g[0][i] + S[1] * g[1][i]) / (2 * S[0] + S[1]), tolerance);
        free(thrice);
        assert_ok(gemml_trainer_zero_gradient(trainer));
        double *zero = gradient_of(trainer);
        for (size_t i = 0; i < count; i++)
            assert_true(zero[i] == 0);
        assert_refused(gemml_trainer_step(trainer), GEMML_ERROR_ARGUMENT, "backward");
        free(zero);
        free(after);
        free(before);
        free(g[0]);
        free(g[1]);
        gemml_trainer_free(trainer);
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Central differences of the loss that evaluate gives, through the parameters' pointer. */
static void the_gradient_is_that_of_the_loss(void **state)
{
    (void)state;
    for (int classes = 0; classes < 2; classes++) {
        struct sample s = classes ? subject_three_classes() : subject_values();
        gemml_dataset data = sample_dataset(&s);
        gemml_mlp_options options = subject_network_options((gemml_mlp_task)classes, GEMML_F64);
        options.activation = GEMML_ACTIVATION_GELU;
        options.l2 = 0.5;
        gemml_model *model = new_mlp(&options);
        gemml_trainer *trainer = new_trainer(model, &data, NULL);
        void *vector;
        size_t count;
        assert_ok(gemml_trainer_parameters(trainer, &vector, &count));
        assert_ok(gemml_trainer_backward(trainer, &data, NULL));
        double *theta = vector, *g = gradient_of(trainer), h = 1e-5, sum = weight_of(&s, 0, s.n);
        for (size_t i = 0; i < count; i++) {
            double kept = theta[i], loss[2];
            for (int side = 0; side < 2; side++) {
                theta[i] = kept + (side ? h : -h);
                assert_ok(gemml_trainer_evaluate(trainer, &data, &loss[side], NULL));
            }
            theta[i] = kept;
            double slope = (loss[1] - loss[0]) / (2 * h), penalty = options.l2 / sum * kept;
            bool bias = kept == 0; /* at the start */
            assert_near(g[i], slope + (bias ? 0 : penalty), 1e-8);
        }
        free(g);
        gemml_trainer_free(trainer);
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Of probabilities: the loss, the classes, the accuracy. */
static void classes_are_told_apart(void **state)
{
    struct sample s = subject_three_classes();
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = subject_classes();
    gemml_trainer *trainer = new_trainer(model, &data, NULL);
    double *p = malloc(s.n * 3 * sizeof *p), *class = malloc(s.n * sizeof *class), sum = 0, hits = 0, all = 0;
    double loss, score, accuracy;
    (void)state;
    for (int e = 0; e < 3; e++)
        assert_ok(gemml_trainer_epoch(trainer));
    assert_ok(gemml_trainer_forward(trainer, data.x, gemml_matrix_f64(p, s.n, 3)));
    assert_ok(gemml_trainer_classify(trainer, data.x, gemml_matrix_f64(class, s.n, 1)));
    for (size_t i = 0; i < s.n; i++) {
        size_t best = 0;
        assert_near(p[3 * i] + p[3 * i + 1] + p[3 * i + 2], 1, 1e-6);
        for (size_t k = 1; k < 3; k++)
            best = p[3 * i + k] > p[3 * i + best] ? k : best;
        assert_true(class[i] == (double)best);
        sum -= s.w[i] * log(p[3 * i + (size_t)s.y[i]]);
        hits += s.w[i] * (class[i] == s.y[i]);
        all += s.w[i];
    }
    assert_ok(gemml_trainer_evaluate(trainer, &data, &loss, &score));
    assert_ok(gemml_trainer_accuracy(trainer, &data, &accuracy));
    assert_near(loss, sum / all, 1e-6);      /* class weights do not count */
    assert_near(accuracy, hits / all, 1e-7); /* weights in single precision */
    assert_true(accuracy == score && accuracy > 0.3 && accuracy < 1);
    free(p);
    free(class);
    gemml_trainer_free(trainer);
    gemml_model_free(model);
    sample_free(&s);
}

/* Values come back in the units of the targets. */
static void values_are_predicted(void **state)
{
    struct sample s = subject_values();
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = subject_linear();
    gemml_trainer *trainer = new_trainer(model, &data, NULL);
    double *out = malloc(s.n * 2 * sizeof *out), loss, r2, sum = 0, expected = 0, all = weight_of(&s, 0, s.n);
    (void)state;
    for (int e = 0; e < 7; e++)
        assert_ok(gemml_trainer_epoch(trainer));
    assert_ok(gemml_trainer_forward(trainer, data.x, gemml_matrix_f64(out, s.n, 2)));
    assert_ok(gemml_trainer_evaluate(trainer, &data, &loss, &r2));
    for (size_t k = 0; k < 2; k++) {
        double mean = 0, rss = 0, tss = 0;
        for (size_t i = 0; i < s.n; i++)
            mean += s.w[i] * s.y[2 * i + k] / all;
        for (size_t i = 0; i < s.n; i++) {
            double e = s.y[2 * i + k] - out[2 * i + k], d = s.y[2 * i + k] - mean;
            rss += s.w[i] * e * e;
            tss += s.w[i] * d * d;
        }
        sum += rss;
        expected += (1 - rss / tss) / 2;
    }
    assert_near(loss, sum / 2 / all, 1e-12);
    assert_near(r2, expected, 1e-12);
    assert_true(r2 > 0.5);
    assert_refused(gemml_trainer_classify(trainer, data.x, gemml_matrix_f64(out, s.n, 1)), GEMML_ERROR_UNSUPPORTED,
                   "values");
    assert_refused(gemml_trainer_accuracy(trainer, &data, &r2), GEMML_ERROR_UNSUPPORTED, "values");
    free(out);
    gemml_trainer_free(trainer);
    gemml_model_free(model);
    sample_free(&s);
}

/* sgd: theta -= r g, with the g that stands there and the rate that was set. */
static void a_step_takes_what_stands_there(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < 2; dtype++) {
        struct sample s = subject_values();
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = plain_network((gemml_dtype)dtype);
        gemml_trainer *trainer = new_trainer(model, &data, NULL);
        void *theta, *g;
        size_t count, again, which = 7;
        assert_ok(gemml_trainer_parameters(trainer, &theta, &count));
        assert_true(trainer_info(trainer).rate == 0.125);
        assert_ok(gemml_trainer_set_rate(trainer, 0.5));
        assert_ok(gemml_trainer_backward(trainer, NULL, NULL));
        assert_ok(gemml_trainer_gradient(trainer, &g, &again));
        assert_int_equal(count, again);
        double before = at(theta, which, (gemml_dtype)dtype), other = at(theta, which + 1, (gemml_dtype)dtype);
        memset(g, 0, count * (dtype == GEMML_F64 ? sizeof(double) : sizeof(float)));
        if (dtype == GEMML_F64)
            ((double *)g)[which] = 2;
        else
            ((float *)g)[which] = 2;
        assert_ok(gemml_trainer_step(trainer));
        assert_near(at(theta, which, (gemml_dtype)dtype), before - 1, dtype == GEMML_F64 ? 1e-15 : 1e-6);
        assert_true(at(theta, which + 1, (gemml_dtype)dtype) == other);
        assert_true(trainer_info(trainer).rate == 0.5 && trainer_info(trainer).steps == 1);
        gemml_trainer_free(trainer);
        gemml_model_free(model);
        sample_free(&s);
    }
}

static void check_spread(const gemml_spread *spread, const double *v, size_t count)
{
    double mean = 0, squares = 0, deviation = 0, low = v[0], high = v[0];
    size_t zeros = 0;
    for (size_t i = 0; i < count; i++) {
        mean += v[i] / (double)count;
        squares += v[i] * v[i];
        low = fmin(low, v[i]);
        high = fmax(high, v[i]);
        zeros += v[i] == 0;
    }
    for (size_t i = 0; i < count; i++)
        deviation += (v[i] - mean) * (v[i] - mean) / (double)count;
    assert_near(spread->mean, mean, 1e-12);
    assert_near(spread->deviation, sqrt(deviation), 1e-12);
    assert_near(spread->norm, sqrt(squares), 1e-12);
    assert_true(spread->minimum == low && spread->maximum == high);
    assert_true(spread->zeros == zeros && spread->count == count);
}

/* Of the second of three layers, 8 x 5 behind 3 x 8 and 8 biases. */
static void statistics_of_a_layer(void **state)
{
    struct sample s = subject_values();
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = plain_network(GEMML_F64);
    gemml_trainer *trainer = new_trainer(model, &data, NULL);
    gemml_layer_statistics own = GEMML_LAYER_STATISTICS_INIT, slope = GEMML_LAYER_STATISTICS_INIT;
    void *theta;
    size_t count;
    (void)state;
    assert_ok(gemml_trainer_backward(trainer, &data, NULL));
    assert_ok(gemml_trainer_layer_statistics(trainer, 1, &own, &slope));
    assert_ok(gemml_trainer_parameters(trainer, &theta, &count));
    double *g = gradient_of(trainer);
    check_spread(&own.weight, (const double *)theta + 32, 40);
    check_spread(&own.bias, (const double *)theta + 72, 5);
    check_spread(&slope.weight, g + 32, 40);
    check_spread(&slope.bias, g + 72, 5);
    assert_int_equal(own.bias.zeros, 5);
    assert_true(slope.weight.norm > 0);
    assert_ok(gemml_trainer_layer_statistics(trainer, 0, NULL, NULL));
    assert_refused(gemml_trainer_layer_statistics(trainer, 3, &own, NULL), GEMML_ERROR_ARGUMENT, "3");
    free(g);
    gemml_trainer_free(trainer);
    gemml_model_free(model);
    sample_free(&s);
}

static void a_trainer_is_described(void **state)
{
    const char *const words[] = {
        "mlp",          "3 inputs",   "2 outputs", "f64",          "3 x 8",    "8 x 5",
        "relu",         "rows 70",    "batch 16",  "accumulate 1", "adamw",    "beta1 0.9",
        "weight decay", "rate 0.001", "cosine",    "dropout 0.25", "clip 0.5", "15 steps, 3 epochs",
        "l2 0.25",      "seed 5",     "at most 5"};
    struct sample s = subject_values();
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = subject_regression();
    gemml_trainer *trainer = new_trainer(model, &data, NULL);
    char text[2000], part[40];
    size_t length, again;
    (void)state;
    for (int e = 0; e < 3; e++)
        assert_ok(gemml_trainer_epoch(trainer));
    assert_ok(gemml_trainer_describe(trainer, text, sizeof text, &length));
    assert_int_equal(strlen(text), length);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(text, words[i]))
            fail_msg("'%s' is not in:\n%s", words[i], text);
    assert_ok(gemml_trainer_describe(trainer, NULL, 0, &again));
    assert_int_equal(again, length);
    assert_ok(gemml_trainer_describe(trainer, part, sizeof part, NULL));
    assert_int_equal(strlen(part), sizeof part - 1);
    assert_memory_equal(part, text, sizeof part - 1);
    assert_refused(gemml_trainer_describe(trainer, NULL, 5, NULL), GEMML_ERROR_ARGUMENT, "5");
    gemml_trainer_free(trainer);
    gemml_model_free(model);
    sample_free(&s);
}

/* A batch that is refused leaves the sums as they were. */
static void bad_batches_are_refused(void **state)
{
    struct sample s = subject_three_classes();
    gemml_dataset data = sample_dataset(&s), narrow = data, short_y = data;
    gemml_model *model = subject_classes();
    gemml_trainer *trainer = new_trainer(model, &data, NULL);
    double loss, kept;
    (void)state;
    assert_ok(gemml_trainer_backward(trainer, &data, NULL));
    double *before = gradient_of(trainer);
    narrow.x.cols = 1;
    short_y.y.rows = 5;
    assert_refused(gemml_trainer_backward(trainer, &narrow, &loss), GEMML_ERROR_SHAPE, "1");
    assert_refused(gemml_trainer_backward(trainer, &short_y, &loss), GEMML_ERROR_SHAPE, "5");
    kept = s.y[4], s.y[4] = 3;
    assert_refused(gemml_trainer_backward(trainer, &data, &loss), GEMML_ERROR_ARGUMENT, "3", "4");
    s.y[4] = kept, kept = s.x[11], s.x[11] = NAN;
    assert_refused(gemml_trainer_backward(trainer, &data, &loss), GEMML_ERROR_NONFINITE, "5", "1");
    assert_refused(gemml_trainer_evaluate(trainer, &data, &loss, NULL), GEMML_ERROR_NONFINITE, "5", "1");
    s.x[11] = kept;
    double *after = gradient_of(trainer);
    assert_bits(after, before, trainer_info(trainer).parameters);
    assert_ok(gemml_trainer_zero_gradient(trainer)); /* nor does one begin with such a batch */
    s.x[11] = NAN;
    assert_refused(gemml_trainer_backward(trainer, &data, NULL), GEMML_ERROR_NONFINITE, "5", "1");
    assert_refused(gemml_trainer_step(trainer), GEMML_ERROR_ARGUMENT, "backward");
    free(after);
    free(before);
    gemml_trainer_free(trainer);
    gemml_model_free(model);
    sample_free(&s);
}

static void bad_trainers_are_refused(void **state)
{
    struct sample s = subject_values();
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options network = GEMML_MLP_OPTIONS_INIT;
    network.solver = GEMML_SOLVER_LBFGS;
    gemml_model *models[] = {new_mlp(&network), new_model(NULL), subject_regression()};
    gemml_trainer *untouched = (gemml_trainer *)(void *)&s, *trainer = untouched;
    double rates[] = {0, -1, NAN, INFINITY}, loss = 0;
    void *vector;
    size_t count;
    (void)state;
    assert_refused(gemml_trainer_create(&trainer, models[0], &data, NULL), GEMML_ERROR_UNSUPPORTED, "LBFGS");
    assert_refused(gemml_trainer_create(&trainer, models[1], &data, NULL), GEMML_ERROR_UNSUPPORTED, "DESCENT");
    assert_refused(gemml_trainer_create(&trainer, NULL, &data, NULL), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_trainer_create(&trainer, models[2], NULL, NULL), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_trainer_create(NULL, models[2], &data, NULL), GEMML_ERROR_ARGUMENT, "NULL");
    s.x[4] = INFINITY;
    assert_refused(gemml_trainer_create(&trainer, models[2], &data, NULL), GEMML_ERROR_NONFINITE, "1");
    s.x[4] = 0;
    assert_ptr_equal(trainer, untouched);
    gemml_trainer_free(NULL);
    trainer = new_trainer(models[2], &data, NULL);
    for (size_t i = 0; i < 4; i++)
        assert_refused(gemml_trainer_set_rate(trainer, rates[i]), GEMML_ERROR_ARGUMENT, "rate");
    assert_refused(gemml_trainer_parameters(trainer, NULL, &count), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_trainer_gradient(trainer, &vector, NULL), GEMML_ERROR_ARGUMENT, "NULL");
    gemml_trainer_info info = GEMML_TRAINER_INFO_INIT;
    info.struct_size = 1;
    assert_refused(gemml_trainer_get_info(trainer, &info), GEMML_ERROR_ARGUMENT, "gemml_trainer_info");
    assert_refused(gemml_trainer_forward(trainer, data.x, gemml_matrix_f64(&loss, 1, 1)), GEMML_ERROR_SHAPE, "70");
    assert_ok(gemml_trainer_finish(trainer, NULL)); /* of no steps: the first parameters */
    assert_refused(gemml_trainer_step(trainer), GEMML_ERROR_ARGUMENT, "finished");
    assert_refused(gemml_trainer_finish(trainer, NULL), GEMML_ERROR_ARGUMENT, "finished");
    assert_refused(gemml_trainer_backward(trainer, NULL, NULL), GEMML_ERROR_ARGUMENT, "finished");
    assert_refused(gemml_trainer_epoch(NULL), GEMML_ERROR_ARGUMENT, "NULL");
    gemml_trainer_free(trainer);
    assert_true(model_info(models[2]).fitted);
    for (size_t i = 0; i < 3; i++)
        gemml_model_free(models[i]);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_add_up),
        cmocka_unit_test(the_gradient_is_that_of_the_loss),
        cmocka_unit_test(classes_are_told_apart),
        cmocka_unit_test(values_are_predicted),
        cmocka_unit_test(a_step_takes_what_stands_there),
        cmocka_unit_test(statistics_of_a_layer),
        cmocka_unit_test(a_trainer_is_described),
        cmocka_unit_test(bad_batches_are_refused),
        cmocka_unit_test(bad_trainers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
