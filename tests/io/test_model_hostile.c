/* Model files that were damaged, or forged with a digest that is right: each is an
 * error with a sentence, none is a crash, none gives a model. */
#include "io/model_fixture.h"

static void refused(const void *bytes, size_t count, gemml_status expected, const char *words)
{
    struct gemml_model *model = NULL;
    gemml_status status = model_file_parse(&model, bytes, count, "the file x");
    if (status != expected)
        fail_msg("status %d (%s) instead of %d that says \"%s\"", status, error_text(), expected, words);
    assert_null(model);
    says(error_text(), "the file x");
    says(error_text(), words);
}

/* Every byte changed in several ways, and every length. */
static void test_damage(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[2]);
    size_t count;
    unsigned char *bytes = saved_bytes(model, &count);
    for (size_t i = 0; i < count; i++) {
        const unsigned char changes[] = {0x01, 0x80, 0xFF, bytes[i]};
        for (size_t c = 0; c < 4; c++) {
            if (changes[c] == 0)
                continue;
            bytes[i] ^= changes[c];
            refused(bytes, count, GEMML_ERROR_FORMAT, "");
            bytes[i] ^= changes[c];
        }
    }
    for (size_t length = 0; length < count; length++) {
        unsigned char *part = malloc(length > 0 ? length : 1);
        memcpy(part, bytes, length);
        refused(part, length, GEMML_ERROR_FORMAT, length > 0 ? "is not a gemml model" : "is empty");
        free(part);
    }
    unsigned char *longer = malloc(count + 1);
    memcpy(longer, bytes, count);
    longer[count] = 0;
    refused(longer, count + 1, GEMML_ERROR_FORMAT, "was altered or truncated");
    free(longer);
    free(bytes);
    free_model(model);
}

/* The same damage with a digest that fits: what comes out is an error, or a model
 * that passes all checks and can be saved again. The sanitizers see to the rest. */
static void test_damage_with_digest(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[0]);
    size_t count, accepted = 0, refusals = 0;
    unsigned char *bytes = saved_bytes(model, &count);
    for (size_t i = 0; i < count - 8; i++) {
        const unsigned char old = bytes[i],
                            values[] = {(unsigned char)(old ^ 1), (unsigned char)(old ^ 0x80), '"', '9', 0};
        for (size_t v = 0; v < sizeof values; v++) {
            struct gemml_model *loaded = NULL;
            bytes[i] = values[v];
            renew_digest(bytes, count);
            gemml_status status = model_file_parse(&loaded, bytes, count, "the file x");
            assert_int_equal(status == GEMML_OK, loaded != NULL);
            if (loaded)
                must(model_file_save(loaded, "/dev/null"));
            else
                assert_true(status == GEMML_ERROR_FORMAT || status == GEMML_ERROR_UNSUPPORTED);
            *(loaded ? &accepted : &refusals) += 1;
            free_model(loaded);
        }
        bytes[i] = old;
    }
    assert_true(accepted > 100 && refusals > 1000);
    free(bytes);
    free_model(model);
}

/* ---- Forgeries ----------------------------------------------------------------- */

/* The same to the file of a model. */
static unsigned char *forge(const struct form *form, const char *from, const char *to, size_t *count)
{
    struct gemml_model *model = make_model(form);
    unsigned char *bytes = saved_bytes(model, count);
    free_model(model);
    return change(bytes, from, to, count);
}

static void refuse_forgeries(const struct form *form, gemml_status expected, const struct forgery *list, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        size_t count;
        unsigned char *bytes = forge(form, list[i].from, list[i].to, &count);
        refused(bytes, count, expected, list[i].words);
        free(bytes);
    }
}
#define REFUSE(form, expected, list) refuse_forgeries(&forms[form], expected, list, sizeof list / sizeof *list)

/* The forger's tool itself: no change, and one that means the same, are accepted. */
static void test_harmless_changes(void **state)
{
    (void)state;
    const char *const changes[][2] = {
        {"`kind`:", "`kind`:"},
        {"`kind`:", " `a note` : `of someone` ,\n\t`kind`:"},
        {"'l2':0.0", "'l2':0"},
        {"`gemml_version`:`0.1.0`", "`gemml_version`:`99.0.0`"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        size_t count;
        struct gemml_model *model = NULL;
        unsigned char *bytes = forge(&forms[0], changes[i][0], changes[i][1], &count);
        must(model_file_parse(&model, bytes, count, "the file x"));
        free_model(model);
        free(bytes);
    }
}

static void test_unsupported(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"`format_version`:`1`", "`format_version`:`2`", "has format version 2; this library reads version 1"},
        {"`format_version`:`1`", "`format_version`:`10`", "has format version 10"},
        {"`format_version`:`1`", "`format_version`:`99999999999999999999`", "has format version 9999"},
        {"`kind`:`linear`", "`kind`:`svm`", "is a model of the kind \"svm\""},
        {"`kind`:`linear`", "`kind`:`\\u001b[2J`", "is a model of the kind \"(unprintable)\""},
    };
    REFUSE(0, GEMML_ERROR_UNSUPPORTED, list);
}

static void test_metadata(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"`format`:`gemml`", "`format`:`pt`", "is not a gemml model: its format is \"pt\""},
        {"`format`:`gemml`", "`formal`:`gemml`", "no valid \"format\" in its metadata"},
        {"`format_version`:`1`", "`format_version`:`01`", "its format version is \"01\""},
        {"`format_version`:`1`", "`format_version`:`0`", "its format version is \"0\""},
        {"`format_version`:`1`", "`format_version`:``", "its format version is \"\""},
        {"`format_version`:`1`", "`format_version`:`1.1`", "its format version is \"1.1\""},
        {"`format_version`:`1`", "`format_version`:1", "is not a string"},
        {"`kind`:", "`kin`:", "no valid \"kind\""},
        {"`dtype`:`f64`", "`dtype`:`f16`", "the dtype \"f16\" in its"},
        {"`dtype`:`f64`", "`dtype`:`f32`", "tensor layer.0.weight has the wrong dtype"},
        {"`loss`:`squared_error`", "`loss`:`hinge`", "the loss \"hinge\" in its"},
        {"`activations`:`['identity']`", "`activations`:`['relu']`", "one layer with the identity"},
        {"`activations`:`['identity']`", "`activations`:`['swish']`", "unknown activation \"swish\""},
        {"`activations`:`['identity']`", "`activations`:`['\\\\u0007']`", "unknown activation \"(unprintable)\""},
        {"`activations`:`['identity']`", "`activations`:`[['identity']]`", "unknown activation \"\""},
        {"`activations`:`['identity']`", "`activations`:`[7]`", "unknown activation \"\""},
        {"`activations`:`['identity']`", "`activations`:`[]`", "activations are not a list"},
        {"`activations`:`['identity']`", "`activations`:`{'a':'identity'}`", "activations are not a list"},
        {"`activations`:`['identity']`", "`activations`:`['identity'`", "no valid JSON at byte 11 of its activations"},
        {"`activations`:`['identity']`", "`activations`:`['identity','identity']`", "tensor 31 is not layer.1.weight"},
        {"`options`:`{", "`optional`:`{", "no valid \"options\""},
        {"`fit`:`{", "`fat`:`{", "no valid \"fit\""},
        {"`schema`:`{", "`schema`:`[", "no valid JSON at byte 10 of its schema"},
        {"`schema`:`{", "`schema`:`{'a':", "no valid JSON at byte 14 of its schema"},
        {"`schema`:`{", "`schema`:`{'a':1,", "its schema is not valid: its members are version, header"},
    };
    REFUSE(0, GEMML_ERROR_FORMAT, list);
}

static void test_options(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"'solver':'auto'", "'solver':'magic'", "the solver \"magic\" in its"},
        {"'solver':'auto'", "'solver':0", "no valid \"solver\""},
        {"'scaling':'standardize'", "'scaling':null", "no valid \"scaling\""},
        {"'intercept':true", "'intercept':1", "no valid \"intercept\""},
        {"'intercept':true", "'intercept':false", "it has a bias, but no intercept"},
        {"'l2':0.0", "'l2':-1e-9", "no valid \"l2\""},
        {"'l2':0.0", "'l2':'0'", "no valid \"l2\""},
        {"'l2':0.0", "'l2':1e999", "no valid \"l2\""},
        {"'l2':0.0", "'l2':[0]", "no valid \"l2\""},
        {"'tolerance':null", "'tolerance':-1", "no valid \"tolerance\""},
        {"'tolerance':null", "'tolerance':'-inf'", "no valid \"tolerance\""},
        {"'patience':null", "'patience':-1", "no valid \"patience\""},
        {"'patience':null", "'patience':1.5", "no valid \"patience\""},
        {"'batch':null", "'batch':0", "no valid \"batch\""},
        {"'rate':null", "'rate':0", "no valid \"rate\""},
        {"'rate':null", "'rate':0.0", "no valid \"rate\""},
        {"'seed':0", "'seed':null", "no valid \"seed\""},
        {"'seed':0", "'seed':'18446744073709551616'", "no valid \"seed\""},
        {"'seed':0", "'seed':''", "no valid \"seed\""},
        {"'seed':0", "'seed':0,'momentum':0.9", "15 members instead of 14 in its options"},
        {",'seed':0", "", "13 members instead of 14 in its options"},
        {"'range_low':0.0", "'range_low':null", "no valid \"range_high\""},
        {"'range_high':1.0", "'range_high':0.0", "no valid \"range_high\""},
        {"'range_high':1.0", "'range_high':'inf'", "no valid \"range_high\""},
        {"'target_scaling':'none'", "'target_scaling':'odd'", "the target_scaling \"odd\" in its options is unknown"},
        {"'epochs':null,'max", "'epoch':null,'max", "no valid \"epochs\""},
        {"`options`:`{", "`options`:`[{", "of its options"},
    };
    REFUSE(0, GEMML_ERROR_FORMAT, list);
    const struct forgery other[] = {{"'intercept':false", "'intercept':true", "it has no bias, but an intercept"}};
    REFUSE(2, GEMML_ERROR_FORMAT, other);
}

static void test_fit(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"'outcome':'stopped_early'", "'outcome':'fine'", "the outcome \"fine\" in its"},
        {"'solver':'descent'", "'solver':'ascent'", "the solver \"ascent\" in its"},
        {"'epochs':12", "'epochs':-12", "no valid \"epochs\""},
        {"'epochs':12", "'epochs':null", "no valid \"epochs\""},
        {"'iterations':345", "'iterations':345.0", "no valid \"iterations\""},
        {"'best_epoch':11", "'best_epoch':[]", "no valid \"best_epoch\""},
        {"'notice':'", "'notice':1,'x':'", "7 members instead of 6 in its fit"},
        {"'outcome':'stopped_early',", "", "5 members instead of 6 in its fit"},
    };
    REFUSE(0, GEMML_ERROR_FORMAT, list);
}

static void test_tensors(void **state)
{
    (void)state;
    const struct forgery list[] = {
        {"`layer.0.weight`:{`dtype`:`F64`,`shape`:[3,2]", "`layer.0.weight`:{`dtype`:`F64`,`shape`:[2,3]",
         "has 3 outputs, but a bias of 2"},
        {"`layer.0.weight`:{`dtype`:`F64`,`shape`:[3,2]", "`layer.0.weight`:{`dtype`:`F64`,`shape`:[6]",
         "layer.0.weight has the wrong dtype or number of dimensions"},
        {"`layer.0.weight`:{`dtype`:`F64`,`shape`:[3,2]", "`layer.0.weight`:{`dtype`:`I64`,`shape`:[3,2]",
         "layer.0.weight has the wrong dtype"},
        {"`layer.0.weight`", "`layer.1.weight`", "its tensor 31 is not layer.0.weight"},
        {"`layer.0.bias`", "`layer.0.offset`", "layer.0.offset, is not one that a model has"},
        {"`layer.0.bias`:{`dtype`:`F64`,`shape`:[2]", "`layer.0.bias`:{`dtype`:`F64`,`shape`:[1,2]",
         "layer.0.bias has the wrong dtype or number of dimensions"},
        {"`input.shift`", "`input.shaft`", "its tensor 0 is not fit.objective"},
        {"`input.scale`", "`input.shape`", "its tensor 1 is not input.scale"},
        {"`input.shift`:{`dtype`:`F64`,`shape`:[3]", "`input.shift`:{`dtype`:`F64`,`shape`:[3,1]", "wrong dtype"},
        {"`fit.loss_history`:{`dtype`:`F64`,`shape`:[13]", "`fit.loss_history`:{`dtype`:`F64`,`shape`:[13,1]",
         "fit.loss_history has the wrong dtype or number of dimensions"},
        {"`fit.loss`:{`dtype`:`F64`,`shape`:[]", "`fit.loss`:{`dtype`:`F64`,`shape`:[1]", "wrong dtype or number"},
        {"`summary.rows`:{`dtype`:`I64`", "`summary.rows`:{`dtype`:`F64`", "summary.rows has the wrong dtype"},
        {"`summary.r2`", "`summary.r3`", "is not summary.r2"},
        {"`fit.l2_path`:{`dtype`:`F64`,`shape`:[3,2]", "`fit.l2_path`:{`dtype`:`F64`,`shape`:[2,3]",
         "fit.l2_path is 2 x 3 instead of 2 x 2"},
        {"`fit.l2_path`:{`dtype`:`F64`,`shape`:[3,2]", "`fit.l2_path`:{`dtype`:`F64`,`shape`:[6]",
         "fit.l2_path is empty"},
        {"`summary.std_error`:{`dtype`:`F64`,`shape`:[4,2]", "`summary.std_error`:{`dtype`:`F64`,`shape`:[2,4]",
         "summary.std_error is 2 x 4 instead of 4 x 2"},
        {"`summary.robust_error`", "`summary.other_error`", "is not summary.robust_error"},
        {"`inverse.center`", "`inverse.middle`", "inverse.middle, is not one that a model has"},
        {"`inverse.scale`", "`inverse.units`", "is not inverse.scale"},
        {"`inverse.root`:{`dtype`:`F64`,`shape`:[3,2]", "`inverse.root`:{`dtype`:`F64`,`shape`:[2,3]",
         "inverse.root is 2 x 3 instead of 3 x 3"},
        {"`inverse.root`:{`dtype`:`F64`,`shape`:[3,2]", "`inverse.root`:{`dtype`:`F64`,`shape`:[6]",
         "inverse.root has the wrong dtype"},
        {"`gemml.digest`:", "`more`:{`dtype`:`U8`,`shape`:[0],`data_offsets`:[720,720]},`gemml.digest`:",
         "is not one that a model has"},
        {"`input.shift`:", "`more`:{`dtype`:`U8`,`shape`:[0],`data_offsets`:[0,0]},`input.shift`:",
         "its tensor 0 is not fit.objective"},
        {"`layer.0.weight`:", "`more`:{`dtype`:`U8`,`shape`:[0],`data_offsets`:[656,656]},`layer.0.weight`:",
         "more, is not one that a model has"},
    };
    REFUSE(0, GEMML_ERROR_FORMAT, list);
    const struct forgery swapped[] = {
        /* 2 inputs, 7 outputs become 7 and 2, the bias stays. */
        {"[2,7]", "[7,2]", "layer 0 has 2 outputs, but a bias of 7"},
        {"[2,7]", "[14,1]", "layer 0 has 1 outputs, but a bias of 7"},
    };
    REFUSE(4, GEMML_ERROR_FORMAT, swapped);
}

/* Lengths that agree with the file but not with each other, and empty shapes. */
static void test_lengths(void **state)
{
    (void)state;
    const struct forgery mapped[] = {
        {"`layer.0.weight`:{`dtype`:`F32`,`shape`:[5,1]", "`layer.0.weight`:{`dtype`:`F32`,`shape`:[1,5]",
         "input.shift has 5 numbers instead of 1"},
    };
    REFUSE(3, GEMML_ERROR_FORMAT, mapped);
    const struct forgery least[] = {
        {"`layer.0.weight`:{`dtype`:`F64`,`shape`:[1,1],`data_offsets`:[160,168]},`gemml.digest`:{`dtype`:`U8`,"
         "`shape`:[8],`data_offsets`:[168,176]}",
         "`layer.0.weight`:{`dtype`:`F64`,`shape`:[0,9],`data_offsets`:[160,160]},`layer.0.bias`:{`dtype`:`F64`,"
         "`shape`:[1],`data_offsets`:[160,168]},`gemml.digest`:{`dtype`:`U8`,`shape`:[8],`data_offsets`:[168,176]}",
         "layer 0 has 9 outputs, but a bias of 1"},
        {"`fit.objective`", "`fit.loss_history`:{`dtype`:`F64`,`shape`:[0],`data_offsets`:[0,0]},`fit.objective`",
         "fit.loss_history is empty"},
        {"`fit.objective`", "`target.shift`:{`dtype`:`F64`,`shape`:[0],`data_offsets`:[0,0]},`fit.objective`",
         "target.shift has 0 numbers instead of 1"},
        {"`summary.r2`", "`summary.null_deviance`:{`dtype`:`I64`,`shape`:[0],`data_offsets`:[80,80]},`summary.r2`",
         "summary.null_deviance has the wrong dtype"},
        {"`summary.std_error`",
         "`summary.aliased`:{`dtype`:`I64`,`shape`:[0],`data_offsets`:[144,144]},`summary.std_error`",
         "summary.aliased is empty"},
        {"`summary.std_error`",
         "`summary.aliased`:{`dtype`:`F64`,`shape`:[0],`data_offsets`:[144,144]},`summary.std_error`",
         "summary.aliased has the wrong dtype"},
    };
    REFUSE(2, GEMML_ERROR_FORMAT, least);
}

/* A part of the metadata that is a list of what it should be. */
static void test_list_for_an_object(void **state)
{
    (void)state;
    size_t count;
    unsigned char *bytes = forge(&forms[2], "`fit`:`{", "`fit`:`[{", &count);
    bytes = change(bytes, "'notice':''}`", "'notice':''}]`", &count);
    refused(bytes, count, GEMML_ERROR_FORMAT, "there are 0 members instead of 6 in its fit");
    free(bytes);
}

/* Two layers, of which the second does not fit behind the first, or is empty. */
static void test_two_layers(void **state)
{
    (void)state;
    const char *const second[][2] = {{"[2,0]", "layer 1 has 2 inputs, but layer 0 has 1 outputs"},
                                     {"[1,0]", "layer 1 is 1 x 0: both must be at least 1"}};
    for (size_t i = 0; i < 2; i++) {
        char to[200];
        snprintf(to, sizeof to, "`layer.1.weight`:{`dtype`:`F64`,`shape`:%s,`data_offsets`:[168,168]},`gemml.digest`",
                 second[i][0]);
        size_t count;
        unsigned char *bytes = forge(&forms[2], "['identity']", "['identity','identity']", &count);
        bytes = change(bytes, "`gemml.digest`", to, &count);
        refused(bytes, count, GEMML_ERROR_FORMAT, second[i][1]);
        free(bytes);
    }
}

/* A schema of more values than memory should be spent on. */
static void test_swollen_schema(void **state)
{
    (void)state;
    const char begin[] = "`schema`:`[0", end[] = "]`,`fit`:";
    size_t values = (size_t)6 << 20, count;
    char *to = malloc(sizeof begin + 2 * values + sizeof end), *at = stpcpy(to, begin);
    for (size_t i = 0; i < values; i++, at += 2)
        memcpy(at, ",0", 2);
    strcpy(at, end);
    unsigned char *bytes = forge(&forms[4], "`fit`:", to, &count);
    refused(bytes, count, GEMML_ERROR_FORMAT, "more than 6291456 values in its schema");
    free(bytes);
    free(to);
}

/* A schema that is one, but of another model. */
static void test_other_schema(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[4]);
    gemml_schema *schema = some_schema(3, 7);
    char *text, *escaped;
    must(schema_to_json(&text, schema));
    json_t *string = json_string(text);
    escaped = json_dumps(string, JSON_ENCODE_ANY);
    char from[] = "`fit`:", to[4000];
    snprintf(to, sizeof to, "\"schema\":%s,\"fit\":", escaped);
    size_t count;
    unsigned char *bytes = forge(&forms[4], from, to, &count);
    refused(bytes, count, GEMML_ERROR_FORMAT,
            "its schema has 3 inputs and 7 outputs, but its layers 2 inputs and 7 outputs");
    free(bytes);
    free(escaped);
    json_decref(string);
    memory_free(text);
    schema_free(schema);
    free_model(model);
}

/* ---- Forged data ---------------------------------------------------------------- */

/* Changes 8 bytes (4 for f32) at the beginning of a tensor. */
static void refuse_data(size_t form, const char *tensor, const void *value, size_t size, const char *words)
{
    struct gemml_model *model = make_model(&forms[form]);
    size_t count;
    unsigned char *bytes = saved_bytes(model, &count);
    size_t length = get_u64(bytes), begin;
    json_t *header = json_loadb((char *)bytes + 8, length, 0, NULL);
    json_t *offsets = json_object_get(json_object_get(header, tensor), "data_offsets");
    assert_non_null(offsets);
    begin = (size_t)json_integer_value(json_array_get(offsets, 0));
    memcpy(bytes + 8 + length + begin, value, size);
    renew_digest(bytes, count);
    refused(bytes, count, GEMML_ERROR_FORMAT, words);
    json_decref(header);
    free(bytes);
    free_model(model);
}

static void test_data(void **state)
{
    (void)state;
    const double not_a_number = NAN, infinite = -INFINITY, zero = 0;
    const float f32_infinite = INFINITY;
    const int64_t negative = -1, none = 0, many = 1000000;
    refuse_data(0, "layer.0.weight", &not_a_number, 8, "parameter 0 of 8 is not finite");
    refuse_data(0, "layer.0.bias", &infinite, 8, "parameter 6 of 8 is not finite");
    refuse_data(1, "layer.0.bias", &f32_infinite, 4, "parameter 6 of 8 is not finite");
    refuse_data(0, "input.shift", &infinite, 8, "input shift 0 of 3 is not finite");
    refuse_data(0, "input.scale", &not_a_number, 8, "input scale 0 of 3 is not finite");
    refuse_data(0, "summary.rows", &negative, 8, "summary.rows is -1");
    refuse_data(0, "summary.rows", &none, 8, "fitted to 0 rows");
    refuse_data(0, "summary.rank", &negative, 8, "summary.rank is -1");
    refuse_data(0, "summary.rank", &many, 8, "its rank is 1000000, but it has 4 columns");
    refuse_data(0, "summary.freedom", &negative, 8, "summary.freedom is -1");
    refuse_data(0, "summary.freedom", &many, 8, "it has 1000000 degrees of freedom, but was fitted to 1000 rows");
    refuse_data(0, "summary.robust", &none, 8, "summary.robust is 0");
    refuse_data(0, "summary.robust", &many, 8, "summary.robust is 1000000");
    refuse_data(0, "fit.l2", &infinite, 8, "with l2 = -inf");
    refuse_data(0, "fit.l2", &not_a_number, 8, "with l2 = nan");
    refuse_data(0, "inverse.center", &infinite, 8, "centre 0 of 3 is not finite");
    refuse_data(0, "inverse.scale", &not_a_number, 8, "scale of the inverse 0 of 3 is not finite");
    refuse_data(0, "inverse.root", &not_a_number, 8, "number of the inverse 0 of 6 is not finite");
    refuse_data(0, "summary.aliased", &negative, 8, "number 0 of its aliased columns is -1");
    refuse_data(0, "summary.aliased", &many, 8, "number 0 of its aliased columns is 1000000");
    refuse_data(0, "summary.aliased", (const int64_t[]){2, 2}, 16, "number 1 of its aliased columns is 2");
    refuse_data(0, "summary.sum_weight", &zero, 8, "with weight 0");
    refuse_data(0, "summary.sum_weight", &not_a_number, 8, "with weight nan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_damage_with_digest),
        cmocka_unit_test(test_harmless_changes),
        cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_list_for_an_object),
        cmocka_unit_test(test_two_layers),
        cmocka_unit_test(test_swollen_schema),
        cmocka_unit_test(test_other_schema),
        cmocka_unit_test(test_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
