#include "cli/metrics.h"

#include <math.h>

#include "cli/json.h"

static void print_metric(FILE *file, const char *name, double value)
{
    if (isnan(value))
        fprintf(file, "%-6s  undefined\n", name);
    else
        fprintf(file, "%-6s  %.7g\n", name, value);
}

void metrics_print(FILE *file, const gemml_metrics *metrics)
{
    fprintf(file, "%-6s  %zu\n", "rows", metrics->rows);
    print_metric(file, "loss", metrics->loss);
    print_metric(file, "mse", metrics->mse);
    print_metric(file, "rmse", metrics->rmse);
    print_metric(file, "mae", metrics->mae);
    print_metric(file, "r2", metrics->r2);
}

void metrics_print_line(FILE *file, const gemml_metrics *metrics)
{
    fprintf(file, "%zu %s: ", metrics->rows, metrics->rows == 1 ? "row" : "rows");
    if (isnan(metrics->r2))
        fputs("R^2 undefined", file);
    else
        fprintf(file, "R^2 %.7g", metrics->r2);
    fprintf(file, ", rmse %.7g\n", metrics->rmse);
}

json_t *metrics_json(const gemml_metrics *metrics)
{
    json_t *object = json_object();
    json_put(&object, "n", json_count(metrics->rows));
    json_put(&object, "loss", json_number(metrics->loss));
    json_put(&object, "mse", json_number(metrics->mse));
    json_put(&object, "rmse", json_number(metrics->rmse));
    json_put(&object, "mae", json_number(metrics->mae));
    json_put(&object, "r2", json_number(metrics->r2));
    return object;
}
