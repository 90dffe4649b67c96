/* Files of networks, and checkpoints of their training, that were forged with a digest that is
 * right: each is refused with a sentence, none gives a model or goes on. */
#include "io/crafted.h"
#include "io/network_fixture.h"

/* The bytes of the model's file, or of the checkpoint. free() them. */
static unsigned char *file_of(bool checkpoint, size_t *count)
{
    gemml_mlp_options options = rich_options();
    gemml_model *model = new_mlp(&options);
    const char *path = scratch_path("network.gemml"), *state = scratch_path("network.checkpoint");
    assert_ok(train_rich(model, state, false));
    assert_ok(gemml_save(model, path));
    gemml_model_free(model);
    return (unsigned char *)read_file(checkpoint ? state : path, count);
}

/* Reads the forged bytes: as a model, or by going on from them. */
static gemml_status read_forged(bool checkpoint, const unsigned char *bytes, size_t count)
{
    gemml_model *model = NULL;
    if (!checkpoint) {
        gemml_status status = gemml_load_memory(&model, bytes, count);
        assert_int_equal(status == GEMML_OK, model != NULL);
        gemml_model_free(model);
        return status;
    }
    gemml_mlp_options options = rich_options();
    model = new_mlp(&options);
    gemml_status status = train_rich(model, write_file("forged.checkpoint", bytes, count), true);
    assert_int_equal(model_info(model).fitted, status == GEMML_OK);
    gemml_model_free(model);
    return status;
}

static void expect(bool checkpoint, gemml_status expected, const unsigned char *bytes, size_t count, const char *what,
                   const char *words)
{
    gemml_status status = read_forged(checkpoint, bytes, count);
    if (status != expected)
        fail_msg("%s gave %s: %s", what, gemml_status_string(status), gemml_last_error());
    if (status != GEMML_OK)
        says(gemml_last_error(), words);
}

static void check_forgeries(bool checkpoint, gemml_status expected, const struct forgery *list, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        size_t count;
        unsigned char *bytes = change(file_of(checkpoint, &count), list[i].from, list[i].to, &count);
        expect(checkpoint, expected, bytes, count, list[i].to, list[i].words);
        free(bytes);
    }
}
#define CHECK_ALL(checkpoint, expected, list) check_forgeries(checkpoint, expected, list, sizeof list / sizeof *list)

/* ---- Models ---------------------------------------------------------------------- */

/* The forger's tool itself: changes that may be. */
static void test_harmless(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"'seed':0", "'seed':1", ""},
        {"'class_weight':[1.0,2.0,0.5]", "'class_weight':[0,2,1e3]", ""},
        {"'hidden':[4,3]", "'hidden':[4, 3]", ""},
    };
    CHECK_ALL(false, GEMML_OK, list);
}

static void test_options(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"'hidden':[4,3]", "'hidden':4", "no valid \"hidden\""},
        {"'hidden':[4,3]", "'hiddem':[4,3]", "no valid \"hidden\""},
        {"'hidden':[4,3]", "'hidden':[4,0]", "no valid \"hidden\""},
        {"'hidden':[4,3]", "'hidden':[4,'3']", "no valid \"hidden\""},
        {"'hidden':[4,3]", "'hidden':[4,-3]", "no valid \"hidden\""},
        {"'hidden':[4,3]", "'hidden':[4]", "no valid \"activations\""},
        {"'hidden':[4,3]", "'hidden':[4,5]", "hidden layer 1 has 3 units, but its options say 5"},
        {"'hidden':[4,3],'activations':['tanh','relu'],'biases':[true,false,true]",
         "'hidden':[4],'activations':null,'biases':null", "it has 3 layers, but its options say 1 hidden"},
        {"'hidden':[4,3],'activations':['tanh','relu']", "'hidden':null,'activations':null", "no valid \"biases\""},
        {"'activations':['tanh','relu']", "'activations':'tanh'", "no valid \"activations\""},
        {"'activations':['tanh','relu']", "'activations':['tanh']", "no valid \"activations\""},
        {"'activations':['tanh','relu']", "'activations':['tanh',1]", "no valid \"activations\""},
        {"'activations':['tanh','relu'],'b", "'activations':['tanh','step'],'b", "no valid \"activations\""},
        {"'biases':[true,false,true]", "'biases':true", "no valid \"biases\""},
        {"'biases':[true,false,true]", "'biases':[true,false]", "no valid \"biases\""},
        {"'biases':[true,false,true]", "'biases':[true,false,1]", "no valid \"biases\""},
        {"'class_weight':[1.0,2.0,0.5]", "'class_weight':null", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0,0.5]", "'class_weight':[1.0,2.0]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0,0.5]", "'class_weight':[1.0,2.0,-0.5]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0,0.5]", "'class_weight':[1.0,2.0,1e999]", "no valid \"class_weight\""},
        {"'class_weight':[1.0,2.0,0.5]", "'class_weight':[1.0,2.0,'1']", "no valid \"class_weight\""},
        {"'class_weighting':'given'", "'class_weighting':'none'", "no valid \"class_weight\""},
        {"'class_weighting':'given'", "'class_weighting':'some'", "class_weighting \"some\""},
        {"'task':'classification'", "'task':'regression'", "its loss or its last activation"},
        {"'range_high':1.0", "'range_high':0.0", "no valid \"range_high\""},
        {"'range_high':1.0", "'range_high':'inf'", "no valid \"range_high\""},
        {"'bias':true", "'bias':1", "no valid \"bias\""},
        {"'optimizer':'adam'", "'optimizer':'eve'", "optimizer \"eve\""},
        {"'batch':10", "'batch':0", "no valid \"batch\""},
        {"'seed':0", "'seed':0,'more':1", "members instead of"},
    };
    CHECK_ALL(false, GEMML_ERROR_FORMAT, list);
}

static void test_chain(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"`activations`:`['tanh','relu','softmax']`", "`activations`:`['tanh','softmax','softmax']`",
         "layer 1 has the softmax, which only the last may have"},
        {"`activations`:`['tanh','relu','softmax']`", "`activations`:`['tanh','relu','sigmoid']`", ""},
        {"`activations`:`['tanh','relu','softmax']`", "`activations`:`['tanh','relu']`", "layer"},
        {"`loss`:`cross_entropy`", "`loss`:`squared_error`", "its loss or its last activation"},
        {"`kind`:`mlp`", "`kind`:`linear`", "members instead of"},
        {"`layer.1.weight`:{`dtype`:`F64`,`shape`:[4,3]", "`layer.1.weight`:{`dtype`:`F64`,`shape`:[3,4]", "layer"},
    };
    CHECK_ALL(false, GEMML_ERROR_FORMAT, list);
}

static void test_histories(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"`fit.valid_loss_history`:{`dtype`:`F64`,`shape`:[6]", "`fit.valid_loss_history`:{`dtype`:`F64`,`shape`:[6,1]",
         "wrong dtype or number"},
        {"`fit.valid_loss_history`:{`dtype`:`F64`,`shape`:[6],`data_offsets`:[80,128]}",
         "`fit.valid_loss_history`:{`dtype`:`F64`,`shape`:[0],`data_offsets`:[80,80]},`x`:{`dtype`:`F64`,`shape`:[6],"
         "`data_offsets`:[80,128]}",
         "fit.valid_loss_history is empty"},
        {"`fit.valid_epochs`:{`dtype`:`I64`", "`fit.valid_epochs`:{`dtype`:`F64`", "wrong dtype"},
        {"`fit.score_history`", "`fit.other_history`", "is not fit.score_history"},
        {"`fit.recorded`:{`dtype`:`F64`,`shape`:[4,36]", "`fit.recorded`:{`dtype`:`F64`,`shape`:[144]",
         "fit.recorded is empty"},
        {"`fit.recorded`:{`dtype`:`F64`,`shape`:[4,36]", "`fit.recorded`:{`dtype`:`F64`,`shape`:[36,4]",
         "36 x 4 instead of 36 x 36"},
        {"`fit.recorded_epochs`:{`dtype`:`I64`,`shape`:[4]", "`fit.recorded_epochs`:{`dtype`:`I64`,`shape`:[2,2]",
         "wrong dtype"},
        {"`fit.score_history`:{`dtype`:`F64`,`shape`:[6],`data_offsets`:[128,176]},`fit.valid_epochs`:{`dtype`:`I64`,"
         "`shape`:[6],`data_offsets`:[176,224]}",
         "`fit.score_history`:{`dtype`:`F64`,`shape`:[6],`data_offsets`:[128,176]},`fit.valid_epochs`:{`dtype`:`I64`,"
         "`shape`:[5],`data_offsets`:[176,216]},`x`:{`dtype`:`I64`,`shape`:[1],`data_offsets`:[216,224]}",
         "fit.valid_epochs has 5 numbers instead of 6"},
    };
    CHECK_ALL(false, GEMML_ERROR_FORMAT, list);
}

/* Where the data of a tensor begin. */
static size_t place_of(const unsigned char *bytes, const char *tensor)
{
    char name[64];
    snprintf(name, sizeof name, "\"%s\":", tensor);
    size_t length = get_u64(bytes);
    char *header = strndup((const char *)bytes + 8, length), *found = strstr(header, name);
    assert_non_null(found);
    size_t offset = strtoul(strstr(found, "data_offsets\":[") + 15, NULL, 10);
    free(header);
    return 8 + length + offset;
}

struct wrong_number {
    const char *tensor;
    size_t index;
    int64_t value; /* or the bits of a double */
    const char *words;
};

static void check_numbers(bool checkpoint, gemml_status expected, const struct wrong_number *list, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        size_t count;
        unsigned char *bytes = file_of(checkpoint, &count);
        put_u64(bytes + place_of(bytes, list[i].tensor) + 8 * list[i].index, (uint64_t)list[i].value);
        renew_digest(bytes, count);
        expect(checkpoint, expected, bytes, count, list[i].tensor, list[i].words);
        free(bytes);
    }
}

static const int64_t NAN_BITS = 0x7ff8000000000000;

static void test_numbers(void **state)
{
    (void)state;
    const struct wrong_number list[] = {
        {"fit.valid_epochs", 0, -1, "number 0 of its fit.valid_epochs is -1"},
        {"fit.valid_epochs", 3, 3, "number 3 of its fit.valid_epochs is 3"},
        {"fit.recorded_epochs", 1, 0, "number 1 of its fit.recorded_epochs is 0"},
        {"layer.1.weight", 2, NAN_BITS, "parameter"},
        {"input.shift", 1, NAN_BITS, "shift"},
        {"summary.rows", 0, -5, "summary.rows"},
    };
    check_numbers(false, GEMML_ERROR_FORMAT, list, sizeof list / sizeof *list);
}

/* ---- Checkpoints ------------------------------------------------------------------ */

static void test_other_runs(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"`option.seed`:`[0]`", "`option.seed`:`[1]`", "its option.seed is [1], not [0]"},
        {"`option.batch`:`[10]`,", "", "its option.batch is not there, not [10]"},
        {"`model`:`mlp`", "`model`:`linear`", "its model is linear, not mlp"},
        {"`dtype`:`f64`", "`dtype`:`f32`", "its dtype is f32, not f64"},
    };
    CHECK_ALL(true, GEMML_ERROR_ARGUMENT, list);
    const struct wrong_number numbers[] = {
        {"run.data", 0, 31, "it has 31 training rows, not 30"},
        {"run.data", 1, 0, "it has 0 validation rows, not 30"},
        {"run.data", 2, 1, "its training data were others"},
        {"run.data", 3, 1, "its validation data were others"},
    };
    check_numbers(true, GEMML_ERROR_ARGUMENT, numbers, sizeof numbers / sizeof *numbers);
}

static void test_checkpoints(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"`kind`:`checkpoint`", "`kind`:`mlp`", "is not a checkpoint"},
        {"`kind`:`checkpoint`,", "", "is not a checkpoint"},
        {"`run.counts`:{`dtype`:`I64`,`shape`:[11],`data_offsets`:[0,88]},`run.numbers`:{`dtype`:`F64`,`shape`:[6],"
         "`data_offsets`:[88,136]}",
         "`run.counts`:{`dtype`:`I64`,`shape`:[12],`data_offsets`:[0,96]},`run.numbers`:{`dtype`:`F64`,`shape`:[5],"
         "`data_offsets`:[96,136]}",
         "not those of a checkpoint"},
        {"`run.numbers`:{`dtype`:`F64`,`shape`:[6],`data_offsets`:[88,136]},`run.data`:{`dtype`:`I64`,`shape`:[4],"
         "`data_offsets`:[136,168]}",
         "`run.numbers`:{`dtype`:`F64`,`shape`:[5],`data_offsets`:[88,128]},`run.data`:{`dtype`:`I64`,`shape`:[5],"
         "`data_offsets`:[128,168]}",
         "not those of a checkpoint"},
        {"`run.data`:{`dtype`:`I64`,`shape`:[4],`data_offsets`:[136,168]},`fit.loss_history`:{`dtype`:`F64`,`shape`:[6]"
         ","
         "`data_offsets`:[168,216]}",
         "`run.data`:{`dtype`:`I64`,`shape`:[5],`data_offsets`:[136,176]},`fit.loss_history`:{`dtype`:`F64`,`shape`:[5]"
         ","
         "`data_offsets`:[176,216]}",
         "not those of a checkpoint"},
        {"`fit.valid_loss_history`:{`dtype`:`F64`,`shape`:[6]", "`fit.valid_loss_history`:{`dtype`:`F64`,`shape`:[6,1]",
         "not those of a checkpoint"},
        {"`fit.loss_history`:{`dtype`:`F64`,`shape`:[6]", "`fit.loss_history`:{`dtype`:`F64`,`shape`:[2,3]",
         "not those of a checkpoint"},
        {"`run.recorded`:{`dtype`:`F64`,`shape`:[4,36]", "`run.recorded`:{`dtype`:`F64`,`shape`:[144]",
         "not those of a checkpoint"},
        {"`run.recorded`:{`dtype`:`F64`,`shape`:[4,36]", "`run.recorded`:{`dtype`:`F64`,`shape`:[36,4]",
         "not those of a checkpoint"},
        {"`run.theta`:{`dtype`:`F64`", "`run.theta`:{`dtype`:`I64`", "not those of a checkpoint"},
        {"`run.theta`", "`run.thela`", "not those of a checkpoint"},
        {"`run.best`", "`run.bast`", "not those of a checkpoint"},
        {"`run.optimizer.0`", "`run.optimizer.2`", "not those of a checkpoint"},
        {"`run.optimizer.1`", "`run.optimizer.3`", "not those of a checkpoint"},
        {"`run.epochs`:{`dtype`:`I64`", "`run.epochs`:{`dtype`:`F64`", "not those of a checkpoint"},
        {"`fit.score_history`:{`dtype`:`F64`,`shape`:[6],`data_offsets`:[264,312]}",
         "`fit.score_history`:{`dtype`:`F64`,`shape`:[5],`data_offsets`:[264,304]},`x`:{`dtype`:`F64`,`shape`:[1],"
         "`data_offsets`:[304,312]}",
         "not those of a checkpoint"},
    };
    CHECK_ALL(true, GEMML_ERROR_FORMAT, list);
}

static void test_counts_of_checkpoints(void **state)
{
    (void)state;
    const struct wrong_number list[] = {
        {"run.counts", 0, -1, "not those of a checkpoint"}, {"run.counts", 7, 7, "not those of a checkpoint"},
        {"run.counts", 8, 37, "not those of a checkpoint"}, {"run.counts", 8, INT64_MAX, "not those of a checkpoint"},
        {"run.counts", 10, 6, "not those of a checkpoint"}, {"run.best", 5, NAN_BITS, "best parameter"},
    };
    check_numbers(true, GEMML_ERROR_FORMAT, list, sizeof list / sizeof *list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless),    cmocka_unit_test(test_options),
        cmocka_unit_test(test_chain),       cmocka_unit_test(test_histories),
        cmocka_unit_test(test_numbers),     cmocka_unit_test(test_other_runs),
        cmocka_unit_test(test_checkpoints), cmocka_unit_test(test_counts_of_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
