/* A plugin: the library opened, used with threads, and closed, five times in one
 * process that is not linked to it. Its threads and its memory survive the closing. */
#include "support/support.h"

#include <dlfcn.h>

#include <gemml.h>

enum { ROWS = 4000, FEATURES = 5 };

static double x[ROWS * FEATURES], y[ROWS], coefficients[FEATURES + 1], first[FEATURES + 1];

/* The functions that are used, by pointers. */
struct plugin {
    void *library;
    gemml_status (*set_threads)(size_t);
    gemml_status (*create)(gemml_model **, const gemml_linear_options *);
    gemml_status (*fit)(gemml_model *, const gemml_dataset *, const gemml_fit_options *, gemml_fit_info *);
    gemml_status (*coefficients)(const gemml_model *, gemml_matrix);
    void (*free)(gemml_model *);
};

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (!found)
        fail_msg("%s", dlerror());
    return found;
}

static struct plugin open_plugin(void)
{
    struct plugin plugin;
    plugin.library = dlopen(getenv("GEMML_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    if (!plugin.library)
        fail_msg("%s", dlerror());
    *(void **)&plugin.set_threads = symbol(plugin.library, "gemml_set_threads");
    *(void **)&plugin.create = symbol(plugin.library, "gemml_linear_create");
    *(void **)&plugin.fit = symbol(plugin.library, "gemml_fit");
    *(void **)&plugin.coefficients = symbol(plugin.library, "gemml_coefficients");
    *(void **)&plugin.free = symbol(plugin.library, "gemml_model_free");
    return plugin;
}

static void use(const struct plugin *plugin)
{
    gemml_model *model = NULL;
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, ROWS, FEATURES);
    data.y = gemml_view_f64(y, ROWS, 1);
    assert_int_equal(plugin->set_threads(3), GEMML_OK);
    assert_int_equal(plugin->create(&model, NULL), GEMML_OK);
    assert_int_equal(plugin->fit(model, &data, NULL, NULL), GEMML_OK);
    assert_int_equal(plugin->coefficients(model, gemml_matrix_f64(coefficients, FEATURES + 1, 1)), GEMML_OK);
    plugin->free(model);
}

static void opened_and_closed_five_times(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < FEATURES; j++)
            x[i * FEATURES + j] = test_random(&seed);
        y[i] = 1 + 2 * x[i * FEATURES] - 3 * x[i * FEATURES + 4];
    }
    for (int round = 0; round < 5; round++) {
        struct plugin plugin = open_plugin();
        use(&plugin);
        assert_int_equal(dlclose(plugin.library), 0);
        if (round == 0)
            memcpy(first, coefficients, sizeof first);
        assert_memory_equal(first, coefficients, sizeof first);
    }
    assert_near(first[0], 1, 1e-12);
    assert_near(first[1], 2, 1e-12);
    assert_near(first[5], -3, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(opened_and_closed_five_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
