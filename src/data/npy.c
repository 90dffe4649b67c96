/* A NPY file is the magic, two bytes of version, the header's length (16 bits
 * in version 1, 32 in 2 and 3), the header, and the elements. The header is a
 * Python dict of the keys descr, fortran_order and shape:
 *
 *   {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
 */
#include "data/npy.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "fold/fold.h"
#include "util/view.h"

#define DESCR_BYTES 16
#define SCAN_ELEMENTS                                                                               \
    ((size_t)1 << 18) /* in a block, but for tables so wide that the columns' state would cost more \
                       */
#define SCAN_ROWS_LEAST 16
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_ORDER '<'
#else
#define HOST_ORDER '>'
#endif

/* What a header says. */
struct npy_header {
    gemml_dtype dtype;
    size_t rows, columns;
    bool has_descr, has_order, has_shape;
};

/* Where parsing stands in the header's text. */
struct cursor {
    const char *file;
    const char *at, *end;
};

static gemml_status error_header(const struct cursor *cursor, const char *wanted)
{
    char found[EXCERPT_BYTES];
    excerpt(found, cursor->at, (size_t)(cursor->end - cursor->at));
    return error_set(GEMML_ERROR_FORMAT, "%s: NPY header: %s expected at \"%s\"", cursor->file, wanted, found);
}

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at == ' ')
        cursor->at++;
}

/* Takes a character after blanks; false, and nothing but blanks taken, when it is another. */
static bool take(struct cursor *cursor, char wanted)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

/* Takes 'text' or "text". */
static gemml_status take_string(struct cursor *cursor, char *text, size_t room)
{
    char quote = take(cursor, '\'') ? '\'' : '"';
    if (quote == '"' && !take(cursor, '"'))
        return error_header(cursor, "a string");
    const char *close = memchr(cursor->at, quote, (size_t)(cursor->end - cursor->at));
    if (!close || (size_t)(close - cursor->at) >= room)
        return error_header(cursor, "a short string");
    memcpy(text, cursor->at, (size_t)(close - cursor->at));
    text[close - cursor->at] = '\0';
    cursor->at = close + 1;
    return GEMML_OK;
}

static gemml_status take_size(struct cursor *cursor, size_t *size)
{
    size_t value = 0;
    const char *first = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (size_t)(*cursor->at - '0'), &value))
            return error_set(GEMML_ERROR_FORMAT, "%s: NPY header: a size beyond 64 bits", cursor->file);
    if (cursor->at == first)
        return error_header(cursor, "a number");
    *size = value;
    return GEMML_OK;
}

static gemml_status take_descr(struct cursor *cursor, struct npy_header *header)
{
    static const struct {
        const char *name;
        gemml_dtype dtype;
    } types[] = {{"f4", GEMML_F32}, {"f8", GEMML_F64}, {"i4", GEMML_I32}, {"i8", GEMML_I64}};
    char descr[DESCR_BYTES], shown[EXCERPT_BYTES];
    if (take(cursor, '['))
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "%s: a NPY file of records; f4, f8, i4 and i8 are read: save its columns as one array",
                         cursor->file);
    TRY(take_string(cursor, descr, sizeof descr));
    excerpt(shown, descr, strlen(descr));
    bool ordered = strchr("<>=|", descr[0]) && descr[0];
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        if (strcmp(descr + ordered, types[t].name) == 0) {
            if (descr[0] == (HOST_ORDER == '<' ? '>' : '<'))
                return error_set(
                    GEMML_ERROR_UNSUPPORTED,
                    "%s: NPY elements of type \"%s\" have the other byte order: save them with astype(\"%c%s\")",
                    cursor->file, shown, HOST_ORDER, types[t].name);
            header->dtype = types[t].dtype;
            return GEMML_OK;
        }
    return error_set(GEMML_ERROR_UNSUPPORTED,
                     "%s: NPY elements of type \"%s\"; f4, f8, i4 and i8 are read: save them with astype(\"f8\")",
                     cursor->file, shown);
}

static gemml_status take_order(struct cursor *cursor)
{
    skip_blanks(cursor);
    size_t left = (size_t)(cursor->end - cursor->at);
    if (left >= 4 && memcmp(cursor->at, "True", 4) == 0)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "%s: a NPY file in Fortran order; save it with numpy.ascontiguousarray", cursor->file);
    if (left < 5 || memcmp(cursor->at, "False", 5) != 0)
        return error_header(cursor, "True or False");
    cursor->at += 5;
    return GEMML_OK;
}

/* (n,) or (n, p). */
static gemml_status take_shape(struct cursor *cursor, struct npy_header *header)
{
    size_t sizes[2] = {1, 1}, dimensions = 0;
    if (!take(cursor, '('))
        return error_header(cursor, "a tuple");
    while (!take(cursor, ')')) {
        size_t size = 0;
        TRY(take_size(cursor, &size));
        if (dimensions < 2)
            sizes[dimensions] = size;
        dimensions++;
        if (!take(cursor, ',') && (cursor->at == cursor->end || *cursor->at != ')'))
            return error_header(cursor, "a comma");
        skip_blanks(cursor);
    }
    if (dimensions < 1 || dimensions > 2)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "%s: a NPY array of %zu dimensions; one or two are read: save it with reshape", cursor->file,
                         dimensions);
    header->rows = sizes[0];
    header->columns = sizes[1];
    return GEMML_OK;
}

/* Takes one key and its value. */
static gemml_status take_entry(struct cursor *cursor, struct npy_header *header)
{
    char key[DESCR_BYTES];
    TRY(take_string(cursor, key, sizeof key));
    bool *has = strcmp(key, "descr") == 0           ? &header->has_descr
                : strcmp(key, "fortran_order") == 0 ? &header->has_order
                : strcmp(key, "shape") == 0         ? &header->has_shape
                                                    : NULL;
    if (!has || *has)
        return error_header(cursor, "each of descr, fortran_order and shape once, and no other key,");
    *has = true;
    if (!take(cursor, ':'))
        return error_header(cursor, "a colon");
    if (has == &header->has_descr)
        return take_descr(cursor, header);
    return has == &header->has_order ? take_order(cursor) : take_shape(cursor, header);
}

static gemml_status parse_header(struct cursor *cursor, struct npy_header *header)
{
    if (!take(cursor, '{'))
        return error_header(cursor, "a dict");
    while (!take(cursor, '}')) {
        TRY(take_entry(cursor, header));
        if (!take(cursor, ',') && (cursor->at == cursor->end || *cursor->at != '}'))
            return error_header(cursor, "a comma");
    }
    if (!header->has_descr || !header->has_order || !header->has_shape)
        return error_header(cursor, "each of descr, fortran_order and shape");
    take(cursor, '\n');
    skip_blanks(cursor);
    return cursor->at < cursor->end ? error_header(cursor, "the end") : GEMML_OK;
}

/* Finds the header's text, and where the elements begin. */
static gemml_status find_header(const gemml_table *table, struct cursor *cursor, size_t *offset)
{
    const unsigned char *byte = (const unsigned char *)table->input.bytes;
    size_t count = table->input.count, prefix = NPY_MAGIC_BYTES + 2 + 2;
    if (count < prefix)
        return error_set(GEMML_ERROR_FORMAT, "%s: a NPY file cut after %zu bytes", table->file, count);
    unsigned major = byte[6], minor = byte[7];
    if (major < 1 || major > 3 || minor != 0)
        return error_set(GEMML_ERROR_UNSUPPORTED, "%s: NPY version %u.%u; 1.0 to 3.0 are read", table->file, major,
                         minor);
    prefix += major > 1 ? 2 : 0;
    if (count < prefix)
        return error_set(GEMML_ERROR_FORMAT, "%s: a NPY file cut after %zu bytes", table->file, count);
    size_t length = byte[8] | (size_t)byte[9] << 8;
    if (major > 1)
        length |= (size_t)byte[10] << 16 | (size_t)byte[11] << 24;
    if (length > count - prefix)
        return error_set(GEMML_ERROR_FORMAT, "%s: a NPY file of %zu bytes, cut within its header of %zu", table->file,
                         count, length);
    *cursor = (struct cursor){table->file, table->input.bytes + prefix, table->input.bytes + prefix + length};
    *offset = prefix + length;
    return GEMML_OK;
}

static gemml_status check_length(const gemml_table *table, const struct npy_header *header, size_t offset, size_t size)
{
    size_t bytes = memory_product(memory_product(header->rows, header->columns), size);
    if (header->rows == 0 || header->columns == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: an empty NPY array, %zu x %zu", table->file, header->rows,
                         header->columns);
    if (bytes != table->input.count - offset)
        return error_set(GEMML_ERROR_FORMAT,
                         "%s: a NPY array of %zu x %zu elements of %zu bytes, but %zu bytes of data", table->file,
                         header->rows, header->columns, size, table->input.count - offset);
    return GEMML_OK;
}

/* ---- Missing and infinite elements: a fold over blocks of rows -------------------- */

/* What a block of rows holds in one column; a state is an array of these. */
struct scan {
    size_t missing, first_missing, first_infinite; /* rows are counted from 1; 0: nowhere */
};

static void scan_init(const void *job, void *state)
{
    const gemml_view *cells = job;
    memset(state, 0, cells->cols * sizeof(struct scan));
}

/* Counts the elements of a row that are not finite. */
static size_t count_nonfinite(const gemml_view *cells, size_t row)
{
    size_t count = 0;
    if (cells->dtype == GEMML_F32) {
        const float *element = view_row(cells, row);
        for (size_t j = 0; j < cells->cols; j++)
            count += !(fabsf(element[j]) <= FLT_MAX);
    } else {
        const double *element = view_row(cells, row);
        for (size_t j = 0; j < cells->cols; j++)
            count += !(fabs(element[j]) <= DBL_MAX);
    }
    return count;
}

static gemml_status scan_add(const void *job, void *state, size_t first, size_t count, void *scratch)
{
    const gemml_view *cells = job;
    struct scan *column = state;
    (void)scratch;
    for (size_t i = first; i < first + count; i++) {
        size_t left = count_nonfinite(cells, i);
        for (size_t j = 0; left > 0; j++) {
            double value = view_element(cells, i, j);
            left -= isfinite(value) ? 0 : 1;
            if (isnan(value) && column[j].missing++ == 0)
                column[j].first_missing = i + 1;
            if (isinf(value) && column[j].first_infinite == 0)
                column[j].first_infinite = i + 1;
        }
    }
    return GEMML_OK;
}

static void scan_merge(const void *job, void *into, const void *from)
{
    const gemml_view *cells = job;
    struct scan *column = into;
    const struct scan *later = from;
    for (size_t j = 0; j < cells->cols; j++) {
        column[j].missing += later[j].missing;
        if (column[j].first_missing == 0)
            column[j].first_missing = later[j].first_missing;
        if (column[j].first_infinite == 0)
            column[j].first_infinite = later[j].first_infinite;
    }
}

gemml_status npy_note_nonfinite(gemml_table *table)
{
    const gemml_view *cells = &table->cells;
    if (cells->dtype != GEMML_F32 && cells->dtype != GEMML_F64)
        return GEMML_OK;
    struct scan *found;
    size_t block_rows = SCAN_ELEMENTS / cells->cols;
    block_rows = block_rows > SCAN_ROWS_LEAST ? block_rows : SCAN_ROWS_LEAST;
    TRY(memory_alloc(&found, cells->cols, sizeof *found));
    struct accumulator scan = {cells->cols * sizeof *found, 0, scan_init, scan_add, scan_merge, 0};
    gemml_status status = fold(&scan, cells, 0, cells->rows, block_rows, found);
    for (size_t j = 0; j < cells->cols && status == GEMML_OK; j++) {
        table->column[j].missing = found[j].missing;
        table->column[j].first_missing.line = found[j].first_missing;
        table->column[j].first_infinite.line = found[j].first_infinite;
    }
    memory_free(found);
    return status;
}

/* ---- Reading ----------------------------------------------------------------------- */

bool npy_is(const char *bytes, size_t count)
{
    return count >= NPY_MAGIC_BYTES && memcmp(bytes, NPY_MAGIC, NPY_MAGIC_BYTES) == 0;
}

gemml_status npy_read(gemml_table *table)
{
    struct npy_header header = {0};
    struct cursor cursor = {0};
    size_t offset = 0;
    TRY(find_header(table, &cursor, &offset));
    TRY(parse_header(&cursor, &header));
    size_t size = header.dtype == GEMML_F32 || header.dtype == GEMML_I32 ? 4 : 8;
    TRY(check_length(table, &header, offset, size));
    TRY(table_set_columns(table, header.columns, table_generated_bytes(header.columns)));
    TRY(table_name_columns(table));
    const void *data = table->input.bytes + offset;
    if (offset % size != 0) { /* elements must be aligned to be read */
        TRY(memory_copy(&table->values, data, table->input.count - offset, 1));
        input_close(&table->input);
        data = table->values;
    }
    table->rows = header.rows;
    table->cells = (gemml_view){data, header.rows, header.columns, header.columns, header.dtype, 0};
    table->row_word = "row";
    return npy_note_nonfinite(table);
}
