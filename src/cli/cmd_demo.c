/* gemml demo: made-up data, models and pictures, by the commands that anyone could type. */
#include <errno.h>
#include <gemml.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/gnuplot.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/verbs.h"

enum demo_kind { LINEAR = 1, LOGISTIC = 2, NETWORK_CLASSIFICATION = 4, NETWORK_REGRESSION = 8 };

#define MOST_WORDS 32

/* One command: a verb and its arguments, separated by blanks. */
struct step {
    enum demo_kind demo;
    const char *says; /* why; NULL: goes with the step before */
    const struct verb *verb;
    const char *arguments;
};

static const struct step steps[] = {
    {LINEAR, "A plane with noise. The true coefficients are written beside it.", &verb_generate_regression,
     "--rows 400 --columns 2 --noise 15 --bias 20 --seed 1 --output plane.csv --coefficients plane-truth.csv"},
    {LINEAR, "Gradient descent finds it. The check compares with the normal equations.", &verb_train_linear,
     "plane.csv --target y --solver descent --rate 0.1 --epochs 400 --model plane.gemml --quiet"},
    {LINEAR, "Compare the estimates with plane-truth.csv.", &verb_inspect, "plane.gemml"},
    {LINEAR, NULL, &verb_plot_scatter, "plane.gemml plane.csv --output plane.png"},
    {LINEAR, NULL, &verb_plot_history, "plane.gemml --output plane-history.png"},
    {LINEAR, NULL, &verb_plot_coefficients, "plane.gemml --output plane-coefficients.png"},

    {LOGISTIC, "Two clusters, and a logistic regression that learns to tell them apart.", &verb_generate_classification,
     "--rows 400 --columns 2 --redundant 0 --clusters-per-class 1 --separation 1.5 --seed 4 --output clusters.csv"},
    {LOGISTIC, NULL, &verb_train_logistic,
     "clusters.csv --target y --solver descent --rate 0.5 --epochs 60 --record 2 --model clusters.gemml --quiet"},
    {LOGISTIC, NULL, &verb_evaluate, "clusters.gemml clusters.csv"},
    {LOGISTIC, NULL, &verb_plot_animation, "clusters.gemml clusters.csv --output clusters.gif"},
    {LOGISTIC, NULL, &verb_plot_roc, "clusters.gemml clusters.csv --output clusters-roc.png"},
    {LOGISTIC, "With powers of the columns the boundary of a logistic regression is curved: a ring.",
     &verb_generate_circles, "--rows 500 --noise 0.08 --factor 0.5 --seed 2 --output circles.csv"},
    {LOGISTIC, NULL, &verb_train_logistic,
     "circles.csv --target y --polynomial 6 --l2 0.01 --model circles.gemml --quiet"},
    {LOGISTIC, NULL, &verb_evaluate, "circles.gemml circles.csv"},
    {LOGISTIC, NULL, &verb_plot_regions, "circles.gemml circles.csv --output circles.png"},

    {NETWORK_CLASSIFICATION, "Ten thousand points of four classes.", &verb_generate_classification,
     "--rows 10000 --columns 2 --redundant 0 --classes 4 --clusters-per-class 1 --separation 2.5 --flip 0 --seed 11 "
     "--output four.csv"},
    {NETWORK_CLASSIFICATION,
     "A network on twelve inputs: the two columns, their squares, and sines and cosines of both.", &verb_train_mlp,
     "four.csv --target y --task classification --features-add square,sin,cos,sin-square,cos-square --hidden 4,10,6 "
     "--batch 100 --epochs 30 --holdout 0.2 --seed 3 --model four.gemml --quiet"},
    {NETWORK_CLASSIFICATION, NULL, &verb_evaluate, "four.gemml four.csv"},
    {NETWORK_CLASSIFICATION, NULL, &verb_plot_regions, "four.gemml four.csv --output four.png"},
    {NETWORK_CLASSIFICATION, NULL, &verb_plot_history, "four.gemml --output four-history.png"},
    {NETWORK_CLASSIFICATION, NULL, &verb_plot_confusion, "four.gemml four.csv --output four-confusion.png"},

    {NETWORK_REGRESSION, "A curve that bends ever faster.", &verb_generate_curve,
     "--rows 5000 --noise 0.05 --seed 5 --output curve.csv"},
    {NETWORK_REGRESSION, "A network on x, its square, and sines and cosines of both.", &verb_train_mlp,
     "curve.csv --target y --task regression --features-add square,sin,cos,sin-square,cos-square --hidden 24,24 "
     "--batch 100 --epochs 150 --record 5 --seed 1 --model curve.gemml --quiet"},
    {NETWORK_REGRESSION, NULL, &verb_evaluate, "curve.gemml curve.csv"},
    {NETWORK_REGRESSION, NULL, &verb_plot_fit, "curve.gemml curve.csv --output curve.png"},
    {NETWORK_REGRESSION, NULL, &verb_plot_animation, "curve.gemml curve.csv --output curve.gif"},
    {NETWORK_REGRESSION, NULL, &verb_plot_history, "curve.gemml --output curve-history.png"},
};
#define STEPS (sizeof steps / sizeof steps[0])

struct demo_options {
    const char *output;
};

static const struct option_spec options[] = {
    {.name = "output",
     .type = OPTION_TEXT,
     .offset = offsetof(struct demo_options, output),
     .value = "DIR",
     .required = true,
     .help = "folder for the tables, models and pictures; it is made where it is not there"},
};

/* Writes what a step does to the page README.md: its reason, command and picture. */
static void write_page(FILE *page, const struct step *step)
{
    const char *picture = strncmp(step->verb->name, "plot ", 5) == 0 ? strstr(step->arguments, "--output ") : NULL;
    if (step->says)
        fprintf(page, "\n%s\n\n", step->says);
    fprintf(page, "    gemml %s %s\n", step->verb->name, step->arguments);
    if (picture)
        fprintf(page, "\n![%s](%s)\n\n", step->verb->name, picture + strlen("--output "));
}

/* Shows the command and runs it, as if it had been typed. */
static int run_step(const struct step *step)
{
    char text[512], *words[MOST_WORDS];
    int count = 0;
    snprintf(text, sizeof text, "%s", step->arguments);
    for (char *rest, *word = strtok_r(text, " ", &rest); word && count < MOST_WORDS; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (step->says)
        printf("\n%s\n", step->says);
    printf("$ gemml %s %s\n", step->verb->name, step->arguments);
    int status = output_flush();
    return status ? status : step->verb->run(step->verb, count, words);
}

static int run_steps(unsigned kinds, FILE *page)
{
    int status = EXIT_DONE;
    fputs("# What gemml demo did\n\nEach command can be typed again in this folder.\n", page);
    for (size_t i = 0; i < STEPS && !status; i++)
        if (kinds & (unsigned)steps[i].demo) {
            status = run_step(steps + i);
            write_page(page, steps + i);
        }
    return status;
}

static int enter(const char *folder)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return failed("--output %s: %s", folder, strerror(errno));
    if (chdir(folder) != 0)
        return failed("--output %s: %s", folder, strerror(errno));
    return EXIT_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct demo_options values;
    struct arguments arguments;
    FILE *page;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    int status = gnuplot_check();
    if (!status)
        status = enter(values.output);
    if (status)
        return status;
    page = fopen("README.md", "w");
    if (!page)
        return failed("%s/README.md: %s", values.output, strerror(errno));
    status = run_steps(verb->bit, page);
    if (fclose(page) != 0 && !status)
        status = failed("%s/README.md: %s", values.output, strerror(errno));
    if (!status)
        printf("\n%s/README.md tells what was done, with the pictures.\n", values.output);
    return status;
}

#define DEMO_VERB(variable, words, bits, about)                                                                        \
    const struct verb variable = {                                                                                     \
        .name = "demo " words,                                                                                         \
        .usage = " --output DIR",                                                                                      \
        .summary = about,                                                                                              \
        .examples = "  gemml demo " words " --output demo\n",                                                          \
        .details = "Makes data, trains on them, and draws pictures, each by a command that is shown and can be typed " \
                   "again in the folder; README.md there tells what was done. Gnuplot draws the pictures (on Debian: " \
                   "package gnuplot-nox).",                                                                            \
        .options = options,                                                                                            \
        .option_count = sizeof options / sizeof options[0],                                                            \
        .bit = bits,                                                                                                   \
        .run = run}

DEMO_VERB(verb_demo_linear, "linear", LINEAR, "show a linear regression that is trained by descent");
DEMO_VERB(verb_demo_logistic, "logistic", LOGISTIC, "show logistic regressions, one as an animation");
DEMO_VERB(verb_demo_network_classification, "network-classification", NETWORK_CLASSIFICATION,
          "show a network that tells four classes apart");
DEMO_VERB(verb_demo_network_regression, "network-regression", NETWORK_REGRESSION, "show a network that learns a curve");
DEMO_VERB(verb_demo_all, "all", LINEAR | LOGISTIC | NETWORK_CLASSIFICATION | NETWORK_REGRESSION, "show all of these");
