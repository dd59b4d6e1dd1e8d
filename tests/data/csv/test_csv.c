#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>

#include "data/csv/read.h"
#include "tests/support/temp_directory.h"

static pp_error error;

static pp_status read_bytes(const void *bytes, size_t n, pp_csv **csv)
{
    const char *path = temp_path("book.csv");
    temp_write(path, bytes, n);
    error = (pp_error){0};
    return pp_csv_read(path, csv, &error);
}

static pp_csv *read_good(const char *text)
{
    pp_csv *csv;
    pp_status status = read_bytes(text, strlen(text), &csv);
    if (status != PP_OK)
        print_error("%s\n", error.message);
    assert_int_equal(status, PP_OK);
    return csv;
}

/// The text must be refused with a message that contains `expected`.
static void refuse(const char *bytes, size_t n, const char *expected)
{
    pp_csv *csv = (pp_csv *)1;
    assert_int_equal(read_bytes(bytes, n, &csv), PP_EFORMAT);
    assert_null(csv);
    if (!strstr(error.message, expected))
        fail_msg("'%s' does not contain '%s'", error.message, expected);
}

#define REFUSE(text, expected) refuse(text, sizeof(text) - 1, expected)

static void test_csv_plain_table_is_read(void **state)
{
    (void)state;
    pp_csv *csv = read_good("age,name\n17,Ann\n99,Bob\n");
    assert_int_equal(pp_csv_rows(csv), 2);
    assert_int_equal(pp_csv_columns(csv), 2);
    assert_string_equal(pp_csv_name(csv, 0), "age");
    assert_string_equal(pp_csv_name(csv, 1), "name");
    assert_string_equal(pp_csv_cell(csv, 0, 1), "Ann");
    assert_string_equal(pp_csv_cell(csv, 1, 0), "99");
    assert_string_equal(pp_csv_path(csv), temp_path("book.csv"));
    assert_int_equal(pp_csv_line(csv, 1), 3);
    assert_null(pp_csv_cell(csv, 2, 0));
    assert_null(pp_csv_cell(csv, 0, 2));
    assert_null(pp_csv_name(csv, 2));
    pp_csv_destroy(csv);
}

static void test_csv_quotes_crlf_and_bom_are_understood(void **state)
{
    (void)state;
    pp_csv *csv = read_good("\xEF\xBB\xBF\"a\",\"b,c\"\r\n"
                            "\"line 1\r\nline 2\",\"say \"\"hi\"\"\"\r\n"
                            "\"\",x\"y\r\n"
                            "\r\n"
                            "last,caf\xC3\xA9");
    assert_int_equal(pp_csv_rows(csv), 3);
    assert_string_equal(pp_csv_name(csv, 0), "a");
    assert_string_equal(pp_csv_name(csv, 1), "b,c");
    assert_string_equal(pp_csv_cell(csv, 0, 0), "line 1\r\nline 2");
    assert_string_equal(pp_csv_cell(csv, 0, 1), "say \"hi\"");
    assert_string_equal(pp_csv_cell(csv, 1, 0), "");
    assert_string_equal(pp_csv_cell(csv, 1, 1), "x\"y");
    assert_string_equal(pp_csv_cell(csv, 2, 1), "caf\xC3\xA9");
    assert_int_equal(pp_csv_line(csv, 0), 2);
    assert_int_equal(pp_csv_line(csv, 1), 4);
    assert_int_equal(pp_csv_line(csv, 2), 6);
    pp_csv_destroy(csv);
}

static void test_csv_empty_cells_are_kept(void **state)
{
    (void)state;
    pp_csv *csv = read_good("a,b,c\n,,\n,2,\n");
    assert_int_equal(pp_csv_rows(csv), 2);
    assert_string_equal(pp_csv_cell(csv, 0, 2), "");
    assert_string_equal(pp_csv_cell(csv, 1, 0), "");
    assert_string_equal(pp_csv_cell(csv, 1, 1), "2");
    pp_csv_destroy(csv);
}

static void test_csv_many_rows_and_columns_are_read(void **state)
{
    (void)state;
    enum { ROWS = 3000, COLUMNS = 70 };
    char *text = malloc(ROWS * COLUMNS * 12), *at = text;
    for (int c = 0; c < COLUMNS; c++)
        at += sprintf(at, "%sc%d", c ? "," : "", c);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            at += sprintf(at, "%s%d", c ? "," : "\n", r * COLUMNS + c);
    pp_csv *csv = read_good(text);
    double *values = malloc(ROWS * sizeof *values);
    assert_int_equal(pp_csv_rows(csv), ROWS);
    for (int c = 0; c < COLUMNS; c += 23) {
        assert_int_equal(pp_csv_numbers(csv, (size_t)c, values, &error), PP_OK);
        for (int r = 0; r < ROWS; r++)
            assert_true(values[r] == r * COLUMNS + c);
    }
    free(values);
    free(text);
    pp_csv_destroy(csv);
}

static void test_csv_malformed_text_is_refused(void **state)
{
    (void)state;
    REFUSE("", "empty");
    REFUSE("\xEF\xBB\xBF\n\r\n", "empty");
    REFUSE("a,b\n", "no row");
    REFUSE("a,b", "no row");
    REFUSE("a,b,a\n1,2,3\n", "book.csv:1: two columns are named 'a'");
    REFUSE("\na,,b\n1,2,3\n", "book.csv:2: column 2 has no name");
    REFUSE("a,b\n1,2\n1\n", "book.csv:3: 1 cells, but the header has 2");
    REFUSE("a,b\n1,2,3\n", "book.csv:2: 3 cells");
    REFUSE("a,b\n1,\"2\n\n3,4\n", "book.csv:2: a quote is opened");
    REFUSE("a,b\n1,\"2\"x\n", "book.csv:2: text after a closing quote");
    REFUSE("a,b\n1,\0\n", "book.csv:2: NUL byte");
    REFUSE("a,b\n1,\xE9\n", "book.csv:2: byte 0xe9 is not UTF-8");
    REFUSE("a,b\n1,\xC0\x80\n", "not UTF-8");
    REFUSE("a,b\n1,\xED\xA0\x80\n", "not UTF-8");
    REFUSE("a,b\n1,\xF4\x90\x80\x80\n", "not UTF-8");
}

static void test_csv_unreadable_file_is_an_io_error(void **state)
{
    (void)state;
    pp_csv *csv;
    error = (pp_error){0};
    assert_int_equal(pp_csv_read(temp_path("absent.csv"), &csv, &error), PP_EIO);
    assert_non_null(strstr(error.message, "No such file"));
    error = (pp_error){0};
    assert_int_equal(pp_csv_read(temp_directory, &csv, &error), PP_EIO);
    assert_non_null(strstr(error.message, "is no regular file"));
    assert_int_equal(pp_csv_read(NULL, &csv, NULL), PP_EINVAL);
    assert_int_equal(pp_csv_read("x", NULL, NULL), PP_EINVAL);
    pp_csv_destroy(NULL);
}

static void test_csv_find_unknown_name_suggests_the_nearest(void **state)
{
    (void)state;
    size_t column = 9;
    pp_csv *csv = read_good("vehicle_age,claims\n1,2\n");
    assert_int_equal(pp_csv_find(csv, "claims", &column, &error), PP_OK);
    assert_int_equal(column, 1);
    assert_int_equal(pp_csv_find(csv, "vehicel_age", &column, &error), PP_EFORMAT);
    assert_non_null(strstr(error.message, "no column 'vehicel_age'"));
    assert_non_null(strstr(error.message, "did you mean 'vehicle_age'?"));
    assert_non_null(strstr(error.message, "there are: vehicle_age, claims"));
    assert_int_equal(column, 1);
    assert_int_equal(pp_csv_find(NULL, "x", &column, NULL), PP_EINVAL);
    pp_csv_destroy(csv);
}

static void test_csv_find_suggests_as_a_scenario_does(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *hint;
    } cases[] = {{"CLAIMS", "no column 'CLAIMS' (did you mean 'claims'?); there"},
                 {"claism", "no column 'claism' (did you mean 'claims'?); there"},
                 {"premium", "no column 'premium'; there are: vehicle_age, claims"}};
    size_t column;
    pp_csv *csv = read_good("vehicle_age,claims\n1,2\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pp_error local = {0};
        assert_int_equal(pp_csv_find(csv, cases[i].typed, &column, &local), PP_EFORMAT);
        if (!strstr(local.message, cases[i].hint))
            fail_msg("%s", local.message);
    }
    pp_csv_destroy(csv);
}

static void test_csv_find_in_many_columns_fits_the_message(void **state)
{
    (void)state;
    enum { COLUMNS = 2000 };
    char *text = malloc(2 * COLUMNS * 128), *at = text;
    for (int line = 0; line < 2; line++, *at++ = '\n')
        for (int c = 0; c < COLUMNS; c++)
            at += sprintf(at, "%s%0100d", c ? "," : "", c);
    *at = '\0';
    pp_csv *csv = read_good(text);
    size_t column;
    assert_int_equal(pp_csv_find(csv, "x", &column, &error), PP_EFORMAT);
    assert_string_equal(error.message + strlen(error.message) - 5, ", ...");
    free(text);
    pp_csv_destroy(csv);
}

static void test_csv_numbers_are_parsed(void **state)
{
    (void)state;
    double values[5];
    // Where such a locale is installed, its decimal comma must not matter.
    setlocale(LC_NUMERIC, "de_DE.UTF-8");
    pp_csv *csv = read_good("x\n1.5\n -2e3 \n+.25\n1e-400\n\"7\"\n");
    assert_int_equal(pp_csv_numbers(csv, 0, values, &error), PP_OK);
    setlocale(LC_NUMERIC, "C");
    const double expected[] = {1.5, -2000, 0.25, 0, 7};
    for (size_t i = 0; i < 5; i++)
        assert_true(values[i] == expected[i]);
    assert_int_equal(pp_csv_numbers(csv, 1, values, NULL), PP_EINVAL);
    pp_csv_destroy(csv);
}

static void test_csv_what_is_no_number_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {"n/a", "nan",   "inf", "-Infinity", "0x10", "1e999",
                         "1 2", "1.2.3", "--1", "e5",        "\"\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        double values[2];
        snprintf(text, sizeof text, "x,age\n1,1\n1,%s\n", bad[i]);
        pp_csv *csv = read_good(text);
        assert_int_equal(pp_csv_numbers(csv, 1, values, &error), PP_EFORMAT);
        assert_non_null(strstr(error.message, "book.csv:3: column 'age': '"));
        assert_non_null(strstr(error.message, "' is not a number"));
        pp_csv_destroy(csv);
    }
}

static void test_csv_levels_are_sorted_and_do_not_depend_on_row_order(void **state)
{
    (void)state;
    const char *texts[] = {"fuel\ndiesel\npetrol\nElectric\ndiesel\n",
                           "fuel\nElectric\ndiesel\ndiesel\npetrol\n"};
    const int codes_expected[2][4] = {{1, 2, 0, 1}, {0, 1, 1, 2}};
    for (size_t i = 0; i < 2; i++) {
        pp_csv *csv = read_good(texts[i]);
        int codes[4];
        char **levels;
        size_t n;
        assert_int_equal(pp_csv_levels(csv, 0, 3, codes, &levels, &n, &error), PP_OK);
        assert_int_equal(n, 3);
        assert_string_equal(levels[0], "Electric");
        assert_string_equal(levels[1], "diesel");
        assert_string_equal(levels[2], "petrol");
        assert_memory_equal(codes, codes_expected[i], sizeof codes);
        for (size_t j = 0; j < n; j++)
            free(levels[j]);
        free(levels);
        pp_csv_destroy(csv);
    }
}

static void test_csv_bad_levels_are_refused(void **state)
{
    (void)state;
    int codes[3];
    char **levels;
    size_t n;
    pp_csv *csv = read_good("a,b\nx,1\ny,\nz,3\n");
    assert_int_equal(pp_csv_levels(csv, 0, 2, codes, &levels, &n, &error), PP_EFORMAT);
    assert_non_null(strstr(error.message, "book.csv:4: column 'a': 'z'"));
    assert_null(levels);
    error = (pp_error){0};
    assert_int_equal(pp_csv_levels(csv, 1, 9, codes, &levels, &n, &error), PP_EFORMAT);
    assert_non_null(strstr(error.message, "book.csv:3: column 'b': the cell is empty"));
    assert_int_equal(pp_csv_levels(csv, 2, 9, codes, &levels, &n, NULL), PP_EINVAL);
    assert_int_equal(pp_csv_levels(csv, 0, 9, codes, NULL, &n, NULL), PP_EINVAL);
    pp_csv_destroy(csv);
}

static void test_csv_any_damage_is_read_or_refused(void **state)
{
    (void)state;
    static const char good[] = "\xEF\xBB\xBF"
                               "a,\"b \"\"x\"\"\",c\r\n1,\"2,\n2\",caf\xC3\xA9\r\n,\"\",\n3,4,5";
    static const char bytes[] = {'"', ',', '\n', '\r', '\0', '\xFF', 'x'};
    char text[sizeof good];
    double values[64];
    for (size_t length = 0; length < sizeof good; length++)
        for (size_t at = 0; at <= length; at += 1)
            for (size_t b = 0; b < sizeof bytes; b++) {
                memcpy(text, good, sizeof good);
                text[at] = bytes[b];
                pp_csv *csv;
                pp_status status = read_bytes(text, length, &csv);
                assert_true(status == PP_EFORMAT || status == PP_OK);
                if (status != PP_OK)
                    continue;
                assert_true(pp_csv_rows(csv) <= 64);
                for (size_t c = 0; c < pp_csv_columns(csv); c++)
                    pp_csv_numbers(csv, c, values, NULL);
                pp_csv_destroy(csv);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_plain_table_is_read),
        cmocka_unit_test(test_csv_quotes_crlf_and_bom_are_understood),
        cmocka_unit_test(test_csv_empty_cells_are_kept),
        cmocka_unit_test(test_csv_many_rows_and_columns_are_read),
        cmocka_unit_test(test_csv_malformed_text_is_refused),
        cmocka_unit_test(test_csv_unreadable_file_is_an_io_error),
        cmocka_unit_test(test_csv_find_unknown_name_suggests_the_nearest),
        cmocka_unit_test(test_csv_find_suggests_as_a_scenario_does),
        cmocka_unit_test(test_csv_find_in_many_columns_fits_the_message),
        cmocka_unit_test(test_csv_numbers_are_parsed),
        cmocka_unit_test(test_csv_what_is_no_number_is_refused),
        cmocka_unit_test(test_csv_levels_are_sorted_and_do_not_depend_on_row_order),
        cmocka_unit_test(test_csv_bad_levels_are_refused),
        cmocka_unit_test(test_csv_any_damage_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
