#include "cli/interval.h"

#include <stdlib.h>
#include <string.h>

#include "cli/status.h"

const char *const interval_columns[INTERVAL_COLUMNS] = {"prediction", "mean_lower", "mean_upper", "lower", "upper"};

/* The library gives prediction and limits, of one kind at a time, side by side for each output:
 * columns `from` .. 2 of these become columns `to` .. of ours. */
static void move_columns(const char *limits, size_t outputs, size_t size, size_t from, size_t to, gemml_matrix out)
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t k = 0; k < outputs; k++)
            memcpy((char *)out.data + (i * out.stride + INTERVAL_COLUMNS * k + to) * size,
                   limits + ((i * outputs + k) * 3 + from) * size, (3 - from) * size);
}

int interval_compute(const gemml_model *model, gemml_view x, double level, gemml_matrix out)
{
    size_t outputs = out.cols / INTERVAL_COLUMNS, size = out.dtype == GEMML_F32 ? sizeof(float) : sizeof(double);
    char *limits = calloc(x.rows, 3 * outputs * size);
    if (!limits)
        return failed("not enough memory for %zu intervals", x.rows);
    gemml_matrix three = out;
    three.data = limits;
    three.cols = three.stride = 3 * outputs;
    gemml_status status = gemml_predict_interval(model, x, level, GEMML_INTERVAL_MEAN, three);
    if (!status) {
        move_columns(limits, outputs, size, 0, 0, out);
        status = gemml_predict_interval(model, x, level, GEMML_INTERVAL_PREDICTION, three);
    }
    if (!status)
        move_columns(limits, outputs, size, 1, 3, out);
    free(limits);
    return status ? failed_library() : EXIT_DONE;
}
