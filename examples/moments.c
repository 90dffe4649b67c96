/* Fitting data that never are in one place: each chunk of rows becomes moments,
 * moments are merged, and what is merged is solved for several penalties and for
 * fewer columns, without the rows. 32 cars as in linear.c, 20 here and 12 there.
 *
 * Build it against an installed gemml:
 *     cc moments.c -o moments $(pkg-config --cflags --libs gemml)
 * It is C11 and C++ alike. */
#include <gemml.h>
#include <stdio.h>

enum { HERE = 20, THERE = 12, FEATURES = 2 };

/* Weight in 1000 lb, gross horsepower; miles per gallon. */
static const double cars_here[HERE][FEATURES] = {{2.620, 110}, {2.875, 110}, {2.320, 93},  {3.215, 110}, {3.440, 175},
                                                 {3.460, 105}, {3.570, 245}, {3.190, 62},  {3.150, 95},  {3.440, 123},
                                                 {3.440, 123}, {4.070, 180}, {3.730, 180}, {3.780, 180}, {5.250, 205},
                                                 {5.424, 215}, {5.345, 230}, {2.200, 66},  {1.615, 52},  {1.835, 65}};
static const double mpg_here[HERE] = {21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2,
                                      17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4, 30.4, 33.9};
static const double cars_there[THERE][FEATURES] = {{2.465, 97},  {3.520, 150}, {3.435, 150}, {3.840, 245},
                                                   {3.845, 175}, {1.935, 66},  {2.140, 91},  {1.513, 113},
                                                   {3.170, 264}, {2.770, 175}, {3.570, 335}, {2.780, 109}};
static const double mpg_there[THERE] = {21.5, 15.5, 15.2, 13.3, 19.2, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4};

static int collect(gemml_moments **moments, const double *x, const double *y, size_t rows)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, rows, FEATURES);
    data.y = gemml_view_f64(y, rows, 1);
    return gemml_moments_create(moments, FEATURES, 1) || gemml_moments_add(*moments, &data);
}

static int solve(const gemml_moments *moments)
{
    const double lambdas[] = {0, 1, 10};
    const size_t weight_alone[] = {0};
    double w[1 + FEATURES], r2;
    gemml_moments_options options = GEMML_MOMENTS_OPTIONS_INIT;
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    fit.r2 = &r2;
    for (int i = 0; i < 3; i++) {
        options.l2 = lambdas[i];
        if (gemml_moments_solve(moments, NULL, 0, &options, gemml_matrix_f64(w, 1 + FEATURES, 1), &fit))
            return 1;
        printf("lambda %4.1f: mpg = %.4f %+.4f weight %+.5f power, r2 = %.4f\n", lambdas[i], w[0], w[1], w[2], r2);
    }
    if (gemml_moments_solve(moments, weight_alone, 1, NULL, gemml_matrix_f64(w, 2, 1), &fit))
        return 1;
    printf("weight alone: mpg = %.4f %+.4f weight, r2 = %.4f\n", w[0], w[1], r2);
    return 0;
}

int main(void)
{
    gemml_moments *here = NULL, *there = NULL;
    int failed = collect(&here, cars_here[0], mpg_here, HERE) || collect(&there, cars_there[0], mpg_there, THERE) ||
                 gemml_moments_merge(here, there) || solve(here);
    if (failed)
        fprintf(stderr, "%s\n", gemml_last_error());
    gemml_moments_free(here);
    gemml_moments_free(there);
    return failed;
}
