/* Reading JSON: recursive descent into two blocks of known size.
 *
 * A decoded string, with the zero byte behind it, is no longer than the string in
 * its quotes; a number and a zero byte are no longer than the number and the byte
 * behind it. So the texts take at most length + 1 bytes. */
#include "util/json_read.h"

#include <string.h>

#include "util/alloc.h"

struct scanner {
    const char *at, *end;
    struct json_node *next; /* node to be filled */
    char *text;             /* byte to be filled */
    size_t depth;
};

size_t json_count_values(const char *text, size_t length)
{
    size_t values = 1;
    bool inside = false; /* a string */
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (inside && c == '\\')
            i++;
        else if (c == '"')
            inside = !inside;
        else if (!inside && (c == ',' || c == '[' || c == '{'))
            values++;
    }
    return values;
}

static void skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end && strchr(" \t\r\n", *scanner->at) && *scanner->at != '\0')
        scanner->at++;
}

/* Passes over `c`, after blanks, if it comes next. */
static bool pass(struct scanner *scanner, char c)
{
    skip_blanks(scanner);
    if (scanner->at == scanner->end || *scanner->at != c)
        return false;
    scanner->at++;
    return true;
}

/* ---- Strings ------------------------------------------------------------------- */

/* Bytes of the UTF-8 character at `at` (RFC 3629: no overlong form, no surrogate,
 * nothing above U+10FFFF); 0 when there is none. */
static size_t utf8_length(const unsigned char *at, const unsigned char *end)
{
    size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xC2 && at[0] < 0xE0 ? 2 : at[0] >= 0xE0 && at[0] < 0xF0 ? 3 : 4;
    if (length == 1)
        return 1;
    if ((length == 4 && (at[0] < 0xF0 || at[0] > 0xF4)) || (size_t)(end - at) < length)
        return 0;
    unsigned char low = at[0] == 0xE0 ? 0xA0 : at[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = at[0] == 0xED ? 0x9F : at[0] == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

static void put_utf8(struct scanner *scanner, uint32_t code)
{
    char *text = scanner->text;
    if (code < 0x80) {
        *text++ = (char)code;
    } else if (code < 0x800) {
        *text++ = (char)(0xC0 | code >> 6);
        *text++ = (char)(0x80 | (code & 0x3F));
    } else {
        if (code < 0x10000) {
            *text++ = (char)(0xE0 | code >> 12);
        } else {
            *text++ = (char)(0xF0 | code >> 18);
            *text++ = (char)(0x80 | (code >> 12 & 0x3F));
        }
        *text++ = (char)(0x80 | (code >> 6 & 0x3F));
        *text++ = (char)(0x80 | (code & 0x3F));
    }
    scanner->text = text;
}

/* The four digits of \uXXXX. */
static bool scan_hex(struct scanner *scanner, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, scanner->at++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = scanner->at < scanner->end && *scanner->at ? strchr(digits, *scanner->at) : NULL;
        if (!digit)
            return false;
        *code = *code << 4 | ((uint32_t)(digit - digits) & 0xF);
    }
    return true;
}

/* \uXXXX, or the two that make a character above U+FFFF; no lone half, no zero. */
static bool scan_unicode(struct scanner *scanner)
{
    uint32_t code, low;
    if (!scan_hex(scanner, &code) || code == 0 || (code >= 0xDC00 && code < 0xE000))
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (scanner->end - scanner->at < 2 || scanner->at[0] != '\\' || scanner->at[1] != 'u')
            return false;
        scanner->at += 2;
        if (!scan_hex(scanner, &low) || low < 0xDC00 || low >= 0xE000)
            return false;
        code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF);
    }
    put_utf8(scanner, code);
    return true;
}

/* What follows a backslash. */
static bool scan_escape(struct scanner *scanner)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (scanner->at == scanner->end)
        return false;
    char c = *scanner->at++;
    if (c == 'u')
        return scan_unicode(scanner);
    const char *name = c == '\0' ? NULL : strchr(names, c);
    if (name)
        *scanner->text++ = meant[name - names];
    return name != NULL;
}

/* One character of a string, not its closing quote. */
static bool scan_character(struct scanner *scanner)
{
    const unsigned char *at = (const unsigned char *)scanner->at;
    if (*at < 0x20)
        return false;
    if (*at == '\\') {
        scanner->at++;
        return scan_escape(scanner);
    }
    size_t length = utf8_length(at, (const unsigned char *)scanner->end);
    memcpy(scanner->text, scanner->at, length);
    scanner->text += length;
    scanner->at += length;
    return length > 0;
}

static bool scan_string(struct scanner *scanner, const char **text)
{
    if (!pass(scanner, '"'))
        return false;
    *text = scanner->text;
    while (scanner->at < scanner->end && *scanner->at != '"')
        if (!scan_character(scanner))
            return false;
    *scanner->text++ = '\0';
    return pass(scanner, '"');
}

/* ---- Numbers and words --------------------------------------------------------- */

static size_t scan_digits(struct scanner *scanner)
{
    const char *first = scanner->at;
    while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9')
        scanner->at++;
    return (size_t)(scanner->at - first);
}

/* Whether one of `characters` comes next; then passes over it. */
static bool pass_any(struct scanner *scanner, const char *characters)
{
    if (scanner->at == scanner->end || *scanner->at == '\0' || !strchr(characters, *scanner->at))
        return false;
    scanner->at++;
    return true;
}

static bool scan_number(struct scanner *scanner, const char **text)
{
    const char *first = scanner->at;
    pass_any(scanner, "-");
    const char *integer = scanner->at;
    size_t digits = scan_digits(scanner);
    if (digits == 0 || (digits > 1 && *integer == '0'))
        return false;
    if (pass_any(scanner, ".") && scan_digits(scanner) == 0)
        return false;
    if (pass_any(scanner, "eE")) {
        pass_any(scanner, "+-");
        if (scan_digits(scanner) == 0)
            return false;
    }
    size_t length = (size_t)(scanner->at - first);
    *text = scanner->text;
    memcpy(scanner->text, first, length);
    scanner->text += length;
    *scanner->text++ = '\0';
    return true;
}

static bool scan_word(struct scanner *scanner, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(scanner->end - scanner->at) < length || memcmp(scanner->at, word, length) != 0)
        return false;
    scanner->at += length;
    return true;
}

/* ---- Values -------------------------------------------------------------------- */

static bool scan_value(struct scanner *scanner, const char *key);

/* A member of `object`: its key, which none of the members before may have, and
 * its value. The bound on members keeps the comparisons few. */
static bool scan_member(struct scanner *scanner, const struct json_node *object)
{
    const char *key;
    if (object->count == JSON_MAX_MEMBERS || !scan_string(scanner, &key) || json_member(object, key))
        return false;
    return pass(scanner, ':') && scan_value(scanner, key);
}

static bool scan_members(struct scanner *scanner, struct json_node *container)
{
    bool object = container->kind == JSON_IS_OBJECT;
    char closing = object ? '}' : ']';
    scanner->at++;
    if (pass(scanner, closing))
        return true;
    do {
        if (!(object ? scan_member(scanner, container) : scan_value(scanner, NULL)))
            return false;
        container->count++;
    } while (pass(scanner, ','));
    return pass(scanner, closing);
}

static bool scan_container(struct scanner *scanner, struct json_node *node, enum json_kind kind)
{
    if (scanner->depth == JSON_MAX_DEPTH)
        return false;
    node->kind = kind;
    scanner->depth++;
    bool good = scan_members(scanner, node);
    scanner->depth--;
    return good;
}

static bool scan_value(struct scanner *scanner, const char *key)
{
    skip_blanks(scanner);
    if (scanner->at == scanner->end)
        return false;
    struct json_node *node = scanner->next++;
    *node = (struct json_node){.key = key};
    bool good;
    switch (*scanner->at) {
    case '{':
        good = scan_container(scanner, node, JSON_IS_OBJECT);
        break;
    case '[':
        good = scan_container(scanner, node, JSON_IS_ARRAY);
        break;
    case '"':
        node->kind = JSON_IS_STRING;
        good = scan_string(scanner, &node->text);
        break;
    case 't':
        node->kind = JSON_IS_TRUE;
        good = scan_word(scanner, "true");
        break;
    case 'f':
        node->kind = JSON_IS_FALSE;
        good = scan_word(scanner, "false");
        break;
    case 'n':
        node->kind = JSON_IS_NULL;
        good = scan_word(scanner, "null");
        break;
    default:
        node->kind = JSON_IS_NUMBER;
        good = scan_number(scanner, &node->text);
    }
    node->span = (size_t)(scanner->next - node);
    return good;
}

gemml_status json_read(struct json_document *document, const char *text, size_t length, size_t most, const char *name,
                       const char *part)
{
    size_t values = json_count_values(text, length);
    if (values > most)
        return error_set(GEMML_ERROR_FORMAT, "%s: there are more than %zu values in its %s", name, most, part);
    struct json_document made;
    TRY(memory_alloc(&made.root, values, sizeof *made.root));
    gemml_status status = memory_alloc(&made.text, memory_sum(length, 1), 1);
    if (status != GEMML_OK) {
        memory_free(made.root);
        return status;
    }
    struct scanner scanner = {.at = text, .end = text + length, .next = made.root, .text = made.text};
    bool good = scan_value(&scanner, NULL);
    skip_blanks(&scanner);
    if (!good || scanner.at != scanner.end) {
        json_document_free(&made);
        return error_set(GEMML_ERROR_FORMAT, "%s: no valid JSON at byte %zu of its %s", name,
                         (size_t)(scanner.at - text), part);
    }
    *document = made;
    return GEMML_OK;
}

void json_document_free(struct json_document *document)
{
    memory_free(document->root);
    memory_free(document->text);
    *document = (struct json_document){0};
}

/* ---- Looking ------------------------------------------------------------------- */

const struct json_node *json_member(const struct json_node *node, const char *key)
{
    if (!node || node->kind != JSON_IS_OBJECT)
        return NULL;
    const struct json_node *member = node + 1;
    for (size_t i = 0; i < node->count; i++, member += member->span)
        if (strcmp(member->key, key) == 0)
            return member;
    return NULL;
}

const char *json_string_text(const struct json_node *node)
{
    return node && node->kind == JSON_IS_STRING ? node->text : NULL;
}

bool json_unsigned_text(const char *text, uint64_t *value)
{
    uint64_t number = 0;
    for (const char *digit = text; *digit != '\0'; digit++)
        if (*digit < '0' || *digit > '9' || __builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (unsigned)(*digit - '0'), &number))
            return false;
    if (*text == '\0')
        return false;
    *value = number;
    return true;
}

bool json_unsigned_value(const struct json_node *node, uint64_t *value)
{
    return node && node->kind == JSON_IS_NUMBER && json_unsigned_text(node->text, value);
}
