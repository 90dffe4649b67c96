/* Linear regression in one page: how many miles a car goes on a gallon of
 * fuel, from its weight and its power. 32 cars of the US magazine Motor Trend,
 * 1974 (R's data set mtcars).
 *
 * Build it against an installed gemml:
 *     cc linear.c -o linear $(pkg-config --cflags --libs gemml)
 * It is C11 and C++ alike. */
#include <gemml.h>
#include <stdio.h>

enum { CARS = 32, FEATURES = 2, NEW_CARS = 2 };

/* Weight in 1000 lb, gross horsepower. */
static const double cars[CARS][FEATURES] = {
    {2.620, 110}, {2.875, 110}, {2.320, 93},  {3.215, 110}, {3.440, 175}, {3.460, 105}, {3.570, 245}, {3.190, 62},
    {3.150, 95},  {3.440, 123}, {3.440, 123}, {4.070, 180}, {3.730, 180}, {3.780, 180}, {5.250, 205}, {5.424, 215},
    {5.345, 230}, {2.200, 66},  {1.615, 52},  {1.835, 65},  {2.465, 97},  {3.520, 150}, {3.435, 150}, {3.840, 245},
    {3.845, 175}, {1.935, 66},  {2.140, 91},  {1.513, 113}, {3.170, 264}, {2.770, 175}, {3.570, 335}, {2.780, 109}};

/* Miles per gallon. */
static const double mpg[CARS] = {21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8,
                                 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4, 30.4, 33.9, 21.5, 15.5,
                                 15.2, 13.3, 19.2, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4};

/* A light car and a heavy one. */
static const double new_cars[NEW_CARS][FEATURES] = {{2.0, 80}, {4.5, 220}};

static int fit_and_predict(gemml_model **model)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT; /* options.l2 = 0.1 would shrink the weights */
    gemml_dataset train = GEMML_DATASET_INIT;
    train.x = gemml_view_f64(cars[0], CARS, FEATURES);
    train.y = gemml_view_f64(mpg, CARS, 1);

    double w[1 + FEATURES], predicted[NEW_CARS];
    gemml_summary summary = GEMML_SUMMARY_INIT;
    if (gemml_linear_create(model, &options) || gemml_fit(*model, &train, NULL, NULL) ||
        gemml_coefficients(*model, gemml_matrix_f64(w, 1 + FEATURES, 1)) || gemml_get_summary(*model, &summary) ||
        gemml_predict(*model, gemml_view_f64(new_cars[0], NEW_CARS, FEATURES),
                      gemml_matrix_f64(predicted, NEW_CARS, 1)))
        return 1;

    printf("mpg = %.4f %+.4f weight %+.5f power\n", w[0], w[1], w[2]);
    printf("r2 = %.4f\n", summary.r2[0]);
    for (int i = 0; i < NEW_CARS; i++)
        printf("%.1f thousand pounds, %.0f horsepower: %.2f mpg\n", new_cars[i][0], new_cars[i][1], predicted[i]);
    return 0;
}

int main(void)
{
    gemml_model *model = NULL;
    int failed = fit_and_predict(&model);
    if (failed)
        fprintf(stderr, "%s\n", gemml_last_error());
    gemml_model_free(model);
    return failed;
}
