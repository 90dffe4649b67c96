/* Preloaded into the program: makes one call of the C library fail, of those that one of its
 * parts makes. The environment says which:
 *
 *   GEMML_FAIL_IN    the part: the beginning of its file's name ("gemml": the program itself)
 *   GEMML_FAIL_CALL  the number of the call, from 1
 *   GEMML_FAIL_NOTE  a file, which then gets the function's name */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *part, *note;
static unsigned long failing;
static atomic_ulong count;

static void *original(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* The function with the name, as `real`. */
#define REAL(type, name, ...)  \
    type (*real)(__VA_ARGS__); \
    *(void **)&real = original(name)

static void begin(void)
{
    const char *call = getenv("GEMML_FAIL_CALL");
    part = getenv("GEMML_FAIL_IN");
    note = getenv("GEMML_FAIL_NOTE");
    failing = call && part && note ? strtoul(call, NULL, 10) : 0;
}

static int (*program)(int, char **, char **);

/* Calls fail while main() runs: not those of the loader before it, nor of what writes counts of coverage
 * behind it, which would not survive that. */
static int main_between(int argc, char **argv, char **environment)
{
    begin();
    int status = program(argc, argv, environment);
    failing = 0;
    return status;
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end)
{
    REAL(int, "__libc_start_main", int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
         void (*)(void), void *);
    program = main;
    return real(main_between, argc, argv, init, fini, loader_fini, stack_end);
}

static void write_note(const char *name)
{
    int file = (int)syscall(SYS_openat, AT_FDCWD, note, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0)
        return;
    (void)!syscall(SYS_write, file, name, strlen(name));
    syscall(SYS_close, file);
}

/* Whether this call is the one. */
static bool fails(const char *name, void *caller, int error)
{
    Dl_info info;
    if (failing == 0 || dladdr(caller, &info) == 0 || !info.dli_fname)
        return false;
    const char *slash = strrchr(info.dli_fname, '/'), *file = slash ? slash + 1 : info.dli_fname;
    if (strncmp(file, part, strlen(part)) != 0 || atomic_fetch_add(&count, 1) + 1 != failing)
        return false;
    write_note(name);
    errno = error;
    return true;
}
#define FAILS(name, error) fails(name, __builtin_return_address(0), error)

/* ---- Memory: the C library's own, by the names that it has for this purpose ---------- */

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes)
{
    return FAILS("malloc", ENOMEM) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t number, size_t size)
{
    return FAILS("calloc", ENOMEM) ? NULL : __libc_calloc(number, size);
}

void *realloc(void *block, size_t bytes)
{
    return FAILS("realloc", ENOMEM) ? NULL : __libc_realloc(block, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return FAILS("aligned_alloc", ENOMEM) ? NULL : __libc_memalign(alignment, bytes);
}

/* ---- Files ------------------------------------------------------------------------------ */

FILE *fopen(const char *restrict path, const char *restrict mode)
{
    REAL(FILE *, "fopen", const char *, const char *);
    return FAILS("fopen", EMFILE) ? NULL : real(path, mode);
}

FILE *fdopen(int file, const char *mode)
{
    REAL(FILE *, "fdopen", int, const char *);
    return FAILS("fdopen", ENOMEM) ? NULL : real(file, mode);
}

FILE *tmpfile(void)
{
    REAL(FILE *, "tmpfile", void);
    return FAILS("tmpfile", EMFILE) ? NULL : real();
}

FILE *open_memstream(char **text, size_t *bytes)
{
    REAL(FILE *, "open_memstream", char **, size_t *);
    return FAILS("open_memstream", ENOMEM) ? NULL : real(text, bytes);
}

/* It is closed whatever it says. */
int fclose(FILE *file)
{
    REAL(int, "fclose", FILE *);
    bool failing_now = FAILS("fclose", EIO);
    int result = real(file);
    if (failing_now)
        errno = EIO;
    return failing_now ? EOF : result;
}

int fflush(FILE *file)
{
    REAL(int, "fflush", FILE *);
    return FAILS("fflush", EIO) ? EOF : real(file);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return FAILS("open", EMFILE) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int fsync(int file)
{
    (void)file; /* the disk itself is not asked */
    return FAILS("fsync", EIO) ? -1 : 0;
}

int rename(const char *from, const char *to)
{
    return FAILS("rename", EIO) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int access(const char *path, int mode)
{
    return FAILS("access", EROFS) ? -1 : (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int mkdir(const char *path, mode_t mode)
{
    return FAILS("mkdir", ENOSPC) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int chdir(const char *path)
{
    return FAILS("chdir", EACCES) ? -1 : (int)syscall(SYS_chdir, path);
}

pid_t fork(void)
{
    REAL(pid_t, "fork", void);
    return FAILS("fork", EAGAIN) ? -1 : real();
}
