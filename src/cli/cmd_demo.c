/* gemml demo: made-up data, models and pictures, by the commands that anyone could type. */
#include <errno.h>
#include <gemml.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/demo.h"
#include "cli/gnuplot.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/verbs.h"

#define MOST_WORDS 32

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

/* Writes what a step does to the page README.md: its reason, command, picture, and what was found. */
static void write_page(FILE *page, const struct demo_step *step, const char *found)
{
    const char *picture = strncmp(step->verb->name, "plot ", 5) == 0 ? strstr(step->arguments, "--output ") : NULL;
    if (step->says)
        fprintf(page, "\n%s\n\n", step->says);
    fprintf(page, "    gemml %s %s\n", step->verb->name, step->arguments);
    if (picture) {
        picture += strlen("--output ");
        fprintf(page, "\n![%s](%.*s)\n\n", step->verb->name, (int)strcspn(picture, " "), picture);
    }
    if (found)
        fprintf(page, "\n```\n%s```\n\n", found);
}

/* Shows the command and runs it, as if it had been typed. */
static int run_command(const struct demo_step *step)
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

/* What was found by a step: free() it. NULL where there is nothing to find. */
static int find(const struct demo_step *step, char **found)
{
    size_t bytes;
    *found = NULL;
    if (!step->finding.tell)
        return EXIT_DONE;
    FILE *text = open_memstream(found, &bytes);
    if (!text)
        return failed("not enough memory");
    int status = step->finding.tell(text, &step->finding);
    if (fclose(text) != 0 && !status)
        status = failed("not enough memory");
    return status;
}

static int run_step(const struct demo_step *step, FILE *page)
{
    char *found = NULL;
    int status = run_command(step);
    if (!status)
        status = find(step, &found);
    if (!status) {
        printf("%s", found ? found : "");
        write_page(page, step, found);
    }
    free(found);
    return status;
}

static const char *title_of(enum demo_kind demo)
{
    return demo == DEMO_LINEAR     ? "Linear regression"
           : demo == DEMO_LOGISTIC ? "Logistic regression"
           : demo == DEMO_CLASSES  ? "A network that tells classes apart"
                                   : "A network that learns a curve";
}

static int run_steps(unsigned kinds, FILE *page)
{
    int status = EXIT_DONE;
    unsigned demo = 0;
    fputs("# What gemml demo did\n\nEach command can be typed again in this folder.\n", page);
    for (size_t i = 0; i < demo_step_count && !status; i++)
        if (kinds & (unsigned)demo_steps[i].demo) {
            if (demo != demo_steps[i].demo) {
                demo = demo_steps[i].demo;
                printf("\n== %s ==\n", title_of(demo));
                fprintf(page, "\n## %s\n", title_of(demo));
            }
            status = run_step(demo_steps + i, page);
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

DEMO_VERB(verb_demo_linear, "linear", DEMO_LINEAR, "show a linear regression that is trained by descent");
DEMO_VERB(verb_demo_logistic, "logistic", DEMO_LOGISTIC, "show logistic regressions, one as an animation");
DEMO_VERB(verb_demo_network_classification, "network-classification", DEMO_CLASSES,
          "show a network that tells four classes apart");
DEMO_VERB(verb_demo_network_regression, "network-regression", DEMO_CURVE, "show a network that learns a curve");
DEMO_VERB(verb_demo_all, "all", DEMO_LINEAR | DEMO_LOGISTIC | DEMO_CLASSES | DEMO_CURVE, "show all of these");
