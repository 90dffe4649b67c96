/* What the table as a whole says. */
#include <math.h>
#include <string.h>

#include "report.h"

#define SMALL_FLOPS 1e3 /* from which on plain loops should not win */
#define LARGE_FLOPS 1e8 /* products so large that gemm decides */

/* "ROOM/OPERATION/" of a name, and the name without its shape. */
static size_t operation_length(const char *name)
{
    const char *slash = strchr(name, '/');
    return slash ? (size_t)(strchr(slash + 1, '/') - name) : strlen(name);
}

static bool same_operation(const struct bench_case *a, const struct bench_case *b)
{
    size_t length = operation_length(a->name);
    return length == operation_length(b->name) && strncmp(a->name, b->name, length) == 0 &&
           strcmp(a->precision, b->precision) == 0;
}

static bool in_room(const struct bench_case *bench, const char *room)
{
    size_t length = strlen(room);
    return strncmp(bench->name, room, length) == 0 && bench->name[length] == '/';
}

/* Is case i the first of its operation? */
static bool first_of_operation(const struct bench_list *list, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (same_operation(list->cases + j, list->cases + i))
            return false;
    return true;
}

/* ---- Where the plain loops are overtaken ------------------------------------- */

static double ratio_of(const struct bench_result *result)
{
    return result->naive_seconds / result->seconds_min;
}

/* The least flops from which on ours is ahead, but for sizes that print_slower names. */
static void print_crossover(FILE *out, const struct bench_list *list, const struct bench_result *results, size_t first)
{
    const struct bench_case *bench = list->cases + first;
    double behind = 0, ahead = INFINITY, most = 0;
    for (size_t i = first; i < list->count; i++) {
        if (!same_operation(bench, list->cases + i))
            continue;
        double flops = list->cases[i].flops;
        most = fmax(most, flops);
        if (ratio_of(results + i) >= 1)
            ahead = fmin(ahead, flops);
    }
    for (size_t i = first; i < list->count; i++)
        if (same_operation(bench, list->cases + i) && list->cases[i].flops < ahead)
            behind = fmax(behind, list->cases[i].flops);
    fprintf(out, "  %.*s %s: ", (int)operation_length(bench->name), bench->name, bench->precision);
    if (isinf(ahead))
        fprintf(out, "not overtaken by %.3g flops\n", most);
    else if (behind == 0)
        fprintf(out, "ahead at %.3g flops, the least that was measured\n", ahead);
    else
        fprintf(out, "overtaken between %.3g and %.3g flops\n", behind, ahead);
}

static bool comparable(const struct bench_list *list, const struct bench_result *results, size_t i)
{
    return list->cases[i].flops > 0 && isfinite(ratio_of(results + i));
}

static void print_slower(FILE *out, const struct bench_list *list, const struct bench_result *results)
{
    size_t slower = 0;
    for (size_t i = 0; i < list->count; i++)
        if (comparable(list, results, i) && list->cases[i].flops >= SMALL_FLOPS && ratio_of(results + i) < 1) {
            fprintf(out, "  slower than plain loops: %s, %.2f times as fast, %.3g flops\n", list->cases[i].name,
                    ratio_of(results + i), list->cases[i].flops);
            slower++;
        }
    fprintf(out, "  %zu cases of %.0f flops and more are slower than plain loops\n", slower, SMALL_FLOPS);
}

static void print_least_large(FILE *out, const struct bench_list *list, const struct bench_result *results)
{
    const struct bench_case *least = NULL;
    double ratio = INFINITY;
    for (size_t i = 0; i < list->count; i++)
        if (comparable(list, results, i) && list->cases[i].bound == BENCH_GEMM && list->cases[i].flops >= LARGE_FLOPS &&
            ratio_of(results + i) < ratio)
            least = list->cases + i, ratio = ratio_of(results + i);
    if (least)
        fprintf(out, "  of %.0e flops and more, bound by gemm, the least: %s, %.1f times as fast\n", LARGE_FLOPS,
                least->name, ratio);
}

static void summarise_naive(FILE *out, const struct bench_list *list, const struct bench_result *results)
{
    bool heading = false;
    for (size_t i = 0; i < list->count; i++) {
        if (!comparable(list, results, i) || !in_room(list->cases + i, "kernel") || !first_of_operation(list, i))
            continue;
        if (!heading)
            fprintf(out, "\nAgainst plain loops\n");
        heading = true;
        print_crossover(out, list, results, i);
    }
    if (!heading)
        return;
    print_slower(out, list, results);
    print_least_large(out, list, results);
}

/* ---- Rows and threads ------------------------------------------------------------ */

static double row_seconds(const struct bench_case *bench, const struct bench_result *result)
{
    return result->seconds_min / ((double)bench->shape[0] * result->passes);
}

static void summarise_growth(FILE *out, const struct bench_list *list, const struct bench_result *results)
{
    bool heading = false;
    for (size_t i = 0; i < list->count; i++) {
        if (!in_room(list->cases + i, "growth") || !first_of_operation(list, i))
            continue;
        size_t last = i;
        for (size_t j = i; j < list->count; j++)
            if (same_operation(list->cases + i, list->cases + j))
                last = j;
        if (!heading)
            fprintf(out, "\nGrowth with the rows: time of a row and pass, memory beyond the data\n");
        heading = true;
        fprintf(out, "  %-28s %.3g to %.3g rows: %.3g to %.3g ns, x %.2f; %.1f to %.1f MB\n",
                list->cases[i].name + strlen("growth/"), (double)list->cases[i].shape[0],
                (double)list->cases[last].shape[0], 1e9 * row_seconds(list->cases + i, results + i),
                1e9 * row_seconds(list->cases + last, results + last),
                row_seconds(list->cases + last, results + last) / row_seconds(list->cases + i, results + i),
                1e-6 * results[i].memory, 1e-6 * results[last].memory);
    }
}

static void summarise_scaling(FILE *out, const struct bench_list *list, const struct bench_result *results)
{
    bool heading = false;
    for (size_t i = 0; i < list->count; i++) {
        if (!in_room(list->cases + i, "scaling") || !first_of_operation(list, i))
            continue;
        fprintf(out, "%s  %s:", heading ? "" : "\nScaling: how many times as fast as on one thread\n",
                list->cases[i].name + strlen("scaling/"));
        heading = true;
        for (size_t j = i; j < list->count; j++)
            if (same_operation(list->cases + i, list->cases + j))
                fprintf(out, " %zu: %.2f", results[j].threads, results[i].seconds_min / results[j].seconds_min);
        fputc('\n', out);
    }
}

void summary_print(FILE *out, const struct bench_list *list, const struct bench_result *results)
{
    summarise_naive(out, list, results);
    summarise_scaling(out, list, results);
    summarise_growth(out, list, results);
}
