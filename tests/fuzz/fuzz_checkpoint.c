/* Checkpoints whose digest fits, read for one fixed run. One that is accepted is gone on from, to
 * the end of the run: a refusal, or a record that agrees with itself. */
#include <math.h>
#include <stdlib.h>

#include <gemml.h>

#include "fuzz.h"
#include "fuzz/run_fixture.h"

/* Made once, for all inputs. */
static struct run_fixture *fixture_once(void)
{
    static struct run_fixture fixture;
    if (!fixture.model) {
        fuzz_begin();
        run_fixture_make(&fixture);
    }
    return &fixture;
}

static void go_on(struct run_fixture *fixture, const struct checkpoint *checkpoint)
{
    struct trainer trainer;
    const struct fit_record *record = &fixture->record;
    run_fixture_start(fixture, &trainer);
    gemml_status status = trainer_import_f64(&trainer, &checkpoint->state);
    if (status != GEMML_OK) {
        fuzz_check_error(status, GEMML_ERROR_ARGUMENT);
    } else {
        status = trainer_run_f64(&trainer);
        REQUIRE(status == GEMML_OK || status == GEMML_ERROR_NONFINITE);
        REQUIRE(record->loss_history_count == trainer.now.epoch);
        fuzz_accepted++;
    }
    trainer_free_f64(&trainer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct run_fixture *fixture = fixture_once();
    struct checkpoint checkpoint;
    uint8_t *file = fuzz_mend(bytes, &count);
    fuzz_watch_memory(count, FUZZ_MULTIPLE);
    gemml_status status = checkpoint_parse(&checkpoint, file, count, FUZZ_NAME, fixture->model, &fixture->data);
    fuzz_check_memory();
    free(file);
    if (status == GEMML_OK) {
        go_on(fixture, &checkpoint);
        checkpoint_free(&checkpoint);
    } else {
        fuzz_check_error(status, GEMML_ERROR_ARGUMENT);
    }
    return 0;
}
