/* Status codes, the last error, the version, and threads. */
#ifndef GEMML_BASE_H
#define GEMML_BASE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define GEMML_API __attribute__((visibility("default")))
#else
#define GEMML_API
#endif

#ifdef __cplusplus
#define GEMML_BEGIN_DECLS extern "C" {
#define GEMML_END_DECLS }
#else
#define GEMML_BEGIN_DECLS
#define GEMML_END_DECLS
#endif

#define GEMML_VERSION_MAJOR 0
#define GEMML_VERSION_MINOR 1
#define GEMML_VERSION_PATCH 0

/* "The library chooses": for reals, for counts. 0 is a value like any other. */
#define GEMML_AUTO ((double)NAN)
#define GEMML_AUTO_COUNT SIZE_MAX

GEMML_BEGIN_DECLS

/* What a call came to. Zero is success; every error is negative. */
typedef enum gemml_status {
    GEMML_OK = 0,
    GEMML_ERROR_ARGUMENT = -1,   /* a NULL, an option out of range, an unknown name */
    GEMML_ERROR_SHAPE = -2,      /* rows, columns or strides that do not fit together */
    GEMML_ERROR_NONFINITE = -3,  /* NaN or infinity in the data, or an overflow made one */
    GEMML_ERROR_MEMORY = -4,     /* an allocation failed, or OpenBLAS could not get its buffer */
    GEMML_ERROR_IO = -5,         /* the file system said no */
    GEMML_ERROR_FORMAT = -6,     /* a file that is not what it should be */
    GEMML_ERROR_UNFITTED = -7,   /* the model has not been fitted */
    GEMML_ERROR_UNSUPPORTED = -8 /* a valid request that this version or model cannot meet */
} gemml_status;

/* The library's version as "major.minor.patch". Static; never fails. */
GEMML_API const char *gemml_version(void);

/* A short name of a status, such as "shape error". Static; an unknown value
 * gives "unknown status". Safe from any thread. */
GEMML_API const char *gemml_status_string(gemml_status status);

/* The sentence, with the numbers, of the last error that a call of this thread
 * returned ("X is 10 x 3 but y has 9 rows"); "" when there was none. At most
 * 511 bytes of UTF-8. The buffer belongs to the library, is thread-local, and
 * changes with the next failing call of this thread; a call that succeeds
 * leaves it alone. Errors in worker threads reach the caller's buffer. */
GEMML_API const char *gemml_last_error(void);

/* The most threads of one call. OpenBLAS has work buffers for 128 threads, as Debian builds it, half of
 * which are for its own and the host's; the rest is for these, and for other calls beside. */
#define GEMML_THREADS_MAX 48

/* Number of threads that fits and predictions may use, the caller included.
 *
 *   threads  1 to GEMML_THREADS_MAX; 0 restores the default: the environment's
 *            GEMML_NUM_THREADS, or else the cores that this process may use, as
 *            far as the maximum.
 *
 * Any number of threads may call the library at once. Of those that compute, 65 less the
 * number of threads do so at the same time; the others wait their turn.
 *
 * Results do not depend on it: the same bits for any number. Takes effect at
 * the next call that computes; a computation that is running keeps its threads.
 * The threads are started on first use. Safe from any thread.
 * Errors: GEMML_ERROR_ARGUMENT when threads > GEMML_THREADS_MAX. */
GEMML_API gemml_status gemml_set_threads(size_t threads);

/* The number of threads that the next computation may use. */
GEMML_API size_t gemml_threads(void);

/* A host's own way to run `count` independent tasks: it calls
 * task(context, i) once for each i in [0, count), in any order, from any
 * threads, and returns when all have returned. */
typedef void (*gemml_task)(void *context, size_t index);
typedef void (*gemml_parallel_for)(void *host, size_t count, gemml_task task, void *context);

/* Replaces the library's thread pool by the host's.
 *
 *   run          the host's function, or NULL for the library's pool again
 *   host         passed to run as its first argument; borrowed until replaced
 *   concurrency  how many tasks the host runs at once at most, those of all calls together
 *                (1 to GEMML_THREADS_MAX); not looked at when run is NULL
 *
 * Call it while no other gemml call is running. The bits of results do not
 * change. Errors: GEMML_ERROR_ARGUMENT when concurrency is out of range. */
GEMML_API gemml_status gemml_set_parallel_for(gemml_parallel_for run, void *host, size_t concurrency);

GEMML_END_DECLS

#endif
