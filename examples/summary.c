/* What R's summary of a linear model shows, from C: coefficients with standard errors,
 * t and p, classical and robust; which rows weigh most; and predictions with
 * intervals.
 *
 *     cc summary.c -o summary $(pkg-config --cflags --libs gemml) */
#include <gemml.h>
#include <stdio.h>

enum { ROWS = 12, FEATURES = 1 };

/* Stopping distances in feet of cars at speeds in miles per hour, 1920s (from R's data set cars). */
static const double speed[ROWS] = {4, 7, 8, 10, 12, 14, 15, 18, 19, 20, 24, 25};
static const double distance[ROWS] = {2, 4, 16, 26, 24, 36, 54, 56, 46, 48, 93, 85};

static int print_table(const gemml_model *model, gemml_errors errors, const char *title)
{
    static const char *const names[1 + FEATURES] = {"(intercept)", "speed"};
    double table[1 + FEATURES][4];
    if (gemml_coefficient_table(model, 0, errors, gemml_matrix_f64(table[0], 1 + FEATURES, 4)))
        return 1;
    printf("%-12s %10s %10s %8s %10s\n", title, "estimate", "std. error", "t", "p");
    for (int j = 0; j < 1 + FEATURES; j++)
        printf("%-12s %10.4f %10.4f %8.3f %10.3g\n", names[j], table[j][0], table[j][1], table[j][2], table[j][3]);
    return 0;
}

static int print_most_influential(const gemml_model *model, const gemml_dataset *data)
{
    double leverage[ROWS], cook[ROWS];
    int most = 0;
    if (gemml_influence(model, data, gemml_matrix_f64(leverage, ROWS, 1), gemml_matrix_f64(cook, ROWS, 1)))
        return 1;
    for (int i = 1; i < ROWS; i++)
        most = cook[i] > cook[most] ? i : most;
    printf("row %d moves the fit most: Cook's distance %.3f, leverage %.3f\n", most, cook[most], leverage[most]);
    return 0;
}

static int summarise(gemml_model **model)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    gemml_matrix unwanted = {0};
    gemml_summary summary = GEMML_SUMMARY_INIT;
    const double fast = 30;
    double limits[3];
    data.x = gemml_view_f64(speed, ROWS, FEATURES);
    data.y = gemml_view_f64(distance, ROWS, 1);
    if (gemml_linear_create(model, NULL) || gemml_fit(*model, &data, NULL, NULL) ||
        gemml_robust_errors(*model, &data, GEMML_ERRORS_HC3, unwanted) ||
        print_table(*model, GEMML_ERRORS_CLASSICAL, "classical") || print_table(*model, GEMML_ERRORS_HC3, "HC3") ||
        gemml_get_summary(*model, &summary) || print_most_influential(*model, &data) ||
        gemml_predict_interval(*model, gemml_view_f64(&fast, 1, 1), 0.95, GEMML_INTERVAL_PREDICTION,
                               gemml_matrix_f64(limits, 1, 3)))
        return 1;
    printf("r2 = %.4f, F = %.2f on %zu and %zu degrees of freedom, p = %.3g\n", summary.r2[0], summary.f[0],
           summary.f_freedom, summary.freedom, summary.f_p[0]);
    printf("at 30 mph a car stops within %.0f feet, with 95%% between %.0f and %.0f\n", limits[0], limits[1],
           limits[2]);
    return 0;
}

int main(void)
{
    gemml_model *model = NULL;
    int failed = summarise(&model);
    if (failed)
        fprintf(stderr, "%s\n", gemml_last_error());
    gemml_model_free(model);
    return failed;
}
