/* The classic demonstrations, each one command with the options' defaults: four classes of points by a network of
 * 196 parameters, and a curve of one variable. */
#include <gemml.h>

#include "program.h"

#define TERMS "--features-add", "square,sin,cos,sin-square,cos-square"

/* 12 - 4 - 10 - 6 - 4, at most 30,000 steps of 100 rows. */
static double accuracy_of(const char *table)
{
    free(RUN_OK("train", "mlp", table, "--target", "-1", "--task", "classification", TERMS, "--hidden", "4,10,6",
                "--batch", "100", "--max-iterations", "30000", "--model", "four.gemml", "--report", "four.json",
                "--quiet"));
    json_t *report = json_of_file("four.json"), *inspect = RUN_JSON("inspect", "four.gemml", "--json");
    json_t *score = RUN_JSON("evaluate", "four.gemml", table, "--json");
    assert_int_equal(json_array_size(json_object_get(inspect, "inputs")), 12);
    assert_int_equal(json_double(inspect, "parameters"), 196);
    assert_true(json_double(report, "iterations") <= 30000);
    assert_int_equal(json_double(score, "n"), 10000);
    double accuracy = json_double(score, "accuracy");
    json_decref(report), json_decref(inspect), json_decref(score);
    return accuracy;
}

/* 10,000 points: normal clusters, which overlap; and regions of the plane on both sides of a circle and of a sine. */
static void four_classes(void **state)
{
    enum { ROWS = 10000 };
    double *rows = malloc(3 * ROWS * sizeof *rows);
    uint64_t random = 1;
    (void)state;
    enter_folder();
    free(run_ok((const char *const[]){"gemml",
                                      "generate",
                                      "classification",
                                      "--rows",
                                      "10000",
                                      "--columns",
                                      "2",
                                      "--redundant",
                                      "0",
                                      "--classes",
                                      "4",
                                      "--clusters-per-class",
                                      "1",
                                      "--separation",
                                      "2",
                                      "--flip",
                                      "0",
                                      "--output",
                                      "clusters.npy",
                                      "--quiet",
                                      NULL}));
    assert_true(accuracy_of("clusters.npy") >= 0.983);
    for (size_t i = 0; i < ROWS; i++) {
        double *row = rows + 3 * i, a = row[0] = 2 * test_random(&random), b = row[1] = 2 * test_random(&random);
        row[2] = 2 * (a * a + b * b > 2) + (b > sin(2 * a));
    }
    write_npy("regions.npy", rows, ROWS, 3);
    assert_true(accuracy_of("regions.npy") >= 0.983);
    free(rows);
}

/* cos(x/2 - 0.5) + 0.15 x^2 - cos(0.2 x^3) + sin(0.5 x^2) on [0, 5] by 6 - 4 - 10 - 6 - 1, at most 50,000 steps. */
static void a_curve(void **state)
{
    (void)state;
    enter_folder();
    free(RUN_OK("generate", "curve", "--rows", "10000", "--output", "curve.npy", "--quiet"));
    free(RUN_OK("train", "mlp", "curve.npy", "--target", "-1", TERMS, "--hidden", "4,10,6", "--batch", "100",
                "--max-iterations", "50000", "--model", "curve.gemml", "--report", "curve.json", "--quiet"));
    json_t *report = json_of_file("curve.json"), *score = RUN_JSON("evaluate", "curve.gemml", "curve.npy", "--json");
    assert_true(json_double(report, "iterations") <= 50000);
    assert_true(json_double(score, "mse") / 2 < 0.002);
    json_decref(report), json_decref(score);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_classes),
        cmocka_unit_test(a_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
