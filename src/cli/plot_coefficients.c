/* Coefficients with their 95% intervals, one line each: those whose interval holds 0 are pale. */
#include <math.h>
#include <stdlib.h>

#include "cli/gnuplot.h"
#include "cli/plot.h"
#include "cli/status.h"

struct coefficient {
    size_t place; /* 0: the intercept; 1 + j: input j */
    double estimate, lower, upper;
};

/* The largest first, by how far from 0 they are: in their standard errors where those are known. */
static double weight_of(const struct coefficient *c)
{
    double width = c->upper - c->lower;
    return isfinite(width) && width > 0 ? fabs(c->estimate) / width : fabs(c->estimate);
}

static int compare_weight(const void *a, const void *b)
{
    double x = weight_of(a), y = weight_of(b);
    return (x < y) - (x > y);
}

static int compare_place(const void *a, const void *b)
{
    size_t x = ((const struct coefficient *)a)->place, y = ((const struct coefficient *)b)->place;
    return (x > y) - (x < y);
}

/* Those of output 0 in `list`, without the intercept; limits are NaN where there are none. */
static int load(const struct plot *plot, struct coefficient *list, bool *limits)
{
    size_t rows = plot->info.inputs + 1, outputs = plot->info.outputs;
    gemml_matrix estimates = {0}, interval = {0};
    int status = plot_matrix(&estimates, rows, outputs);
    if (!status)
        status = plot_matrix(&interval, rows, 2);
    if (!status && gemml_coefficients(plot->model, estimates))
        status = failed_library();
    *limits = !status &&
              gemml_confidence_interval(plot->model, 0, GEMML_ERRORS_CLASSICAL, 0.95, interval) == GEMML_OK &&
              isfinite(((const double *)interval.data)[2]);
    for (size_t j = 1; !status && j < rows; j++)
        list[j - 1] = (struct coefficient){j, ((const double *)estimates.data)[j * outputs],
                                           *limits ? ((const double *)interval.data)[2 * j] : (double)NAN,
                                           *limits ? ((const double *)interval.data)[2 * j + 1] : (double)NAN};
    free(estimates.data);
    free(interval.data);
    return status;
}

static void write_names(struct plot *plot, const struct coefficient *list, size_t count)
{
    fputs("set ytics (", plot->script);
    for (size_t i = 0; i < count; i++) {
        const char *name = plot->schema ? gemml_schema_input_name(plot->schema, list[i].place - 1) : NULL;
        char plain[PLOT_NAME];
        snprintf(plain, sizeof plain, "x%zu", list[i].place - 1);
        fputs(i ? ", " : "", plot->script);
        gnuplot_tick(plot->script, name ? name : plain, 28);
        fprintf(plot->script, " %zu", count - i);
    }
    fputs(")\n", plot->script);
}

/* "estimate place lower upper certain" */
static void write_list(struct plot *plot, const struct coefficient *list, size_t count, bool limits)
{
    fputs("$list << END_OF_DATA\n", plot->script);
    for (size_t i = 0; i < count; i++) {
        const struct coefficient *c = list + i;
        bool known = limits && isfinite(c->lower) && isfinite(c->upper);
        fprintf(plot->script, "%.9g %zu %.9g %.9g %d\n", c->estimate, count - i, known ? c->lower : c->estimate,
                known ? c->upper : c->estimate, !known || c->lower > 0 || c->upper < 0);
    }
    fputs("END_OF_DATA\n", plot->script);
}

/* Those of the list whose interval does not hold 0, or does. */
static size_t count_certain(const struct coefficient *list, size_t count)
{
    size_t certain = 0;
    for (size_t i = 0; i < count; i++)
        certain += !isfinite(list[i].lower) || list[i].lower > 0 || list[i].upper < 0;
    return certain;
}

static void write_plot(struct plot *plot, const struct coefficient *list, size_t count, bool limits)
{
    const struct theme *theme = plot->theme;
    const char *const colours[] = {theme->muted, theme->series[0]};
    static const char *const titles[] = {"interval holds 0", "clear of 0"};
    size_t certain = count_certain(list, count);
    const size_t shown[] = {count - certain, certain};
    fprintf(plot->script, "set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '%s' lw 1.2\nplot ", theme->text);
    if (!limits) {
        fprintf(plot->script, "$list using 1:2 with points pt 7 ps %g lc rgb '%s' notitle\n",
                1.1 * plot_point_size(plot, 1), theme->series[0]);
        return;
    }
    for (int c = 1; c >= 0; c--)
        if (shown[c] > 0)
            fprintf(plot->script,
                    "%s$list using ($5==%d?$1:NaN):2:3:4 with xerrorbars pt %d ps %g lw 2 lc rgb '%s' title '%s'",
                    c == 0 && certain > 0 ? ", \\\n  " : "", c, c ? 7 : 6, 1.1 * plot_point_size(plot, 1), colours[c],
                    titles[c]);
    fputc('\n', plot->script);
}

int plot_coefficients(struct plot *plot)
{
    char model[128], title[256], below[256], label[160], plain[PLOT_NAME];
    bool limits = false;
    size_t count = plot->info.inputs, shown = count < plot->options->top ? count : plot->options->top;
    if (plot->info.layers != 1)
        return failed("coefficients are those of a model of one layer, and this one has %zu", plot->info.layers);
    struct coefficient *list = malloc(count * sizeof *list);
    int status = list ? load(plot, list, &limits) : failed("not enough memory");
    if (status) {
        free(list);
        return status;
    }
    qsort(list, count, sizeof *list, compare_weight);
    qsort(list, shown, sizeof *list, compare_place);
    plot_describe(plot, model, sizeof model);
    int used = snprintf(below, sizeof below, "%s; original units", model);
    if (limits)
        used += snprintf(below + used, sizeof below - (size_t)used, ", 95%% intervals");
    if (shown < count)
        snprintf(below + used, sizeof below - (size_t)used, ", the %zu clearest of %zu", shown, count);
    plot_begin(plot);
    snprintf(title, sizeof title, "Coefficients of %.200s", plot_target(plot));
    plot_title(plot, title, below);
    if (plot->info.classes > 2)
        snprintf(label, sizeof label, "coefficient for %.100s", plot_class(plot, 0, plain));
    else
        snprintf(label, sizeof label, "coefficient%s", plot->info.outputs > 1 ? " of the first target" : "");
    plot_label(plot, "x", label, PLOT_LABEL);
    plot_frame(plot);
    plot_legend(plot, 2);
    fprintf(plot->script, "set lmargin at screen 0.315\nset yrange [0.4:%zu.6]\nset xrange [*<0:0<*]\n", shown);
    write_names(plot, list, shown);
    write_list(plot, list, shown, limits);
    write_plot(plot, list, shown, limits);
    free(list);
    return EXIT_DONE;
}
