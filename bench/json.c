/* The results as a JSON file. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "peak.h"
#include "report.h"
#include "util/error.h"

/* null where there is no number. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *machine_json(const struct machine *machine)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "processor", machine->processor, "blas", machine->blas, "core",
                     machine->core, "compiler", machine->compiler, "gemml", machine->version, "threads",
                     (json_int_t)machine->threads);
}

static json_t *peaks_json(void)
{
    json_t *array = json_array();
    for (size_t i = 0; i < peak_count(); i++) {
        const struct peak *peak = peak_at(i);
        json_array_append_new(array, json_pack("{s:s, s:s, s:I, s:o}", "of", "gemm", "precision", peak->precision,
                                               "threads", (json_int_t)peak->threads, "gflops", number(peak->gflops)));
    }
    return array;
}

static json_t *case_json(const struct bench_case *bench, const struct bench_result *result)
{
    double figures[FIGURES];
    figures_of(bench, result, figures);
    json_t *object = json_pack("{s:s}", "case", bench->name);
    for (size_t i = 0; i < FIGURES; i++)
        json_object_set_new(object, figure_names[i], number(figures[i]));
    json_object_set_new(object, "precision", json_string(bench->precision));
    json_object_set_new(object, "threads", json_integer((json_int_t)result->threads));
    json_object_set_new(object, "peak", json_string(bench->bound == BENCH_READ ? "read" : "gemm"));
    json_object_set_new(object, "right", json_boolean(bench_right(bench, result)));
    return object;
}

gemml_status json_write(const char *path, const struct machine *machine, const struct bench_list *list,
                        const struct bench_result *results)
{
    json_t *cases = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(cases, case_json(list->cases + i, results + i));
    json_t *all = json_pack("{s:o, s:o, s:o}", "machine", machine_json(machine), "peaks", peaks_json(), "cases", cases);
    int failed = json_dump_file(all, path, JSON_INDENT(1));
    json_decref(all);
    if (failed)
        return error_set(GEMML_ERROR_IO, "%s: cannot be written (%s)", path, strerror(errno));
    return GEMML_OK;
}
