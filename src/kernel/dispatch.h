/* DISPATCHED before a function compiles it for three levels of x86-64, of which
 * the loader picks one. Off (option dispatch=false) for sanitizers, and where the
 * compiler does not know it. */
#ifndef GEMML_KERNEL_DISPATCH_H
#define GEMML_KERNEL_DISPATCH_H

#if defined(GEMML_DISPATCH) && defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DISPATCHED
#endif

/* What stands before a loop whose operands are the same or do not overlap: GCC
 * need not guard against the rest, which would send x = y to scalar code. */
#if defined(__GNUC__) && !defined(__clang__)
#define ELEMENTWISE _Pragma("GCC ivdep")
#else
#define ELEMENTWISE
#endif

/* Only what stands inside a dispatched function is compiled for its level. */
#ifdef __GNUC__
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

#endif
