/* Every file system call of what writes files made to fail (ENOSPC, EIO, EINTR, half
 * of a write), and the process killed in each of them, without and with the power cut
 * off. In every case the file is the old one or the new one, an error is reported, what
 * was left beside it is gone after the next write, and success means that the
 * new file is there for good. Writers that are unsafe on purpose are caught. */
#include "file_calls.h"
#include "writers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

static const char *folder, *target;

static bool full(void)
{
    return getenv("GEMML_FULL") != NULL;
}

static int begin(void **state)
{
    (void)state;
    writers_begin();
    folder = strdup(scratch_path("files"));
    target = strdup(scratch_path("files/target"));
    if (mkdir(folder, 0755) != 0)
        return -1;
    for (size_t i = 0; i < safe_writer_count; i++) /* what is called once for all writes has been */
        (void)safe_writers[i].write(target);
    return 0;
}

/* ---- The folder -------------------------------------------------------------------- */

/* Entries of the folder beside the target; with `removing`, which then go. */
static size_t strangers(bool removing)
{
    size_t count = 0;
    char path[4096];
    DIR *open_folder = opendir(folder);
    assert_non_null(open_folder);
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        if (entry->d_name[0] == '.' && (!entry->d_name[1] || strcmp(entry->d_name, "..") == 0))
            continue;
        count += strcmp(entry->d_name, "target") != 0;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (removing)
            assert_int_equal(remove(path), 0);
    }
    closedir(open_folder);
    return count;
}

/* An empty folder, or one that holds an old target. Gives its digest. */
static uint64_t prepare(bool old)
{
    strangers(true);
    if (old)
        write_text("files/target", "the old content");
    return file_digest(target);
}

/* ---- What is checked ------------------------------------------------------------------ */

/* A case, and what the file may be afterwards. */
struct trial {
    const struct writer *writer;
    struct plan plan;
    bool old;
    uint64_t before, after; /* digests; 0: no file */
    uint64_t between[8];    /* of a run that writes several times */
    size_t between_count;
};

static size_t findings;
static bool quiet; /* findings are what is hoped for */

static void found(const struct trial *trial, const char *what)
{
    findings++;
    if (!quiet)
        print_error("%s, %s an old file, happening %d (error %d) at call %zu: %s\n", trial->writer->name,
                    trial->old ? "over" : "without", (int)trial->plan.happening, trial->plan.error, trial->plan.k,
                    what);
}

static bool is_between(const struct trial *trial, uint64_t digest)
{
    for (size_t i = 0; i < trial->between_count; i++)
        if (trial->between[i] == digest)
            return true;
    return false;
}

static void check_file(const struct trial *trial)
{
    uint64_t digest = file_digest(target);
    if (digest != trial->before && digest != trial->after && !is_between(trial, digest))
        found(trial, "the file is neither the old one nor the new one");
}

/* The next write goes well, and nothing is left of the one before. */
static void check_next(const struct trial *trial)
{
    if (trial->writer->write(target) != GEMML_OK || file_digest(target) != trial->after)
        found(trial, "the next write fails");
    if (strangers(false) > 0)
        found(trial, "something is left beside the file after the next write");
}

/* An undisturbed run: what the file will be. Gives the number of calls. */
static size_t learn(struct trial *trial)
{
    const uint64_t *digests;
    trial->before = prepare(trial->old);
    file_calls_arm((struct plan){HAPPENS_NOTHING, 0, 0});
    gemml_status status = trial->writer->write(target);
    size_t count = file_calls_disarm();
    assert_int_equal(status, GEMML_OK);
    trial->between_count = file_calls_renamed(&digests);
    assert_true(trial->between_count <= 8);
    memcpy(trial->between, digests, trial->between_count * sizeof *digests);
    trial->after = file_digest(target);
    assert_true(count >= 4 && trial->after != trial->before);
    return count;
}

/* A call fails, or does half. */
static void try_error(struct trial *trial)
{
    prepare(trial->old);
    file_calls_arm(trial->plan);
    gemml_status status = trial->writer->write(target);
    file_calls_disarm();
    if (status != GEMML_OK && status != GEMML_ERROR_IO)
        found(trial, "another status");
    if (status == GEMML_OK && file_digest(target) != trial->after)
        found(trial, "success, but not the new file");
    check_file(trial);
    if (strangers(false) > 0)
        found(trial, "something is left beside the file after an error");
    check_next(trial);
}

/* The process ends in a call, or behind the last one, which then has to be safe. */
static void try_end(struct trial *trial, bool behind)
{
    int status;
    prepare(trial->old);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        file_calls_arm(trial->plan);
        gemml_status written = trial->writer->write(target);
        if (behind && written == GEMML_OK)
            file_calls_cut_power(trial->plan.happening);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        found(trial, "the call was not reached");
    check_file(trial);
    if (behind && file_digest(target) != trial->after)
        found(trial, "success, but a power cut takes the new file away");
    check_next(trial);
}

static void try_all(const struct writer *writer, bool old)
{
    const int errors[] = {ENOSPC, EIO, EINTR};
    struct trial trial = {.writer = writer, .old = old};
    size_t calls = learn(&trial);
    for (size_t k = 1; k <= calls; k++) {
        for (size_t e = 0; e < 3; e++) {
            trial.plan = (struct plan){HAPPENS_ERROR, k, errors[e]};
            try_error(&trial);
        }
        trial.plan = (struct plan){HAPPENS_SHORT, k, 0};
        try_error(&trial);
        for (int happening = HAPPENS_KILL; happening <= HAPPENS_POWER_CUT_RENAMES; happening++) {
            trial.plan = (struct plan){(enum happening)happening, k, 0};
            try_end(&trial, false);
        }
    }
    for (int happening = HAPPENS_POWER_CUT; happening <= HAPPENS_POWER_CUT_RENAMES; happening++) {
        trial.plan = (struct plan){(enum happening)happening, 0, 0};
        try_end(&trial, true);
    }
}

/* ---- Tests -------------------------------------------------------------------------------- */

static void each_call_of_a_safe_writer(void **state)
{
    (void)state;
    findings = 0;
    for (size_t i = 0; i < safe_writer_count; i++)
        for (int old = 0; old <= 1; old++)
            try_all(&safe_writers[i], old);
    assert_int_equal(findings, 0);
}

static void unsafe_writers_are_caught(void **state)
{
    (void)state;
    quiet = true;
    for (size_t i = 0; i < unsafe_writer_count; i++) {
        findings = 0;
        try_all(&unsafe_writers[i], true);
        if (findings == 0)
            fail_msg("not caught: a writer %s", unsafe_writers[i].name);
    }
    quiet = false;
}

/* For each file that is renamed: written, then synced, then renamed, then its folder synced. */
static void syncs_stand_where_they_belong(void **state)
{
    (void)state;
    for (size_t i = 0; i < safe_writer_count; i++) {
        prepare(true);
        file_calls_arm((struct plan){HAPPENS_NOTHING, 0, 0});
        assert_int_equal(safe_writers[i].write(target), GEMML_OK);
        file_calls_disarm();
        char order[200] = "";
        for (const char *call = file_calls_trace(); *call; call++)
            if (strchr("wsrd", *call) && !(*call == 'w' && order[0] && order[strlen(order) - 1] == 'w'))
                strncat(order, call, 1);
        size_t saves = strlen(order) / 4;
        assert_true(saves >= 1 && strlen(order) == 4 * saves);
        for (size_t save = 0; save < saves; save++)
            assert_memory_equal(order + 4 * save, "wsrd", 4);
    }
}

/* ---- Kills at any time ------------------------------------------------------------------------ */

static void write_for_ever(const struct writer *writer)
{
    for (;;) {
        (void)writer->write(target);
        writers_swap();
    }
}

/* The two contents that the writer writes in turn. */
static void learn_two(const struct writer *writer, struct trial trials[2])
{
    for (int i = 0; i < 2; i++) {
        trials[i] = (struct trial){.writer = writer, .old = true};
        learn(&trials[i]);
        writers_swap();
    }
}

static void kills_at_any_time(void **state)
{
    (void)state;
    size_t kills = full() ? 200 : 20;
    uint64_t seed = (uint64_t)getpid();
    print_message("the seed is %llu\n", (unsigned long long)seed);
    findings = 0;
    for (size_t i = 0; i < safe_writer_count; i++) {
        struct trial trials[2];
        learn_two(&safe_writers[i], trials);
        for (size_t kill_number = 0; kill_number < kills; kill_number++) {
            prepare(true);
            pid_t child = fork();
            if (child == 0)
                write_for_ever(&safe_writers[i]);
            usleep((useconds_t)(10000 * (1 + test_random(&seed))));
            assert_int_equal(kill(child, SIGKILL), 0);
            assert_int_equal(waitpid(child, NULL, 0), child);
            uint64_t digest = file_digest(target);
            if (digest != trials[1].after && !is_between(&trials[1], digest))
                check_file(&trials[0]);
            check_next(&trials[0]);
        }
    }
    assert_int_equal(findings, 0);
}

/* ---- What was left --------------------------------------------------------------------------------- */

/* The name of a temporary file, as the target's name determines it. */
static const char *slot(unsigned number)
{
    static char names[8][400];
    static size_t next;
    char *name = names[next++ % 8];
    snprintf(name, sizeof names[0], "%s/.gemml-%016llx", folder, (unsigned long long)XXH64("target", 6, number));
    return name;
}

/* What a process left goes with the next write; what another is writing stays, and so
 * does what is another user's, or no file. */
static void only_what_was_left_is_removed(void **state)
{
    (void)state;
    const struct writer *writer = &safe_writers[0];
    bool root = geteuid() == 0;
    strangers(true);
    for (unsigned i = 0; i < 3; i++) {
        FILE *file = fopen(slot(i), "w");
        assert_non_null(file);
        fclose(file);
    }
    assert_int_equal(symlink("nothing", slot(3)), 0);
    int busy = open(slot(1), O_RDONLY);
    assert_int_equal(flock(busy, LOCK_EX | LOCK_NB), 0);
    if (root)
        assert_int_equal(chown(slot(2), 65534, 65534), 0);
    assert_int_equal(writer->write(target), GEMML_OK);
    assert_int_equal(access(slot(0), F_OK), -1);
    assert_int_equal(access(slot(1), F_OK), 0);
    assert_int_equal(access(slot(2), F_OK), root ? 0 : -1);
    assert_int_equal(strangers(false), root ? 3 : 2);
    close(busy);
    assert_int_equal(writer->write(target), GEMML_OK);
    assert_int_equal(access(slot(1), F_OK), -1);
}

/* ---- Two at once ---------------------------------------------------------------------------------- */

/* Processes that write to one target do not take each other's files for left ones. */
static void writers_at_the_same_time(void **state)
{
    (void)state;
    const struct writer *writer = &safe_writers[0];
    struct trial trials[2];
    learn_two(writer, trials);
    pid_t children[3];
    for (int i = 0; i < 3; i++)
        if ((children[i] = fork()) == 0) {
            int failures = 0;
            for (int round = 0; round < (full() ? 2000 : 150); round++, writers_swap())
                failures += writer->write(target) != GEMML_OK;
            leave_process(failures > 0);
        }
    for (int i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    uint64_t digest = file_digest(target);
    assert_true(digest == trials[0].after || digest == trials[1].after);
    assert_int_equal(strangers(false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_of_a_safe_writer),    cmocka_unit_test(unsafe_writers_are_caught),
        cmocka_unit_test(syncs_stand_where_they_belong), cmocka_unit_test(kills_at_any_time),
        cmocka_unit_test(only_what_was_left_is_removed), cmocka_unit_test(writers_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
