/* Double-double arithmetic: a number is hi + lo, |lo| <= ulp(hi)/2, which gives
 * about 106 bits. Error-free transformations of Knuth (two_sum) and Dekker with
 * a fused multiply-add (two_product); see Ogita, Rump, Oishi, "Accurate sum and
 * dot product", SIAM J. Sci. Comput. 26 (2005). Needs -ffp-contract=off. */
#ifndef GEMML_KERNEL_DOUBLED_H
#define GEMML_KERNEL_DOUBLED_H

struct doubled {
    double hi, lo;
};

/* a + b exactly. */
static inline struct doubled two_sum(double a, double b)
{
    double s = a + b, t = s - a;
    return (struct doubled){s, (a - (s - t)) + (b - t)};
}

/* a + b exactly, where |a| >= |b| or a = 0. */
static inline struct doubled quick_two_sum(double a, double b)
{
    double s = a + b;
    return (struct doubled){s, b - (s - a)};
}

/* a b exactly. */
static inline struct doubled two_product(double a, double b)
{
    double p = a * b;
    return (struct doubled){p, __builtin_fma(a, b, -p)};
}

static inline struct doubled doubled_of(double a)
{
    return (struct doubled){a, 0};
}

static inline struct doubled doubled_add(struct doubled a, struct doubled b)
{
    struct doubled s = two_sum(a.hi, b.hi);
    return quick_two_sum(s.hi, s.lo + (a.lo + b.lo));
}

static inline struct doubled doubled_negative(struct doubled a)
{
    return (struct doubled){-a.hi, -a.lo};
}

static inline struct doubled doubled_multiply(struct doubled a, struct doubled b)
{
    struct doubled p = two_product(a.hi, b.hi);
    return quick_two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline struct doubled doubled_scale(struct doubled a, double b)
{
    struct doubled p = two_product(a.hi, b);
    return quick_two_sum(p.hi, p.lo + a.lo * b);
}

/* a / b by one step of Newton. */
static inline struct doubled doubled_divide(struct doubled a, double b)
{
    double q = a.hi / b;
    struct doubled r = doubled_add(a, doubled_negative(two_product(q, b)));
    return quick_two_sum(q, r.hi / b);
}

static inline double doubled_value(struct doubled a)
{
    return a.hi + a.lo;
}

#endif
