#include "scenarios.h"

enum { MOST_FUNCTIONS = 200 };

static const char *called[MOST_FUNCTIONS];
static size_t called_count;

bool scenario_was_called(const char *function)
{
    for (size_t i = 0; i < called_count; i++)
        if (strcmp(called[i], function) == 0)
            return true;
    return false;
}

void scenario_called(const char *function)
{
    if (!scenario_was_called(function) && called_count < MOST_FUNCTIONS)
        called[called_count++] = function;
}

size_t scenario_count(void)
{
    return model_scenario_count + trainer_scenario_count + data_scenario_count;
}

const struct scenario *scenario_at(size_t index)
{
    if (index < model_scenario_count)
        return &model_scenarios[index];
    index -= model_scenario_count;
    return index < trainer_scenario_count ? &trainer_scenarios[index] : &data_scenarios[index - trainer_scenario_count];
}

gemml_status scenario_run(const struct scenario *scenario, struct world *world)
{
    world->digest = 0xCBF29CE484222325u;
    world->subject = NULL;
    return scenario->run(world);
}
