/* gemml-bench: measures gemml against plain loops, and against what this machine can do. */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "peak.h"
#include "report.h"
#include "rooms.h"
#include "util/alloc.h"

static const char help[] =
    "Usage: gemml-bench [options]\n"
    "\n"
    "  gemml-bench --list                        the cases\n"
    "  gemml-bench --filter 'kernel/gemm/*'      some of them\n"
    "  gemml-bench --quick --csv results.csv     small sizes, short runs; a file too\n"
    "\n"
    "  --filter PATTERN  cases whose name matches (shell wildcards; several: any of them)\n"
    "  --threads N       threads of the cases that use more than one (default: what the library takes)\n"
    "  --quick           smaller shapes, fewer repeats\n"
    "  --csv FILE        the table as CSV too\n"
    "  --json FILE       and as JSON, with the machine and its peaks\n"
    "  --list            names only\n"
    "  --help            this\n"
    "\n"
    "Seconds are of one run: the fastest and the middle one. The peak is that of a gemm of\n"
    "2048 or of reading memory, measured here on as many threads; x naive says how many\n"
    "times longer plain loops take.\n"
    "Exit status: 0, 1 when a case failed or its residual is too large, 2 for wrong usage.\n";

#define FILTERS 16
#define BUDGET 0.2 /* seconds of repeats for a case */
#define QUICK_BUDGET 0.02

struct arguments {
    const char *filters[FILTERS];
    size_t filter_count;
    size_t threads; /* 0: the default */
    bool quick, list;
    const char *csv, *json;
};

static bool parse_threads(const char *text, size_t *threads)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value < 1 || value > 1024)
        return false;
    *threads = value;
    return true;
}

/* What to exit with, or -1 to go on. */
static int parse(int count, char **words, struct arguments *arguments)
{
    static const struct option options[] = {
        {"filter", required_argument, NULL, 'f'}, {"threads", required_argument, NULL, 't'},
        {"quick", no_argument, NULL, 'q'},        {"csv", required_argument, NULL, 'c'},
        {"json", required_argument, NULL, 'j'},   {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(count, words, "", options, NULL)) != -1;) {
        if (option == 'f' && arguments->filter_count < FILTERS)
            arguments->filters[arguments->filter_count++] = optarg;
        else if (option == 't' && parse_threads(optarg, &arguments->threads))
            continue;
        else if (option == 'q')
            arguments->quick = true;
        else if (option == 'c')
            arguments->csv = optarg;
        else if (option == 'j')
            arguments->json = optarg;
        else if (option == 'l')
            arguments->list = true;
        else if (option == 'h')
            return fputs(help, stdout) < 0;
        else
            return fputs(option == '?' ? "" : "gemml-bench: an option's value is out of range\n", stderr) < 0 ? 1 : 2;
    }
    if (optind == count)
        return -1;
    fprintf(stderr, "gemml-bench: unexpected argument '%s'\n", words[optind]);
    return 2;
}

static bool selected(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->filter_count; i++)
        if (fnmatch(arguments->filters[i], name, 0) == 0)
            return true;
    return arguments->filter_count == 0;
}

/* Keeps the cases that were asked for. */
static void select_cases(const struct arguments *arguments, struct bench_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (selected(arguments, list->cases[i].name))
            list->cases[kept++] = list->cases[i];
    list->count = kept;
}

static gemml_status make_cases(const struct arguments *arguments, struct bench_list *list)
{
    if (arguments->threads > 0)
        TRY(gemml_set_threads(arguments->threads));
    for (size_t i = 0; bench_rooms[i]; i++)
        TRY(bench_rooms[i](list, arguments->quick));
    select_cases(arguments, list);
    return GEMML_OK;
}

static int fail(const char *what)
{
    fprintf(stderr, "gemml-bench: %s\n", what);
    return 1;
}

/* 1 when a case failed or is wrong; the others are measured all the same. */
static int run_cases(const struct arguments *arguments, const struct bench_list *list, FILE *csv,
                     struct bench_result *results)
{
    int status = 0;
    report_heading(stdout);
    if (csv)
        csv_heading(csv);
    for (size_t i = 0; i < list->count; i++) {
        const struct bench_case *bench = list->cases + i;
        if (bench_measure(bench, arguments->quick ? QUICK_BUDGET : BUDGET, results + i) != GEMML_OK) {
            fprintf(stderr, "gemml-bench: %s: %s\n", bench->name, gemml_last_error());
            results[i] = (struct bench_result){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
            status = 1;
            continue;
        }
        report_result(stdout, bench, results + i);
        if (csv)
            csv_result(csv, bench, results + i);
        status = bench_right(bench, results + i) ? status : 1;
    }
    return status;
}

static int measure(const struct arguments *arguments, const struct bench_list *list, FILE *csv,
                   struct bench_result *results)
{
    struct machine machine;
    machine_describe(&machine);
    machine_print(stdout, &machine);
    if (peak_measure_all(stdout, list, machine.threads) != GEMML_OK)
        return fail(gemml_last_error());
    int status = run_cases(arguments, list, csv, results);
    summary_print(stdout, list, results);
    if (arguments->json && json_write(arguments->json, &machine, list, results) != GEMML_OK)
        return fail(gemml_last_error());
    return status;
}

/* With the files and the memory that it takes. */
static int measure_all(const struct arguments *arguments, const struct bench_list *list)
{
    struct bench_result *results;
    FILE *csv = arguments->csv ? fopen(arguments->csv, "w") : NULL;
    if (arguments->csv && !csv) {
        fprintf(stderr, "gemml-bench: %s: %s\n", arguments->csv, strerror(errno));
        return 1;
    }
    int status = 1;
    if (memory_zeroed(&results, list->count, sizeof *results) == GEMML_OK)
        status = measure(arguments, list, csv, results);
    else
        fail(gemml_last_error());
    memory_free(results);
    return csv && fclose(csv) != 0 ? fail(strerror(errno)) : status;
}

static void print_names(const struct bench_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        puts(list->cases[i].name);
}

int main(int count, char **words)
{
    struct arguments arguments = {0};
    int status = parse(count, words, &arguments);
    if (status >= 0)
        return status;
    struct bench_list list = {0};
    status = 0;
    if (make_cases(&arguments, &list) != GEMML_OK)
        status = fail(gemml_last_error());
    else if (list.count == 0)
        status = fail("no case has such a name (see --list)");
    else if (arguments.list)
        print_names(&list);
    else
        status = measure_all(&arguments, &list);
    memory_free(list.cases);
    return status;
}
