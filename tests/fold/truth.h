/* How far a truth in long double can be trusted. */
#ifndef GEMML_TESTS_FOLD_TRUTH_H
#define GEMML_TESTS_FOLD_TRUTH_H

/* 1 where long double has 64 bits or more; where it is computed with the 53 of a
 * double, as valgrind does whatever the compiler says, the factor by which
 * tolerances must be wider. */
static inline double truth_slack(void)
{
    volatile long double one = 1, little = 0x1p-62L;
    return one + little > one ? 1 : 0x1p11;
}

#endif
