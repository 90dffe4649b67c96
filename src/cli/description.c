/* The text that train and inspect write for people. */
#include "cli/description.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/coefficients.h"
#include "cli/status.h"
#include "cli/words.h"

#define CUT_OUTPUTS 4  /* of many outputs */
#define CUT_ALIASED 20 /* of many columns that depend on others */
#define CUT_CLASSES 10 /* of many classes */
#define LABEL_WIDTH 14
#define LABEL "%-14s"

const char *kind_name(gemml_kind kind)
{
    static const char *const names[] = {[GEMML_LINEAR] = "linear", [GEMML_LOGISTIC] = "logistic", [GEMML_MLP] = "mlp"};
    return names[kind];
}

const char *outcome_words(gemml_outcome outcome, char words[OUTCOME_BYTES])
{
    snprintf(words, OUTCOME_BYTES, "%s%s", gemml_outcome_string(outcome), outcome == GEMML_LIMIT ? " reached" : "");
    for (char *c = words; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    return words;
}

const char *solver_name(gemml_solver solver)
{
    switch (solver) {
    case GEMML_SOLVER_AUTO:
        return "auto";
    case GEMML_SOLVER_CHOLESKY:
        return "cholesky";
    case GEMML_SOLVER_DESCENT:
        return "descent";
    case GEMML_SOLVER_QR:
        return "qr";
    case GEMML_SOLVER_SVD:
        return "svd";
    case GEMML_SOLVER_LBFGS:
        return "lbfgs";
    case GEMML_SOLVER_NEWTON:
        return "newton";
    }
    return "unknown";
}

const char *scaling_name(gemml_scaling scaling)
{
    static const char *const names[] = {"none", "standardize", "minmax", "minmax-all"};
    return names[scaling];
}

const char *dtype_name(gemml_dtype dtype)
{
    return dtype == GEMML_F32 ? "f32" : "f64";
}

/* The tables of all outputs with these errors, one behind the other. */
static int load_table(const struct description *description, gemml_errors errors, double **table)
{
    size_t rows = description->info.inputs + 1, outputs = description->info.outputs;
    *table = calloc(rows * outputs, 4 * sizeof(double));
    if (!*table)
        return failed("not enough memory for %zu coefficients", rows * outputs);
    for (size_t k = 0; k < outputs; k++)
        if (gemml_coefficient_table(description->model, k, errors, gemml_matrix_f64(*table + 4 * k * rows, rows, 4)))
            return failed_library();
    return EXIT_DONE;
}

int description_load(struct description *description, const gemml_model *model)
{
    memset(description, 0, sizeof *description);
    gemml_model_info_init(&description->info);
    gemml_fit_info_init(&description->fit);
    gemml_summary_init(&description->summary);
    description->model = model;
    description->schema = gemml_model_schema(model);
    if (gemml_model_get_info(model, &description->info) || gemml_get_fit_info(model, &description->fit) ||
        gemml_get_summary(model, &description->summary))
        return failed_library();
    if (description->info.layers > 1)
        return EXIT_DONE;
    int status = load_table(description, GEMML_ERRORS_CLASSICAL, &description->table);
    if (!status && description->summary.robust_error)
        status = load_table(description, description->summary.robust, &description->robust);
    return status;
}

void description_free(struct description *description)
{
    free(description->table);
    free(description->robust);
    description->table = description->robust = NULL;
}

const char *description_input(const struct description *description, size_t input, char buffer[DESCRIPTION_NAME_BYTES])
{
    const char *name = description->schema ? gemml_schema_input_name(description->schema, input) : NULL;
    if (name)
        return name;
    snprintf(buffer, DESCRIPTION_NAME_BYTES, "x%zu", input);
    return buffer;
}

const char *description_class(const struct description *description, size_t class, char buffer[DESCRIPTION_NAME_BYTES])
{
    const char *label = gemml_schema_class(description->schema, class);
    snprintf(buffer, DESCRIPTION_NAME_BYTES, "%zu", class);
    return label ? label : buffer;
}

const char *description_output(const struct description *description, size_t output,
                               char buffer[DESCRIPTION_NAME_BYTES])
{
    if (description->info.classes > 0 && description->info.outputs > 1)
        return description_class(description, output, buffer);
    const char *name = description->schema ? gemml_schema_output_name(description->schema, output) : NULL;
    if (name)
        return name;
    if (description->info.outputs == 1)
        return "y";
    snprintf(buffer, DESCRIPTION_NAME_BYTES, "y%zu", output);
    return buffer;
}

static void print_number(FILE *file, double value)
{
    if (isnan(value))
        fputs("undefined", file);
    else
        fprintf(file, "%.7g", value);
}

static const char *degrees(size_t count)
{
    return count == 1 ? "degree of freedom" : "degrees of freedom";
}

/* A line, unless there are none. */
static void print_criteria(FILE *file, double aic, double bic)
{
    if (isnan(aic))
        return;
    fputs("AIC: ", file);
    print_number(file, aic);
    fputs(", BIC: ", file);
    print_number(file, bic);
    fputc('\n', file);
}

static void print_f(FILE *file, const gemml_summary *summary, size_t output)
{
    if (isnan(summary->f[output]))
        return;
    fputs("F-statistic: ", file);
    print_number(file, summary->f[output]);
    fprintf(file, " on %zu and %zu %s, p-value: %.4g\n", summary->f_freedom, summary->freedom,
            degrees(summary->freedom), summary->f_p[output]);
}

/* The lines below the coefficients of a regression of classes. */
static void print_likelihood(FILE *file, const struct description *description)
{
    const gemml_summary *summary = &description->summary;
    fputs("\nNull deviance: ", file);
    print_number(file, summary->null_deviance);
    fputs(", residual deviance: ", file);
    print_number(file, summary->deviance);
    if (summary->freedom > 0)
        fprintf(file, " on %zu %s", summary->freedom, degrees(summary->freedom));
    fputs("\nLog-likelihood: ", file);
    print_number(file, summary->log_likelihood[0]);
    fputc('\n', file);
    print_criteria(file, summary->aic[0], summary->bic[0]);
}

/* The lines below the coefficients of one output. */
static void print_quality(FILE *file, const struct description *description, size_t output)
{
    const gemml_summary *summary = &description->summary;
    fputs("\nResidual standard error: ", file);
    print_number(file, summary->sigma[output]);
    if (summary->freedom > 0)
        fprintf(file, " on %zu %s", summary->freedom, degrees(summary->freedom));
    fputs("\nR^2: ", file);
    print_number(file, summary->r2[output]);
    fputs(", adjusted R^2: ", file);
    print_number(file, summary->adjusted_r2[output]);
    fputc('\n', file);
    print_f(file, summary, output);
    print_criteria(file, summary->aic[output], summary->bic[output]);
}

static void print_check(FILE *file, const struct description *description, double digits)
{
    const gemml_summary *summary = &description->summary;
    if (isnan(summary->normal_equation_residual))
        return;
    fprintf(file, LABEL "normal equations: relative residual %.2g;\n", "check", summary->normal_equation_residual);
    fprintf(file, LABEL, "");
    if (digits < 0.05)
        fputs("coefficients do not agree with the closed form\n", file);
    else if (!isnan(digits))
        fprintf(file, "coefficients agree with the closed form to %.1f digits\n", digits);
    else if (!isnan(summary->closed_form_distance))
        fprintf(file, "relative distance from the closed form %.2g\n", summary->closed_form_distance);
    else
        fputs("distance from the closed form undefined\n", file);
}

/* "aliased  c, d": the columns that are combinations of columns before them. */
static void print_aliased(FILE *file, const struct description *description)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    const gemml_summary *summary = &description->summary;
    size_t shown = summary->aliased_count < CUT_ALIASED ? summary->aliased_count : CUT_ALIASED;
    if (shown == 0)
        return;
    fprintf(file, LABEL, "aliased");
    for (size_t i = 0; i < shown; i++) {
        fputs(i ? ", " : "", file);
        words_name(file, description_input(description, (size_t)summary->aliased[i], buffer));
    }
    if (shown < summary->aliased_count)
        fprintf(file, " ... and %zu more", summary->aliased_count - shown);
    fputc('\n', file);
}

static void print_statistics(FILE *file, const struct description *description, double digits)
{
    const gemml_summary *summary = &description->summary;
    fputc('\n', file);
    if (summary->rank > 0) {
        size_t full = description->info.inputs + (description->info.intercept ? 1 : 0);
        fprintf(file, LABEL "%zu of %zu", "rank", summary->rank, full);
        if (!isnan(summary->condition))
            fprintf(file, ", condition %.3g", summary->condition);
        fputc('\n', file);
    }
    print_aliased(file, description);
    fprintf(file, LABEL, "objective");
    print_number(file, description->fit.objective);
    fputs(", loss ", file);
    print_number(file, description->fit.loss);
    fputc('\n', file);
    print_check(file, description, digits);
    if (description->fit.notice && *description->fit.notice) {
        fprintf(file, LABEL, "note");
        words_write(file, description->fit.notice, LABEL_WIDTH, LABEL_WIDTH);
        fputc('\n', file);
    }
}

/* "classes  a, b; p is the probability of b". */
static void print_classes(FILE *file, const struct description *description)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    size_t classes = description->info.classes, shown = classes < CUT_CLASSES ? classes : CUT_CLASSES;
    if (classes == 0)
        return;
    fprintf(file, LABEL, "classes");
    for (size_t k = 0; k < shown; k++) {
        fputs(k ? ", " : "", file);
        words_name(file, description_class(description, k, buffer));
    }
    if (shown < classes)
        fprintf(file, " ... and %zu more", classes - shown);
    if (classes == 2) {
        fputs("; the probability is that of ", file);
        words_name(file, description_class(description, 1, buffer));
    }
    fputc('\n', file);
}

/* The target of a model of classes, or the first outputs. */
static void print_targets(FILE *file, const struct description *description, size_t shown)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    const gemml_model_info *info = &description->info;
    const char *target = gemml_schema_output_name(description->schema, 0);
    if (info->classes > 0) {
        words_name(file, target ? target : "y");
        return;
    }
    for (size_t k = 0; k < shown; k++) {
        fputs(k ? ", " : "", file);
        words_name(file, description_output(description, k, buffer));
    }
    fputs(shown < info->outputs ? ", ..." : "", file);
}

static void print_head(FILE *file, const struct description *description, size_t shown)
{
    char words[OUTCOME_BYTES];
    static const char *const titles[] = {"Linear regression", "Logistic regression", "Network"};
    const gemml_model_info *info = &description->info;
    fprintf(file, "%s of ", titles[info->kind]);
    print_targets(file, description, shown);
    fprintf(file, " on %zu %s, %zu %s\n\n", info->inputs, info->inputs == 1 ? "input" : "inputs",
            description->summary.rows, description->summary.rows == 1 ? "row" : "rows");
    print_classes(file, description);
    fprintf(file, LABEL "%s, ", "solver", solver_name(info->solver));
    fputs(outcome_words(description->fit.outcome, words), file);
    if (info->solver == GEMML_SOLVER_DESCENT)
        fprintf(file, ", %zu epochs", description->fit.epochs);
    if (info->solver == GEMML_SOLVER_DESCENT || info->solver == GEMML_SOLVER_LBFGS ||
        info->solver == GEMML_SOLVER_NEWTON)
        fprintf(file, ", %zu %s", description->fit.iterations, description->fit.iterations == 1 ? "step" : "steps");
    fprintf(file, "\n" LABEL "%s%s\n", "scaling", scaling_name(info->scaling), info->intercept ? "" : "; no intercept");
    if (info->l2 > 0 || description->fit.l2_path_count > 0)
        fprintf(file, LABEL "%.7g%s\n", "l2", info->l2,
                description->fit.l2_path_count > 0 ? ", of least leave-one-out error" : "");
    fprintf(file, LABEL "%zu, %s\n", "parameters", info->parameters, dtype_name(info->dtype));
}

static void print_layers(FILE *file, const struct description *description)
{
    fprintf(file, "\n%5s  %15s  %-10s  %s\n", "layer", "shape", "activation", "parameters");
    for (size_t l = 0; l < description->info.layers; l++) {
        char shape[48];
        gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
        if (gemml_layer(description->model, l, &layer))
            return;
        snprintf(shape, sizeof shape, "%zu x %zu", layer.inputs, layer.outputs);
        fprintf(file, "%5zu  %15s  %-10s  %zu%s\n", l + 1, shape, layer.activation,
                (layer.inputs + (layer.bias.data ? 1 : 0)) * layer.outputs, layer.bias.data ? "" : ", no bias");
    }
    for (size_t k = 0; description->info.classes == 0 && k < description->info.outputs; k++) {
        fputs(k ? ", " : "\nR^2: ", file);
        print_number(file, description->summary.r2[k]);
    }
    fputs(description->info.classes == 0 ? "\n" : "", file);
}

void description_print(FILE *file, const struct description *description, bool cut, double digits)
{
    size_t outputs = description->info.outputs, shown = cut && outputs > CUT_OUTPUTS ? CUT_OUTPUTS : outputs;
    print_head(file, description, shown);
    if (description->info.kind == GEMML_MLP) {
        print_layers(file, description);
        print_statistics(file, description, digits);
        return;
    }
    for (size_t k = 0; k < shown; k++) {
        coefficients_print(file, description, k, cut);
        if (description->info.classes == 0)
            print_quality(file, description, k);
    }
    if (shown < outputs)
        fprintf(file, "\n... and %zu more outputs: 'gemml inspect' shows all\n", outputs - shown);
    if (!cut)
        odds_print(file, description);
    if (description->info.classes > 0)
        print_likelihood(file, description);
    print_statistics(file, description, digits);
}
