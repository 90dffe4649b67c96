/* A table of scenarios that together call every public function. Each makes calls on
 * the world, and gives the first status that is not OK. It frees what it made,
 * and allocates nothing itself. */
#ifndef GEMML_TESTS_HARDENING_SCENARIOS_H
#define GEMML_TESTS_HARDENING_SCENARIOS_H

#include "world.h"

struct scenario {
    const char *name;
    gemml_status (*run)(struct world *world);
};

extern const struct scenario model_scenarios[], trainer_scenarios[], data_scenarios[];
extern const size_t model_scenario_count, trainer_scenario_count, data_scenario_count;

/* All of them, in one row. */
size_t scenario_count(void);
const struct scenario *scenario_at(size_t index);

/* Runs it from a fresh digest. */
gemml_status scenario_run(const struct scenario *scenario, struct world *world);

/* CALL(gemml_fit, model, ...) calls the function and records that it was called. */
#define CALL(function, ...) (scenario_called(#function), function(__VA_ARGS__))
void scenario_called(const char *function);
bool scenario_was_called(const char *function);

#define TRY_CALL(...)                       \
    do {                                    \
        gemml_status status_ = __VA_ARGS__; \
        if (status_ != GEMML_OK)            \
            return status_;                 \
    } while (0)

#endif
