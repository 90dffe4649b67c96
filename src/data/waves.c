#include "data/waves.h"

#include <math.h>
#include <string.h>

#include "kernel/doubled.h"

struct wave {
    gemml_term term;
    const char *before, *behind; /* the number's name */
    double (*value)(double x);
};

static double sin_square(double x)
{
    struct doubled square = two_product(x, x);
    return sin(square.hi) + square.lo * cos(square.hi);
}

static double cos_square(double x)
{
    struct doubled square = two_product(x, x);
    return cos(square.hi) - square.lo * sin(square.hi);
}

/* In the order of the inputs. */
static const struct wave all[] = {{GEMML_TERM_SIN, "sin(", ")", sin},
                                  {GEMML_TERM_COS, "cos(", ")", cos},
                                  {GEMML_TERM_SIN_SQUARE, "sin(", "^2)", sin_square},
                                  {GEMML_TERM_COS_SQUARE, "cos(", "^2)", cos_square}};
#define WAVES (sizeof all / sizeof all[0])

struct waves waves_make(size_t numbers, unsigned terms)
{
    struct waves waves = {.numbers = numbers};
    for (size_t i = 0; i < WAVES; i++)
        if (terms & (unsigned)all[i].term) {
            waves.terms |= (unsigned)all[i].term;
            waves.count += numbers;
        }
    return waves;
}

void waves_evaluate(const struct waves *waves, const double *x, size_t stride, double *out)
{
    for (size_t i = 0; i < WAVES; i++)
        if (waves->terms & (unsigned)all[i].term)
            for (size_t j = 0; j < waves->numbers; j++)
                *out++ = all[i].value(x[j * stride]);
}

size_t waves_name(const struct waves *waves, size_t w, const char *const *names, char *out)
{
    const struct wave *wave = all;
    for (size_t left = w / waves->numbers;; wave++)
        if ((waves->terms & (unsigned)wave->term) && left-- == 0)
            break;
    const char *name = names[w % waves->numbers];
    if (out)
        stpcpy(stpcpy(stpcpy(out, wave->before), name), wave->behind);
    return strlen(wave->before) + strlen(name) + strlen(wave->behind) + 1;
}
