/* Forged files of logistic regressions: options and classes that are of the wrong type, out
 * of range, or do not agree with the layer. None is loaded, and each is refused by name. */
#include "io/crafted.h"

#include <gemml.h>
#include <math.h>

/* The file of a model of so many classes (2 or 3), with weights of 1, 2, ... for them if
 * they are given. free() it. */
static unsigned char *file_of(size_t classes, bool given, size_t *count)
{
    enum { N = 60, P = 2 };
    double x[N * P], y[N], weight[] = {1, 2, 3};
    uint64_t seed = 5;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = test_random(&seed);
        y[i] = (double)((i + (x[i * P] > 0)) % classes);
    }
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.classes = classes;
    options.l2 = 1;
    options.class_weighting = given ? GEMML_CLASS_WEIGHT_GIVEN : GEMML_CLASS_WEIGHT_NONE;
    options.class_weight = given ? weight : NULL;
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, N, P);
    data.y = gemml_view_f64(y, N, 1);
    gemml_model *model;
    const char *path = scratch_path("logistic.gemml");
    assert_int_equal(gemml_logistic_create(&model, &options), GEMML_OK);
    assert_int_equal(gemml_fit(model, &data, NULL, NULL), GEMML_OK);
    assert_int_equal(gemml_save(model, path), GEMML_OK);
    gemml_model_free(model);
    return (unsigned char *)read_file(path, count);
}

/* Each change alone, to the same file. */
static void refuse(size_t classes, bool given, const struct forgery *list, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        size_t count;
        gemml_model *model = NULL;
        unsigned char *bytes = change(file_of(classes, given, &count), list[i].from, list[i].to, &count);
        gemml_status status = gemml_load_memory(&model, bytes, count);
        if (status != GEMML_ERROR_FORMAT || model)
            fail_msg("%s for %s: status %d", list[i].to, list[i].from, status);
        says(gemml_last_error(), list[i].words);
        free(bytes);
    }
}
#define REFUSE(classes, given, list) refuse(classes, given, list, sizeof list / sizeof *list)

/* The files themselves, and one that means the same, are accepted. */
static void harmless(void **state)
{
    (void)state;
    const char *const changes[][2] = {{"`kind`:", "`kind`:"}, {"'class_weight':[1.0,", "'class_weight':[1,"}};
    for (size_t classes = 2; classes <= 3; classes++)
        for (size_t i = 0; i < 2; i++) {
            size_t count;
            gemml_model *model = NULL;
            unsigned char *bytes = change(file_of(classes, true, &count), changes[i][0], changes[i][1], &count);
            if (gemml_load_memory(&model, bytes, count) != GEMML_OK)
                fail_msg("%s", gemml_last_error());
            gemml_model_free(model);
            free(bytes);
        }
}

static void options_of_the_wrong_kind(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"'classes':2", "'classes':'two'", "no valid \"classes\""},
        {"'classes':2", "'classes':2.5", "no valid \"classes\""},
        {"'classes':2", "'classes':-2", "no valid \"classes\""},
        {"'classes':2", "'classes':1", "no valid \"classes\""},
        {"'classes':2", "'classes':[2]", "no valid \"classes\""},
        {"'classes':2", "'classes':3", "it tells 2 classes apart, but its options say 3"},
        {"'classes':2", "'classes':9007199254740992", "it tells 2 classes apart, but its options say 9007199254740992"},
        {"'classes':2", "'classes':1e999", "no valid \"classes\""},
        {"'class_weighting':'none'", "'class_weighting':'some'", "the class_weighting \"some\" in its"},
        {"'class_weighting':'none'", "'class_weighting':null", "no valid \"class_weighting\""},
        {"'class_weighting':'none'", "'class_weighting':'given'", "no valid \"class_weight\""},
        {"'class_weight':null", "'class_weight':[1,1]", "no valid \"class_weight\""},
        {"'class_weight':null", "'class_weights':null", "no valid \"class_weight\""},
        {"'class_weight':null", "'class_weight':null,'more':1", "18 members instead of 17 in its options"},
        {",'class_weight':null", "", "16 members instead of 17 in its options"},
    };
    REFUSE(2, false, list);
}

static void weights_of_classes(void **state)
{
    (void)state;
    const struct forgery two[] = {
        {"'class_weight':[1.0,2.0]", "'class_weight':null", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1,2,3]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1,-2]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1,'nan']", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1,'inf']", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1,1e999]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1,true]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':[1,[2]]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0]", "'class_weight':{'a':1,'b':2}", "no valid \"class_weight\""},
        {"'class_weighting':'given'", "'class_weighting':'balanced'", "no valid \"class_weight\""},
        {"'classes':2", "'classes':3", "no valid \"class_weight\""},
        {"'classes':2", "'classes':9007199254740992", "no valid \"class_weight\""},
    };
    const struct forgery three[] = {
        {"'class_weight':[1.0,2.0,3.0]", "'class_weight':[1,2]", "no valid \"class_weight\""},
        {"'classes':3,", "'classes':2,", "no valid \"class_weight\""},
    };
    REFUSE(2, true, two);
    REFUSE(3, true, three);
}

/* What the classes' layer must be. */
static void another_layer(void **state)
{
    (void)state;
    const struct forgery two[] = {
        {"`activations`:`['sigmoid']`", "`activations`:`['softmax']`", "one layer with the sigmoid, not 1 layers from softmax on"},
        {"`activations`:`['sigmoid']`", "`activations`:`['identity']`", "a logistic"},
        {"`activations`:`['sigmoid']`", "`activations`:`['tanh']`", "a logistic"},
        {"`loss`:`cross_entropy`", "`loss`:`squared_error`", "logistic"},
        {"`kind`:`logistic`", "`kind`:`linear`", "17 members instead of 14"},
        {"`kind`:`logistic`", "`kind`:`mlp`", "its options"},
    };
    const struct forgery three[] = {
        {"`activations`:`['softmax']`", "`activations`:`['sigmoid']`", "a logistic"},
        {"'classes':3", "'classes':2", "it tells 3 classes apart, but its options say 2"},
    };
    REFUSE(2, false, two);
    REFUSE(3, false, three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmless),
        cmocka_unit_test(options_of_the_wrong_kind),
        cmocka_unit_test(weights_of_classes),
        cmocka_unit_test(another_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
