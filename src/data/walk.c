#include "data/walk.h"

gemml_status walk_text(const gemml_table *table, struct visitor *visitor)
{
    struct scanner scanner = table->text;
    for (size_t row = 0; row < table->cells.rows; row++) {
        scanner_find_record(&scanner);
        for (size_t c = 0; c < table->columns; c++) {
            struct field field;
            double number;
            field_next(&scanner, &field);
            if (visitor->wanted[c] && field_value(&field, &number) != VALUE_MISSING)
                TRY(visitor->visit(visitor, row, c, &field));
        }
    }
    return GEMML_OK;
}
