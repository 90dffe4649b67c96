/* Files of moments: to the bit and back; damaged in every byte; forged with a digest
 * that is right. */
#include "io/crafted.h"

#include <math.h>

#include "io/moments_file.h"
#include "kernel/linalg_guard.h"

static void must(gemml_status status)
{
    if (status != GEMML_OK)
        fail_msg("status %d: %s", status, error_text());
}

/* Moments of 7 rows, made by hand: a Gram matrix of vectors, so that it is one. */
static struct gemml_moments *make_moments(size_t p, size_t K, size_t rows)
{
    uint64_t seed = 5;
    struct gemml_moments *moments;
    must(moments_new(&moments, p, K));
    struct gram *gram = &moments->gram;
    gram->rows = rows;
    for (size_t r = 0; r < rows; r++) {
        double u[32] = {0};
        for (size_t j = 0; j < gram->order; j++)
            u[j] = j + 1 < gram->order ? test_random(&seed) : 1;
        for (size_t j = 0; j < gram->order; j++)
            for (size_t k = j; k < gram->order; k++)
                gram->G[j * gram->ld + k] += u[j] * u[k];
    }
    for (size_t j = 0; j + 1 < gram->order && rows > 0; j++) {
        gram->shift[j] = test_random(&seed) * 1e10;
        gram->scale[j] = ldexp(1, (int)(100 * test_random(&seed)));
        moments->error[j] = (struct moments_error){1e-20, 1e-21 * test_random(&seed), 3e-30, -0.0, 5e-324};
    }
    moments->weight_error = rows > 0 ? 1e-32 : 0;
    return moments;
}

static void same_moments(const struct gemml_moments *a, const struct gemml_moments *b)
{
    const struct gram *g = &a->gram, *h = &b->gram;
    assert_true(g->features == h->features && g->outputs == h->outputs && g->rows == h->rows && g->ld == h->ld);
    assert_memory_equal(g->shift, h->shift, (g->order - 1) * sizeof(double));
    assert_memory_equal(g->scale, h->scale, (g->order - 1) * sizeof(double));
    assert_memory_equal(g->G, h->G, g->ld * g->ld * sizeof(double));
    assert_memory_equal(a->error, b->error, (g->order - 1) * sizeof *a->error);
    assert_memory_equal(&a->weight_error, &b->weight_error, sizeof(double));
}

/* The file; free() it. */
static unsigned char *saved_bytes(const struct gemml_moments *moments, size_t *count)
{
    const char *path = scratch_path("saved.gemml");
    must(moments_file_save(moments, path));
    return (unsigned char *)read_file(path, count);
}

static void test_round_trip(void **state)
{
    (void)state;
    const size_t shapes[][3] = {{1, 1, 7}, {3, 2, 1}, {10, 1, 100}, {2, 5, 0}};
    for (size_t i = 0; i < 4; i++) {
        struct gemml_moments *moments = make_moments(shapes[i][0], shapes[i][1], shapes[i][2]), *loaded;
        size_t count;
        unsigned char *bytes = saved_bytes(moments, &count);
        must(moments_file_load(&loaded, scratch_path("saved.gemml")));
        same_moments(moments, loaded);
        moments_free(loaded);
        must(moments_file_parse(&loaded, bytes, count, "x"));
        same_moments(moments, loaded);
        moments_free(loaded);
        moments_free(moments);
        free(bytes);
    }
}

static void refused(const void *bytes, size_t count, gemml_status expected, const char *words)
{
    struct gemml_moments *moments = NULL;
    gemml_status status = moments_file_parse(&moments, bytes, count, "the file x");
    if (status != expected)
        fail_msg("status %d (%s) instead of %d that says \"%s\"", status, error_text(), expected, words);
    assert_null(moments);
    says(error_text(), "the file x");
    says(error_text(), words);
}

/* Every byte changed, and every length. */
static void test_damage(void **state)
{
    (void)state;
    struct gemml_moments *moments = make_moments(2, 1, 7);
    size_t count;
    unsigned char *bytes = saved_bytes(moments, &count);
    for (size_t i = 0; i < count; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char)(1 << bit);
            refused(bytes, count, GEMML_ERROR_FORMAT, "");
            bytes[i] ^= (unsigned char)(1 << bit);
        }
    for (size_t length = 0; length < count; length++) {
        unsigned char *part = malloc(length > 0 ? length : 1);
        memcpy(part, bytes, length);
        refused(part, length, GEMML_ERROR_FORMAT, "");
        free(part);
    }
    free(bytes);
    moments_free(moments);
}

/* With a digest that fits: an error, or moments that can be saved, solved and merged.
 * The sanitizers see to the rest. */
static void use(struct gemml_moments *moments)
{
    double w[32] = {0};
    gemml_matrix out = gemml_matrix_f64(w, moments->gram.features + 1, moments->gram.outputs);
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    must(moments_file_save(moments, "/dev/null"));
    for (int intercept = 0; intercept < 2 && moments->gram.rows > 0; intercept++) {
        gemml_moments_options options = GEMML_MOMENTS_OPTIONS_INIT;
        options.intercept = intercept;
        options.scaling = intercept ? GEMML_SCALING_NONE : GEMML_SCALING_STANDARDIZE;
        gemml_status status = moments_solve(moments, NULL, 0, &options, &out, &fit);
        assert_true(status == GEMML_OK || status == GEMML_ERROR_NONFINITE);
        options.scaling = GEMML_SCALING_NONE;
        status = moments_solve(moments, NULL, 0, &options, &out, &fit);
        assert_true(status == GEMML_OK || status == GEMML_ERROR_NONFINITE);
    }
    gemml_status status = moments_merge(moments, moments);
    assert_true(status == GEMML_OK || status == GEMML_ERROR_NONFINITE);
    must(moments_subtract(moments, moments));
}

static void test_damage_with_digest(void **state)
{
    (void)state;
    struct gemml_moments *moments = make_moments(2, 1, 7);
    size_t count, accepted = 0, refusals = 0;
    unsigned char *bytes = saved_bytes(moments, &count);
    must(linalg_enter(1));
    for (size_t i = 0; i < count - 8; i++) {
        const unsigned char old = bytes[i],
                            values[] = {(unsigned char)(old ^ 1), (unsigned char)(old ^ 0x80), 0x7f, '"', '9', 0};
        for (size_t v = 0; v < sizeof values; v++) {
            struct gemml_moments *loaded = NULL;
            bytes[i] = values[v];
            renew_digest(bytes, count);
            gemml_status status = moments_file_parse(&loaded, bytes, count, "the file x");
            assert_int_equal(status == GEMML_OK, loaded != NULL);
            if (loaded)
                use(loaded);
            else
                assert_true(status == GEMML_ERROR_FORMAT || status == GEMML_ERROR_UNSUPPORTED);
            *(loaded ? &accepted : &refusals) += 1;
            moments_free(loaded);
        }
        bytes[i] = old;
    }
    linalg_leave(1);
    assert_true(accepted > 100 && refusals > 1000);
    free(bytes);
    moments_free(moments);
}

/* ---- Forgeries ---- */

/* The header with `from` replaced by `to` of the same length. */
static void refuse_header(const char *from, const char *to, gemml_status expected, const char *words)
{
    struct gemml_moments *moments = make_moments(3, 2, 7);
    size_t count;
    unsigned char *bytes = saved_bytes(moments, &count);
    unsigned char *at = memmem(bytes, 8 + get_u64(bytes), from, strlen(from));
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    renew_digest(bytes, count);
    refused(bytes, count, expected, words);
    free(bytes);
    moments_free(moments);
}

static void test_headers(void **state)
{
    (void)state;
    refuse_header("\"format\":\"gemml\"", "\"format\":\"other\"", GEMML_ERROR_FORMAT, "format is \"other\"");
    refuse_header("\"kind\":\"moments\"", "\"kind\":\"momenta\"", GEMML_ERROR_FORMAT, "kind is \"momenta\"");
    refuse_header("\"format_version\":\"1\"", "\"format_version\":\"2\"", GEMML_ERROR_UNSUPPORTED, "\"2\", not \"1\"");
    refuse_header("\"features\":\"3\"", "\"features\":\"0\"", GEMML_ERROR_FORMAT, "number of features");
    refuse_header("\"features\":\"3\"", "\"features\":\"-\"", GEMML_ERROR_FORMAT, "number of features");
    refuse_header("\"features\":\"3\"", "\"featured\":\"3\"", GEMML_ERROR_FORMAT, "number of features");
    refuse_header("\"features\":\"3\"", "\"features\":\"4\"", GEMML_ERROR_FORMAT, "tensor 1 is not the moments.shift");
    refuse_header("\"features\":\"3\",\"outputs\":\"2\"", "\"features\":\"2147483647\"     ", GEMML_ERROR_FORMAT,
                  "number of features");
    refuse_header("moments.scale", "moments.Scale", GEMML_ERROR_FORMAT, "tensor 2 is not the moments.scale");
    refuse_header("\"shape\":[5,5]", "\"shape\":[25] ", GEMML_ERROR_FORMAT, "moments.error");
}

/* A number of the tensors' data overwritten. */
static void refuse_number(const char *tensor, size_t index, const void *number, const char *words)
{
    struct gemml_moments *moments = make_moments(3, 2, 7);
    size_t count;
    unsigned char *bytes = saved_bytes(moments, &count);
    size_t length = get_u64(bytes);
    json_t *header = json_loadb((char *)bytes + 8, length, 0, NULL);
    json_t *offsets = json_object_get(json_object_get(header, tensor), "data_offsets");
    assert_non_null(offsets);
    size_t begin = (size_t)json_integer_value(json_array_get(offsets, 0));
    memcpy(bytes + 8 + length + begin + 8 * index, number, 8);
    renew_digest(bytes, count);
    refused(bytes, count, GEMML_ERROR_FORMAT, words);
    json_decref(header);
    free(bytes);
    moments_free(moments);
}

static void test_numbers(void **state)
{
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e308}, negative = -1e-300, three = 3, zero = 0;
    const int64_t rows[] = {-1, INT64_MAX, 0};
    refuse_number("moments.rows", 0, &rows[0], "number of rows is -1");
    refuse_number("moments.rows", 0, &rows[1], "number of rows is 9223372036854775807");
    refuse_number("moments.rows", 0, &rows[2], "cannot be sums over 0 rows");
    for (size_t b = 0; b < 4; b++)
        for (size_t i = 0; i < 21; i++)
            if (b < 3 || (i != 0 && i != 6 && i != 11 && i != 15 && i != 18 && i != 20)) /* off the diagonal */
                refuse_number("moments.gram", i, &bad[b], "cannot be sums over 7 rows");
    for (size_t b = 0; b < 3; b++) {
        refuse_number("moments.shift", b, &bad[b], "cannot be sums");
        refuse_number("moments.scale", b, &bad[b], "cannot be sums");
    }
    refuse_number("moments.gram", 0, &negative, "cannot be sums");
    refuse_number("moments.gram", 20, &zero, "cannot be sums");
    refuse_number("moments.scale", 4, &three, "cannot be sums");
    refuse_number("moments.scale", 4, &negative, "cannot be sums");
    refuse_number("moments.scale", 4, &zero, "cannot be sums");
}

/* ---- Memory ---- */

static void test_no_memory(void **state)
{
    (void)state;
    struct gemml_moments *moments = make_moments(3, 2, 7), *old = make_moments(1, 1, 7);
    const char *path = scratch_path("memory.gemml");
    must(moments_file_save(old, path));
    size_t old_count;
    char *old_bytes = read_file(path, &old_count);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        gemml_status status = GEMML_ERROR_MEMORY;
        size_t k = 0;
        for (; status != GEMML_OK; k++) {
            start_failing(k, for_ever);
            status = moments_file_save(moments, path);
            stop_failing();
            assert_true(status == GEMML_OK || status == GEMML_ERROR_MEMORY);
            size_t count;
            char *bytes = read_file(path, &count);
            assert_true((count == old_count && memcmp(bytes, old_bytes, count) == 0) == (status != GEMML_OK));
            free(bytes);
        }
        assert_true(k > 20);
        status = GEMML_ERROR_MEMORY;
        for (k = 0; status != GEMML_OK; k++) {
            struct gemml_moments *loaded = NULL;
            start_failing(k, for_ever);
            status = moments_file_load(&loaded, path);
            stop_failing();
            assert_true(status == GEMML_OK || status == GEMML_ERROR_MEMORY);
            assert_int_equal(status == GEMML_OK, loaded != NULL);
            if (loaded)
                same_moments(moments, loaded);
            moments_free(loaded);
        }
        assert_true(k > 5);
        must(moments_file_save(old, path));
    }
    free(old_bytes);
    moments_free(old);
    moments_free(moments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damage),  cmocka_unit_test(test_damage_with_digest),
        cmocka_unit_test(test_headers),    cmocka_unit_test(test_numbers), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
