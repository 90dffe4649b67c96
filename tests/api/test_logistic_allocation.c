/* Each allocation of a logistic fit, save, load and prediction may fail: a status,
 * nothing leaked, the model as it was before. */
#include "data/failing.h"

#include "classes.h"

struct work {
    gemml_model *model;
    gemml_dataset data;
    size_t classes;
    double *out;
};

static gemml_status create(void *context)
{
    const double weights[] = {1, 2, 3};
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_model *model = NULL;
    (void)context;
    options.classes = 3;
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = weights;
    gemml_status status = gemml_logistic_create(&model, &options);
    assert_true((status == GEMML_OK) == (model != NULL));
    gemml_model_free(model);
    return status;
}

static gemml_status fit(void *context)
{
    struct work *work = context;
    return gemml_fit(work->model, &work->data, NULL, NULL);
}

static gemml_status predict(void *context)
{
    struct work *work = context;
    return gemml_predict_proba(work->model, work->data.x,
                               gemml_matrix_f64(work->out, work->data.x.rows, work->classes));
}

static gemml_status invert(void *context)
{
    struct work *work = context;
    double value;
    return gemml_inverse_link(work->model, 0.5, 0, gemml_view_f64(work->data.x.data, 1, work->data.x.cols), &value);
}

static gemml_status save_and_load(void *context)
{
    struct work *work = context;
    gemml_model *loaded = NULL;
    gemml_status status = gemml_save(work->model, scratch_path("allocation.gemml"));
    if (status == GEMML_OK)
        status = gemml_load(&loaded, scratch_path("allocation.gemml"));
    gemml_model_free(loaded);
    return status;
}

static void check(size_t classes, gemml_solver solver, bool separated, gemml_class_weighting weighting)
{
    struct sample s = classes_make(90, 2, classes, 3);
    for (size_t i = 0; separated && i < 90; i++)
        s.y[i] = i % 5 == 0 ? 1 : s.y[i], s.x[2 * i] = i % 5 == 0;
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = solver;
    options.epochs = 5;
    options.class_weighting = weighting;
    struct work work = {.model = new_logistic(&options), .data = sample_dataset(&s), .classes = classes};
    work.out = malloc(90 * classes * sizeof *work.out);
    fail_each_allocation(fit, &work);
    fail_each_allocation(predict, &work);
    fail_each_allocation(save_and_load, &work);
    if (classes == 2)
        fail_each_allocation(invert, &work);
    free(work.out);
    gemml_model_free(work.model);
    sample_free(&s);
}

static void allocations_may_fail(void **state)
{
    (void)state;
    assert_ok(gemml_set_threads(1));
    fail_each_allocation(create, NULL);
    for (size_t classes = 2; classes <= 3; classes++) {
        check(classes, GEMML_SOLVER_NEWTON, false, GEMML_CLASS_WEIGHT_BALANCED);
        check(classes, GEMML_SOLVER_LBFGS, false, GEMML_CLASS_WEIGHT_NONE);
        check(classes, GEMML_SOLVER_DESCENT, false, GEMML_CLASS_WEIGHT_NONE);
        check(classes, GEMML_SOLVER_LBFGS, true, GEMML_CLASS_WEIGHT_NONE);
    }
    assert_ok(gemml_set_threads(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(allocations_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
