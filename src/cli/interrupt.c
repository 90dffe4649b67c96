/* Signal handlers of the program; the library has none. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t requested;
static const char *volatile doomed;

static const int fatal[] = {SIGINT, SIGTERM, SIGHUP};
#define FATAL_COUNT (sizeof fatal / sizeof fatal[0])

static void request(int number)
{
    (void)number;
    requested = 1;
}

static void remove_and_die(int number)
{
    if (doomed)
        unlink(doomed);
    raise(number); /* SA_RESETHAND brought the default back: it kills on return */
}

/* Replaces the action of a signal, unless the parent had it ignored. */
static void handle(int number, void (*handler)(int))
{
    struct sigaction old, action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void interrupt_watch(void)
{
    handle(SIGINT, request);
}

void interrupt_unwatch(void)
{
    handle(SIGINT, SIG_DFL);
}

bool interrupt_requested(void)
{
    return requested != 0;
}

void interrupt_remove(const char *path)
{
    doomed = path;
    for (size_t i = 0; i < FATAL_COUNT; i++)
        handle(fatal[i], remove_and_die);
}

void interrupt_keep(void)
{
    for (size_t i = 0; i < FATAL_COUNT; i++)
        handle(fatal[i], SIG_DFL);
    doomed = NULL;
}
