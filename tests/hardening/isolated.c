#include "isolated.h"

#include "support/support.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAME_TO_ITS_END = 42, SAID_WHY_NOT = 43 };

/* What a child says, in memory that it shares with its parent. */
static struct {
    char step[200];    /* what it is about to do */
    char finding[600]; /* what it found; "" when all is well */
    size_t count;
} * report;
static bool in_child;

void isolated_step(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->step, sizeof report->step, format, arguments);
    va_end(arguments);
}

void isolated_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!in_child) {
        vfprintf(stderr, format, arguments);
        exit(1);
    }
    vsnprintf(report->finding, sizeof report->finding, format, arguments);
    va_end(arguments);
    leave_process(SAID_WHY_NOT);
}

void isolated_count(void)
{
    report->count++;
}

size_t isolated_counted(void)
{
    return report ? report->count : 0;
}

static void *share_report(void)
{
    void *shared = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? NULL : shared;
}

static void run_in_child(void (*body)(void *), void *context, int printed, unsigned seconds)
{
    in_child = true;
    if (dup2(printed, STDOUT_FILENO) < 0 || dup2(printed, STDERR_FILENO) < 0)
        isolated_fail("the output cannot be captured");
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);
    body(context);
    fflush(NULL);
    leave_process(CAME_TO_ITS_END);
}

/* How the child ended, but for what it printed; "" when well. */
static void judge(int status, char *sentence, size_t size)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(sentence, size, "it hung");
    else if (WIFSIGNALED(status))
        snprintf(sentence, size, "signal %d ended it", WTERMSIG(status));
    else if (WEXITSTATUS(status) == SAID_WHY_NOT)
        snprintf(sentence, size, "%s", report->finding);
    else if (WEXITSTATUS(status) != CAME_TO_ITS_END)
        snprintf(sentence, size, "something called exit(%d)", WEXITSTATUS(status));
    else
        sentence[0] = '\0';
}

const char *isolated_run(void (*body)(void *context), void *context, unsigned seconds)
{
    static char sentence[1600];
    char what[700] = "", text[400] = "";
    int status;
    if (!report)
        report = share_report();
    FILE *printed = tmpfile();
    if (!report || !printed)
        return "the test has no room of its own";
    report->step[0] = report->finding[0] = '\0';
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_in_child(body, context, fileno(printed), seconds);
    if (child < 0)
        return "fork failed";
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return "the child was lost";
    judge(status, what, sizeof what);
    rewind(printed);
    size_t count = fread(text, 1, sizeof text - 1, printed);
    fclose(printed);
    if (!what[0] && count == 0)
        return NULL;
    snprintf(sentence, sizeof sentence, "%s: %s%s%s", report->step, what, count ? "; it printed: " : "", text);
    return sentence;
}
