/* SPDX-License-Identifier: MIT */
/* libcsv as its manual says: a callback for each field and record. Prints their numbers. */
#include <csv.h>
#include <stdio.h>

#define READ_SIZE (256U << 10)

struct counts {
    unsigned long long fields;
    unsigned long long records;
};

static int blank_never(unsigned char byte)
{
    (void)byte;
    return 0;
}

static void field_count(void *bytes, size_t size, void *context)
{
    struct counts *counts = context;
    (void)bytes;
    (void)size;
    counts->fields++;
}

static void record_count(int terminator, void *context)
{
    struct counts *counts = context;
    (void)terminator;
    counts->records++;
}

int main(int count, char **arguments)
{
    static char buffer[READ_SIZE];
    struct csv_parser parser;
    struct counts counts = {0};
    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
    size_t size;

    if (file == NULL || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        fputs("usage: scan_libcsv FILE\n", stderr);
        return 2;
    }
    setvbuf(file, NULL, _IONBF, 0);
    csv_set_space_func(&parser, blank_never);
    while ((size = fread(buffer, 1, sizeof(buffer), file)) > 0) {
        if (csv_parse(&parser, buffer, size, field_count, record_count, &counts) != size) {
            return 1;
        }
    }
    if (csv_fini(&parser, field_count, record_count, &counts) != 0) {
        return 1;
    }
    csv_free(&parser);
    fclose(file);
    printf("records %llu\nfields %llu\n", counts.records, counts.fields);
    return 0;
}
