/* gemml: the table of verbs, and who is called. */
#include <fcntl.h>
#include <gemml.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "cli/nearest.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/verbs.h"

static const struct verb *const verbs[] = {
    &verb_train_linear,
    &verb_train_logistic,
    &verb_train_mlp,
    &verb_predict,
    &verb_evaluate,
    &verb_inspect,
    &verb_generate_regression,
    &verb_generate_classification,
    &verb_generate_moons,
    &verb_generate_circles,
    &verb_generate_curve,
    &verb_plot_history,
    &verb_plot_regions,
    &verb_plot_fit,
    &verb_plot_scatter,
    &verb_plot_coefficients,
    &verb_plot_confusion,
    &verb_plot_roc,
    &verb_plot_calibration,
    &verb_plot_animation,
    &verb_demo_linear,
    &verb_demo_logistic,
    &verb_demo_network_classification,
    &verb_demo_network_regression,
    &verb_demo_all,
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static void print_help(FILE *file)
{
    fputs("Examples:\n"
          "  gemml train linear cars.csv --target mpg --model cars.gemml\n"
          "  gemml predict cars.gemml new.csv --output predictions.csv\n"
          "  gemml evaluate cars.gemml test.csv\n"
          "  gemml inspect cars.gemml\n"
          "\nUsage: gemml VERB ... [options]\n"
          "\nLinear and logistic regression and neural networks on tables, CSV or NPY.\n"
          "\nVerbs:\n",
          file);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(file, "  %-23s  %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\nOptions:\n"
          "  --help          this text; 'gemml help VERB' or 'gemml VERB --help' for one verb\n"
          "  --version       the version\n"
          "\nResults go to the standard output, progress and errors to the standard error.\n"
          "Exit status: 0 when a model or a result was written, 1 when that failed, 2 for\n"
          "a mistake on the command line.\n",
          file);
}

/* How many words of the verb's name the arguments begin with. */
static int matching_words(const struct verb *verb, int argc, char **argv)
{
    const char *name = verb->name;
    int words = 0;
    while (*name && words < argc) {
        size_t length = strcspn(name, " ");
        if (strlen(argv[words]) != length || memcmp(argv[words], name, length) != 0)
            break;
        name += length;
        name += strspn(name, " ");
        words++;
    }
    return words;
}

static int word_count(const struct verb *verb)
{
    return strchr(verb->name, ' ') ? 2 : 1;
}

/* Whether two verbs have the same first word. */
static bool same_group(const struct verb *a, const struct verb *b)
{
    size_t length = strcspn(a->name, " ");
    return strcspn(b->name, " ") == length && memcmp(a->name, b->name, length) == 0;
}

/* "train, predict, ..." or, of the verbs that begin with the word `first`, their
 * second words. */
static void list_verbs(char *text, size_t bytes, const char *first)
{
    size_t length = first ? strlen(first) : 0, used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < VERB_COUNT && used < bytes; i++) {
        const char *name = verbs[i]->name;
        if (first ? strncmp(name, first, length) != 0 || name[length] != ' '
                  : i > 0 && same_group(verbs[i - 1], verbs[i]))
            continue;
        const char *shown = first ? name + length + 1 : name;
        int width = first ? (int)strlen(shown) : (int)strcspn(shown, " ");
        used += (size_t)snprintf(text + used, bytes - used, "%s%.*s", used ? ", " : "", width, shown);
    }
}

/* The verb whose first word is nearest to what was written; NULL: none is near. */
static const struct verb *nearest_verb(const char *written)
{
    const struct verb *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < VERB_COUNT; i++) {
        char word[32];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(verbs[i]->name, " "), verbs[i]->name);
        size_t distance = nearest_distance(written, word);
        if (distance < best) {
            best = distance;
            nearest = verbs[i];
        }
    }
    return nearest;
}

static int unknown_verb(int argc, char **argv)
{
    char list[128];
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (matching_words(verbs[i], argc, argv) == 1) {
            list_verbs(list, sizeof list, argv[0]);
            const char *kind = strcmp(argv[0], "train") == 0 ? "kind of model" : "kind";
            if (argc == 1)
                return failed_usage(NULL, "%s: the %s is missing; there is: %s", argv[0], kind, list);
            return failed_usage(NULL, "%s '%s': unknown %s; there is: %s", argv[0], argv[1], kind, list);
        }
    list_verbs(list, sizeof list, NULL);
    const struct verb *nearest = nearest_verb(argv[0]);
    if (nearest)
        return failed_usage(NULL, "unknown verb '%s': did you mean %s? The verbs are: %s", argv[0], nearest->name,
                            list);
    return failed_usage(NULL, "unknown %s '%s'; the verbs are: %s", argv[0][0] == '-' ? "option" : "verb", argv[0],
                        list);
}

static const struct verb *find_verb(int argc, char **argv)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (matching_words(verbs[i], argc, argv) == word_count(verbs[i]))
            return verbs[i];
    return NULL;
}

/* help [VERB]: "help train" is the help of all verbs that begin so. */
static int help(int argc, char **argv)
{
    if (argc == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    bool found = false;
    for (size_t i = 0; i < VERB_COUNT; i++) {
        int words = matching_words(verbs[i], argc, argv);
        if (words > 0 && (words == argc || words == word_count(verbs[i]))) {
            fputs(found ? "\n" : "", stdout);
            options_help(stdout, verbs[i]);
            found = true;
        }
    }
    return found ? EXIT_DONE : unknown_verb(argc, argv);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(int argc, char **argv)
{
    if (argc == 0) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[0], "--version") == 0) {
        printf("gemml %s\n", gemml_version());
        return EXIT_DONE;
    }
    if (is_help(argv[0]) || strcmp(argv[0], "help") == 0)
        return help(argc - 1, argv + 1);
    const struct verb *verb = find_verb(argc, argv);
    if (verb)
        return verb->run(verb, argc - word_count(verb), argv + word_count(verb));
    if (argc == 2 && is_help(argv[1]))
        return help(1, argv);
    if (argc > 1 && strcmp(argv[0], "demo") == 0 && argv[1][0] == '-') /* without a kind: all */
        return verb_demo_all.run(&verb_demo_all, argc - 1, argv + 1);
    return unknown_verb(argc, argv);
}

/* A standard stream that the caller closed would lend its number to the next
 * file that is opened: occupy it, in the wrong direction, so that using it is
 * an error. */
static void occupy_standard_streams(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) < 0)
            _exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
    occupy_standard_streams();
    int status = run(argc - 1, argv + 1);
    if (status == EXIT_DONE)
        status = output_flush();
    return status;
}
