/* Powers of a column in double-double, up to conditions at which their rounding alone would
 * leave no digit. The truth: Gram-Schmidt on the columns in quadruple precision. */
#include "solve/problem.h"

#ifdef __SIZEOF_FLOAT128__
__extension__ typedef __float128 quad;
#define DIGITS 15
#else
typedef long double quad; /* the best there is: the condition leaves it few digits */
#define DIGITS 5
#endif

enum { ROWS = 64, MOST = 17 };

static uint64_t random_state = 5;

/* x_i = low + i / (ROWS - 1) (high - low) rounded, its powers exact to twice the digits, y a sine with noise. */
static struct problem make(double low, double high, size_t degree)
{
    struct problem problem = problem_make(ROWS, degree, 1);
    problem.x_low = calloc(ROWS * degree, sizeof(double));
    for (size_t i = 0; i < ROWS; i++) {
        double x = low + (high - low) * (double)i / (ROWS - 1);
        struct doubled power = doubled_of(1);
        for (size_t j = 0; j < degree; j++) {
            power = doubled_scale(power, x);
            problem.x[i * degree + j] = power.hi;
            problem.x_low[i * degree + j] = power.lo;
        }
        problem.y[i] = sin(3 * x) + 0.1 * test_random(&random_state);
    }
    return problem;
}

/* A = Q R by columns, Q not normalised, twice orthogonalised; R b = Q'y / Q'Q. */
static void true_coefficients(const struct problem *problem, quad *b)
{
    size_t m = problem->p + 1;
    static quad Q[MOST + 1][ROWS], R[MOST + 1][MOST + 1];
    for (size_t j = 0; j <= m; j++) { /* the last one is y */
        quad *q = Q[j];
        for (size_t i = 0; i < ROWS; i++)
            q[i] = j == m   ? (quad)problem->y[i]
                   : j == 0 ? 1
                            : (quad)problem->x[i * (m - 1) + j - 1] + problem->x_low[i * (m - 1) + j - 1];
        for (size_t k = 0; k < j; k++)
            R[k][j] = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t k = 0; k < j; k++) {
                quad product = 0, square = 0;
                for (size_t i = 0; i < ROWS; i++) {
                    product += Q[k][i] * q[i];
                    square += Q[k][i] * Q[k][i];
                }
                for (size_t i = 0; i < ROWS; i++)
                    q[i] -= product / square * Q[k][i];
                R[k][j] += product / square;
            }
    }
    for (size_t j = m; j-- > 0;) {
        b[j] = R[j][m];
        for (size_t k = j + 1; k < m; k++)
            b[j] -= R[j][k] * b[k];
    }
}

static void check(double low, double high, size_t degree, double wanted)
{
    struct problem problem = make(low, high, degree);
    quad truth[MOST + 1];
    true_coefficients(&problem, truth);
    problem_solve(&problem);
    assert_int_equal(problem.fitted->summary.rank, degree + 1);
    for (size_t j = 0; j <= degree; j++)
        if (!(digits((double)problem.coef[j], (double)truth[j]) >= wanted))
            fail_msg("degree %zu on [%g, %g]: coefficient %zu is %.17Lg, not %.17g", degree, low, high, j,
                     problem.coef[j], (double)truth[j]);
    problem_free(&problem);
}

static void all_digits(void **state)
{
    (void)state;
    check(0, 1, 4, 15);
    check(0, 1, 8, DIGITS);
    check(0, 1, 12, DIGITS);
    check(0, 1, 16, DIGITS);
    check(-1, 1, 16, DIGITS);
    check(100, 103, 4, DIGITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_digits),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}
