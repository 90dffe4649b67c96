/* The checks of scikit-learn's check_estimator (version 1.2.1) that apply to a C library,
 * under their names, for every estimator: what the tests of them share.
 * docs/promises.md lists those that do not apply, and why. */
#ifndef GEMML_TESTS_INVARIANTS_CHECKS_H
#define GEMML_TESTS_INVARIANTS_CHECKS_H

#include "estimators.h"

enum { ROWS = 60, MOST_CHECKS = 32 };

/* A sample, its data set, and an unfitted model. */
struct setting {
    struct sample s;
    gemml_dataset data;
    gemml_model *model;
};

static inline struct setting setting_make(const struct estimator *e, size_t n)
{
    struct setting set = {.s = estimator_sample(e, n), .model = estimator_new(e)};
    set.data = sample_dataset(&set.s);
    return set;
}

static inline void setting_free(struct setting *set)
{
    gemml_model_free(set->model);
    sample_free(&set->s);
}

/* The status that a fit gives to data which a setting's data were changed into. */
static inline gemml_status fit_status(struct setting *set)
{
    return gemml_fit(set->model, &set->data, NULL, NULL);
}

#define assert_status(e, call, expected)                                                                    \
    do {                                                                                                    \
        gemml_status got = (call);                                                                          \
        if (got != (expected))                                                                              \
            fail_msg("%s: %s gave %s: %s", (e)->name, #call, gemml_status_string(got), gemml_last_error()); \
    } while (0)

static inline double *finite_answers(const struct estimator *e, const struct setting *set)
{
    double *out = answers_to(e, set->model, &set->s);
    for (size_t i = 0; i < set->s.n * answers(e, &set->s); i++)
        if (!isfinite(out[i]))
            fail_msg("%s: answer %zu is %g", e->name, i, out[i]);
    return out;
}

/* A table of checks, each a test under its name. */
struct named_check {
    const char *name;
    void (*check)(const struct estimator *e);
};
#define CHECK(name) \
    {               \
#name, name \
    }

static inline void run_check(void **state)
{
    each_estimator(((const struct named_check *)*state)->check);
}

static inline int run_checks(const struct named_check *checks, size_t count)
{
    struct CMUnitTest tests[MOST_CHECKS];
    assert_true(count <= MOST_CHECKS);
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){
            .name = checks[i].name, .test_func = run_check, .initial_state = (void *)(uintptr_t)&checks[i]};
    return _cmocka_run_group_tests("checks", tests, count, NULL, NULL);
}

#endif
