/* Separation of classes where the rows that decide stand in different blocks of rows (of 4096),
 * and what the notice says of the columns. */
#include "classes.h"

#include <math.h>

enum { N = 9000, P = 3 };

static const size_t places[] = {3, 4100, N - 2}; /* a row of each block */

static void assert_outcome(const struct sample *s, gemml_outcome outcome, const char *words)
{
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_logistic(NULL, &data);
    gemml_fit_info info = info_of(model);
    if (info.outcome != outcome || !strstr(info.notice, words))
        fail_msg("%s: %s (\"%s\" was to be in it)", gemml_outcome_string(info.outcome), info.notice, words);
    gemml_model_free(model);
}

/* Column 1 tells the class, but for one row; the penultimate one of its block, say. */
static void one_row_spoils_it_in_any_block(void **state)
{
    (void)state;
    struct sample s = classes_make(N, P, 2, 3);
    for (size_t i = 0; i < N; i++)
        s.y[i] = s.x[i * P + 1] > 0.5;
    assert_outcome(&s, GEMML_SEPARATED, "perfectly separated by column 1 of x");
    for (size_t k = 0; k < 3; k++) {
        size_t i = places[k];
        double *x = s.x + i * P, kept = x[1];
        x[1] = s.y[i] > 0 ? -0.4 : 1.4;
        assert_outcome(&s, GEMML_CONVERGED, "");
        x[1] = kept;
    }
    sample_free(&s);
}

/* Column 2 is not 0 in five rows of one block only, all of them of class 1 of two or of class 2 of three:
 * until one of them is of another class. */
static void a_level_of_one_block(void **state)
{
    (void)state;
    for (size_t classes = 2; classes <= 3; classes++)
        for (size_t k = 0; k < 3; k++) {
            struct sample s = classes_make(N, P, classes, 5 + k);
            size_t first = places[k] - 3;
            for (size_t i = 0; i < N; i++)
                s.x[i * P + 2] = 0;
            for (size_t i = first; i < first + 5; i++) {
                s.x[i * P + 2] = 1;
                s.y[i] = (double)(classes - 1);
            }
            assert_outcome(&s, GEMML_SEPARATED, "partly separated by column 2 of x");
            if (classes == 2) {
                s.y[first] = 0;
                assert_outcome(&s, GEMML_CONVERGED, "");
            }
            sample_free(&s);
        }
}

/* A row without weight counts in no block. */
static void weights_in_any_block(void **state)
{
    (void)state;
    struct sample s = classes_make(N, P, 2, 3);
    s.w = malloc(N * sizeof *s.w);
    for (size_t i = 0; i < N; i++) {
        s.w[i] = 1;
        s.y[i] = s.x[i * P + 1] > 0.5;
    }
    for (size_t k = 0; k < 3; k++) {
        s.x[places[k] * P + 1] = s.y[places[k]] > 0 ? -0.4 : 1.4;
        s.w[places[k]] = 0;
    }
    assert_outcome(&s, GEMML_SEPARATED, "perfectly separated by column 1 of x");
    sample_free(&s);
}

/* Which columns: those that separate alone, if any do; else those of the direction. */
static void the_columns_that_are_named(void **state)
{
    (void)state;
    struct sample s = classes_make(200, P, 2, 5);
    for (size_t i = 0; i < 200; i++) {
        double *x = s.x + i * P;
        s.y[i] = x[0] > 0;
        x[1] = 3 - 2 * x[0]; /* falls where x0 rises */
        x[2] = 7;            /* a constant separates nothing */
    }
    assert_outcome(&s, GEMML_SEPARATED, "perfectly separated by columns 0, 1 of x (counted from 0), each alone.");
    for (size_t i = 0; i < 200; i++) {
        double *x = s.x + i * P;
        x[1] = 7;
        x[2] = (double)(i * 37 % 101) / 50 - 1;
        s.y[i] = x[2] + x[0] > 0;
    }
    assert_outcome(&s, GEMML_SEPARATED, "perfectly separated by columns 0, 2 of x (counted from 0).");
    sample_free(&s);
}

/* Of more than four columns four are named. */
static void many_columns(void **state)
{
    (void)state;
    struct sample s = classes_make(60, 7, 2, 5);
    for (size_t i = 0; i < 60; i++)
        for (size_t j = 0; j < 7; j++) {
            s.y[i] = (double)(i % 2);
            s.x[i * 7 + j] = j == 2 ? test_random(&(uint64_t){i}) : (double)(i % 2) + 0.01 * (double)(i * (j + 1) % 13);
        }
    assert_outcome(&s, GEMML_SEPARATED,
                   "perfectly separated by columns 0, 1, 3, 4 and 2 more of x (counted from 0), each alone.");
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_row_spoils_it_in_any_block),
        cmocka_unit_test(a_level_of_one_block),
        cmocka_unit_test(weights_in_any_block),
        cmocka_unit_test(the_columns_that_are_named),
        cmocka_unit_test(many_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
