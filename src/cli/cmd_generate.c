/* gemml generate: made-up tables, and their coefficients, as CSV or NPY. */
#include <gemml.h>
#include <stdlib.h>
#include <string.h>

#include "cli/number.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/table_file.h"
#include "cli/verbs.h"

enum generate_verb { REGRESSION = 1, CLASSIFICATION = 2, MOONS = 4, CIRCLES = 8, CURVE = 16 };

struct generate_options {
    const char *output, *coefficients, *shares;
    size_t rows, columns, informative, redundant, repeated, classes, clusters_per_class, targets, effective_rank;
    double noise, bias, separation, flip, shift, scale, factor, low, high, tail_strength;
    uint64_t seed;
    bool no_shuffle, polytope, quiet;
};

#define AT(member) .offset = offsetof(struct generate_options, member)

static const struct option_spec table[] = {
    {.name = "output",
     .type = OPTION_TEXT,
     AT(output),
     .value = "FILE",
     .required = true,
     .help = "where the table goes: NPY where the name ends in .npy, else CSV; - is the standard output"},
    {.name = "coefficients",
     .type = OPTION_TEXT,
     AT(coefficients),
     .value = "FILE",
     .automatic = "none",
     .verbs = REGRESSION,
     .help = "write the true coefficients too, the intercept first, likewise"},
    {.name = "rows", .type = OPTION_COUNT, AT(rows), .value = "N", .low = 1, .initial = "1000", .help = "rows"},
    {.name = "columns",
     .type = OPTION_COUNT,
     AT(columns),
     .value = "N",
     .low = 1,
     .initial = "10",
     .verbs = REGRESSION | CLASSIFICATION,
     .help = "columns beside the target"},
    {.name = "informative",
     .type = OPTION_COUNT,
     AT(informative),
     .value = "N",
     .automatic = "regression 10, classification 2, but at most all",
     .verbs = REGRESSION | CLASSIFICATION,
     .help = "columns on which the target depends"},
    {.name = "redundant",
     .type = OPTION_COUNT,
     AT(redundant),
     .value = "N",
     .automatic = "2, where there is room",
     .verbs = CLASSIFICATION,
     .help = "columns that are random combinations of the informative ones"},
    {.name = "repeated",
     .type = OPTION_COUNT,
     AT(repeated),
     .value = "N",
     .initial = "0",
     .verbs = CLASSIFICATION,
     .help = "columns that are copies of those"},
    {.name = "classes",
     .type = OPTION_COUNT,
     AT(classes),
     .value = "K",
     .low = 2,
     .initial = "2",
     .verbs = CLASSIFICATION,
     .help = "classes, 0 .. K-1"},
    {.name = "clusters-per-class",
     .type = OPTION_COUNT,
     AT(clusters_per_class),
     .value = "N",
     .low = 1,
     .initial = "2",
     .verbs = CLASSIFICATION,
     .help = "clusters of each class, each at a corner of a cube in the informative columns"},
    {.name = "shares",
     .type = OPTION_TEXT,
     AT(shares),
     .value = "LIST",
     .automatic = "equal",
     .verbs = CLASSIFICATION,
     .help = "the share of the rows of each class, such as 0.9,0.1; the last one may be left out"},
    {.name = "polytope",
     .type = OPTION_FLAG,
     AT(polytope),
     .verbs = CLASSIFICATION,
     .help = "clusters at corners of a random polytope instead of a cube"},
    {.name = "separation",
     .type = OPTION_REAL,
     AT(separation),
     .value = "X",
     .initial = "1",
     .verbs = CLASSIFICATION,
     .help = "half the cube's edge: more makes the classes easier to tell apart"},
    {.name = "flip",
     .type = OPTION_REAL,
     AT(flip),
     .value = "X",
     .high = 1,
     .initial = "0.01",
     .verbs = CLASSIFICATION,
     .help = "share of the rows whose class is drawn anew"},
    {.name = "shift",
     .type = OPTION_REAL,
     AT(shift),
     .value = "X|auto",
     .low = -1e300,
     .initial = "0",
     .word = "auto",
     .verbs = CLASSIFICATION,
     .help = "added to every column; auto: drawn for each column, up to the separation"},
    {.name = "scale",
     .type = OPTION_REAL,
     AT(scale),
     .value = "X|auto",
     .low = -1e300,
     .initial = "1",
     .word = "auto",
     .verbs = CLASSIFICATION,
     .help = "every column is multiplied by it, after the shift; auto: drawn for each column from 1 to 101"},
    {.name = "targets",
     .type = OPTION_COUNT,
     AT(targets),
     .value = "N",
     .low = 1,
     .initial = "1",
     .verbs = REGRESSION,
     .help = "targets, each with coefficients of its own: the columns y0, y1, ... where there are several"},
    {.name = "effective-rank",
     .type = OPTION_COUNT,
     AT(effective_rank),
     .value = "N",
     .low = 1,
     .automatic = "none: columns are independent",
     .verbs = REGRESSION,
     .help = "columns depend on each other: about so many combinations of them hold most of their variance"},
    {.name = "tail-strength",
     .type = OPTION_REAL,
     AT(tail_strength),
     .value = "X",
     .high = 1,
     .initial = "0.5",
     .verbs = REGRESSION,
     .help = "share of the other combinations, with --effective-rank"},
    {.name = "bias",
     .type = OPTION_REAL,
     AT(bias),
     .value = "X",
     .low = -1e300,
     .initial = "0",
     .verbs = REGRESSION,
     .help = "the intercept"},
    {.name = "factor",
     .type = OPTION_REAL,
     AT(factor),
     .value = "X",
     .high = 0.999999,
     .initial = "0.8",
     .verbs = CIRCLES,
     .help = "radius of the inner circle; the outer one's is 1"},
    {.name = "low",
     .type = OPTION_REAL,
     AT(low),
     .value = "X",
     .low = -1e300,
     .initial = "0",
     .verbs = CURVE,
     .help = "x is drawn uniformly from here ..."},
    {.name = "high",
     .type = OPTION_REAL,
     AT(high),
     .value = "X",
     .low = -1e300,
     .initial = "5",
     .verbs = CURVE,
     .help = "... to here"},
    {.name = "noise",
     .type = OPTION_REAL,
     AT(noise),
     .value = "X",
     .initial = "0",
     .verbs = REGRESSION | MOONS | CIRCLES | CURVE,
     .help = "standard deviation of the noise: of the target, or of each coordinate of moons and circles"},
    {.name = "no-shuffle",
     .type = OPTION_FLAG,
     AT(no_shuffle),
     .verbs = REGRESSION | CLASSIFICATION | MOONS | CIRCLES,
     .help = "informative columns first, then redundant and repeated ones; rows class by class, or cluster after "
             "cluster in turn"},
    {.name = "seed", .type = OPTION_SEED, AT(seed), .value = "N", .initial = "0", .help = "equal seeds, equal tables"},
    {.name = "quiet", .type = OPTION_FLAG, AT(quiet), .help = "no summary; errors remain"},
};

/* What is generated: x and y side by side in one matrix, and the coefficients. */
struct generated {
    double *cells, *coefficients; /* rows x (features + targets); (features + 1) x targets, the intercepts first */
    size_t features, targets;
};

static size_t feature_count(const struct generate_options *values, enum generate_verb verb)
{
    return verb == CURVE ? 1 : verb == MOONS || verb == CIRCLES ? 2 : values->columns;
}

static gemml_status regression(const struct generate_options *values, struct generated *made, gemml_matrix x,
                               gemml_matrix y)
{
    gemml_regression_options options = GEMML_REGRESSION_OPTIONS_INIT;
    options.informative = values->informative;
    options.noise = values->noise;
    options.bias = values->bias;
    options.shuffle = !values->no_shuffle;
    options.seed = values->seed;
    options.effective_rank = values->effective_rank;
    options.tail_strength = values->tail_strength;
    for (size_t k = 0; k < made->targets; k++)
        made->coefficients[k] = values->bias;
    return gemml_generate_regression(
        &options, x, y, gemml_matrix_f64(made->coefficients + made->targets, made->features, made->targets));
}

/* The shares of `classes` classes from "0.7,0.2,0.1"; without the last one it is what is left. */
static bool read_shares(const char *list, double *shares, size_t classes)
{
    double left = 1;
    size_t count = 0;
    for (const char *item = list; item && count < classes; count++) {
        char number[NUMBER_BYTES];
        size_t length = strcspn(item, ",");
        snprintf(number, sizeof number, "%.*s", (int)(length < sizeof number ? length : 0), item);
        if (!number_real(number, &shares[count]))
            return false;
        left -= shares[count];
        item = item[length] ? item + length + 1 : NULL;
        if (item && count + 1 == classes)
            return false;
    }
    if (count + 1 == classes)
        shares[count++] = left > 0 ? left : 0;
    return count == classes;
}

static gemml_status classification(const struct generate_options *values, const double *shares, gemml_matrix x,
                                   gemml_matrix y)
{
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.informative = values->informative;
    options.redundant = values->redundant;
    options.repeated = values->repeated;
    options.classes = values->classes;
    options.clusters_per_class = values->clusters_per_class;
    options.separation = values->separation;
    options.flip = values->flip;
    options.shift = values->shift;
    options.scale = values->scale;
    options.shares = shares;
    options.cube = !values->polytope;
    options.shuffle = !values->no_shuffle;
    options.seed = values->seed;
    return gemml_generate_classification(&options, x, y);
}

static gemml_status shape(const struct generate_options *values, enum generate_verb verb, gemml_matrix x,
                          gemml_matrix y)
{
    gemml_shape_options options = GEMML_SHAPE_OPTIONS_INIT;
    options.noise = values->noise;
    options.shuffle = !values->no_shuffle;
    options.seed = values->seed;
    if (verb == MOONS)
        return gemml_generate_moons(&options, x, y);
    options.factor = values->factor;
    return gemml_generate_circles(&options, x, y);
}

static gemml_status curve(const struct generate_options *values, gemml_matrix x, gemml_matrix y)
{
    gemml_curve_options options = GEMML_CURVE_OPTIONS_INIT;
    options.low = values->low;
    options.high = values->high;
    options.noise = values->noise;
    options.seed = values->seed;
    return gemml_generate_curve(&options, x, y);
}

/* The shares, where they are given: free() them. */
static int take_shares(const struct generate_options *values, double **shares)
{
    *shares = NULL;
    if (!values->shares)
        return EXIT_DONE;
    *shares = values->classes < SIZE_MAX / sizeof **shares ? malloc(values->classes * sizeof **shares) : NULL;
    if (!*shares)
        return failed("not enough memory for %zu classes", values->classes);
    if (!read_shares(values->shares, *shares, values->classes))
        return failed("--shares takes the share of each of the %zu classes, such as 0.9,0.1, not '%s'", values->classes,
                      values->shares);
    return EXIT_DONE;
}

static int generate(struct generated *made, const struct generate_options *values, enum generate_verb verb)
{
    size_t n = values->rows, p = made->features = feature_count(values, verb);
    size_t K = made->targets = verb == REGRESSION ? values->targets : 1;
    bool fits = p < SIZE_MAX / 2 && K < SIZE_MAX / 2 && p + K < SIZE_MAX / sizeof(double) / n &&
                K < SIZE_MAX / sizeof(double) / (p + 1);
    made->cells = fits ? malloc(n * (p + K) * sizeof(double)) : NULL;
    made->coefficients = made->cells ? malloc((p + 1) * K * sizeof(double)) : NULL;
    if (!made->coefficients)
        return failed("not enough memory for %zu rows of %zu columns", n, fits ? p + K : p);
    double *shares = NULL;
    int status = verb == CLASSIFICATION ? take_shares(values, &shares) : EXIT_DONE;
    gemml_matrix x = gemml_matrix_f64_strided(made->cells, n, p, p + K);
    gemml_matrix y = gemml_matrix_f64_strided(made->cells + p, n, K, p + K);
    if (!status && (verb == REGRESSION       ? regression(values, made, x, y)
                    : verb == CLASSIFICATION ? classification(values, shares, x, y)
                    : verb == CURVE          ? curve(values, x, y)
                                             : shape(values, verb, x, y)))
        status = failed_library();
    free(shares);
    return status;
}

/* "y", or "y0,y1,..." where there are several. */
static void write_targets(FILE *file, size_t targets)
{
    for (size_t k = 0; k < targets; k++)
        if (targets == 1)
            fputs("y", file);
        else
            fprintf(file, k ? ",y%zu" : "y%zu", k);
    fputc('\n', file);
}

static void write_line(FILE *file, const double *cells, size_t count)
{
    char text[NUMBER_BYTES];
    for (size_t j = 0; j < count; j++) {
        size_t length = number_format(text, cells[j]);
        text[length++] = j + 1 < count ? ',' : '\n';
        fwrite(text, 1, length, file);
    }
}

/* "x0,x1,...,y" and the rows. */
static void write_csv(FILE *file, const struct generated *made, size_t rows)
{
    size_t columns = made->features + made->targets;
    for (size_t j = 0; j < made->features; j++)
        fprintf(file, "x%zu,", j);
    write_targets(file, made->targets);
    for (size_t i = 0; i < rows && !ferror(file); i++)
        write_line(file, made->cells + i * columns, columns);
}

/* "name,coefficient", or "name,y0,y1,..." where there are several targets. */
static void write_coefficients(FILE *file, const struct generated *made)
{
    fputs("name,", file);
    if (made->targets == 1)
        fputs("coefficient\n", file);
    else
        write_targets(file, made->targets);
    for (size_t j = 0; j <= made->features; j++) {
        if (j == 0)
            fputs("(intercept),", file);
        else
            fprintf(file, "x%zu,", j - 1);
        write_line(file, made->coefficients + j * made->targets, made->targets);
    }
}

static int write_table(const struct generated *made, size_t rows, const char *path)
{
    struct output output;
    int status = output_open(&output, path);
    if (status)
        return status;
    if (table_file_is_npy(path))
        table_file_write_npy(output.file, made->cells, rows, made->features + made->targets);
    else
        write_csv(output.file, made, rows);
    status = output_close(&output);
    return status ? status : output_publish(&output);
}

static int write_truth(const struct generated *made, const char *path)
{
    struct output output;
    int status = path ? output_open(&output, path) : EXIT_DONE;
    if (status || !path)
        return status;
    if (table_file_is_npy(path))
        table_file_write_npy(output.file, made->coefficients, made->features + 1, made->targets);
    else
        write_coefficients(output.file, made);
    status = output_close(&output);
    return status ? status : output_publish(&output);
}

static int check_files(const struct verb *verb, const struct generate_options *values)
{
    const char *coefficients = verb->bit == REGRESSION ? values->coefficients : NULL;
    if (coefficients && strcmp(coefficients, "-") == 0)
        return failed_usage(verb->name, "--coefficients wants a file: it cannot go to the standard output");
    if (coefficients && output_same(coefficients, values->output))
        return failed_usage(verb->name, "--output and --coefficients are the same file, %s", coefficients);
    int status = strcmp(values->output, "-") == 0 ? EXIT_DONE : output_check("--output", values->output);
    return status ? status : output_check("--coefficients", coefficients);
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct generate_options values = {0};
    struct arguments arguments;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    struct generated made = {0};
    int status = check_files(verb, &values);
    if (!status)
        status = generate(&made, &values, (enum generate_verb)verb->bit);
    if (!status)
        status = write_table(&made, values.rows, values.output);
    if (!status && verb->bit == REGRESSION)
        status = write_truth(&made, values.coefficients);
    if (!status && !values.quiet && strcmp(values.output, "-") != 0)
        printf("%s: %zu rows, %zu column%s and the target%s\n", values.output, values.rows, made.features,
               made.features == 1 ? "" : "s", made.targets == 1 ? "" : "s");
    free(made.cells);
    free(made.coefficients);
    return status;
}

#define GENERATE_VERB(variable, bits, kind, about, example, text)                                               \
    const struct verb variable = {.name = "generate " kind,                                                     \
                                  .usage = " --output FILE [options]",                                          \
                                  .summary = about,                                                             \
                                  .examples = example,                                                          \
                                  .details = text " The columns are x0, x1, ... and, as the last, y. Equal "    \
                                                  "options give equal tables, whatever the number of threads.", \
                                  .options = table,                                                             \
                                  .option_count = sizeof table / sizeof table[0],                               \
                                  .run = run,                                                                   \
                                  .bit = bits}

GENERATE_VERB(
    verb_generate_regression, REGRESSION, "regression", "make a table of a linear model",
    "  gemml generate regression --rows 1000 --columns 5 --noise 10 --output line.csv \\\n"
    "      --coefficients truth.csv\n"
    "  gemml train linear line.csv --target y --model line.gemml\n",
    "y = bias + x w + noise: x is normal with mean 0 and deviation 1, w uniform on 0 .. 100 in the informative "
    "columns and 0 in the others.");
GENERATE_VERB(verb_generate_classification, CLASSIFICATION, "classification", "make a table of classes in clusters",
              "  gemml generate classification --rows 1000 --columns 4 --classes 3 --output clusters.csv\n"
              "  gemml generate classification --columns 2 --redundant 0 --clusters-per-class 1 \\\n"
              "      --separation 2 --output two.npy\n",
              "Each class has some clusters of rows, normal around corners of a cube and each stretched by a random "
              "matrix of its own.");
GENERATE_VERB(verb_generate_moons, MOONS, "moons", "make a table of two interleaving half circles",
              "  gemml generate moons --rows 500 --noise 0.2 --output moons.csv\n",
              "Class 0 is (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t), t from 0 to pi; then the noise.");
GENERATE_VERB(verb_generate_circles, CIRCLES, "circles", "make a table of a circle in a circle",
              "  gemml generate circles --rows 500 --noise 0.1 --factor 0.5 --output circles.csv\n",
              "Class 0 is (cos t, sin t), class 1 the same times the factor; then the noise.");
GENERATE_VERB(verb_generate_curve, CURVE, "curve", "make a table of a curve that bends ever faster",
              "  gemml generate curve --rows 1000 --noise 0.1 --output curve.csv\n",
              "y = cos(x/2 - 1/2) + 0.15 x^2 - cos(0.2 x^3) + sin(0.5 x^2) + noise.");
