/* SPDX-License-Identifier: MIT */
/* Dates and moments as the remotes write them. Needed in every build: options are judged by it. */
#include <string.h>

#include "remote/remote.h"

static bool digits_match(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++) {
        bool digit = *text >= '0' && *text <= '9';
        if (*pattern == '0' ? !digit : *text != *pattern) {
            return false;
        }
    }
    return true;
}

/* The number that two digits write. */
static int pair_read(const char *digits)
{
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool date_is_valid(const char *date)
{
    bool moment = digits_match(date, "0000-00-00T00:00:00");

    if (!digits_match(date, "0000-00-00") || (!moment && date[10] != '\0')) {
        return false;
    }
    int year = pair_read(date) * 100 + pair_read(date + 2);
    int month = pair_read(date + 5);
    int day = pair_read(date + 8);
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
        return false;
    }
    if (!moment) {
        return true;
    }
    if (pair_read(date + 11) > 23 || pair_read(date + 14) > 59 || pair_read(date + 17) > 59) {
        return false;
    }
    size_t digits = date[19] == '.' ? strspn(date + 20, "0123456789") : 0;
    return strcmp(date + 19 + (digits > 0 ? 1 + digits : 0), "Z") == 0;
}

/* The digits behind the point; none where there is no fraction. */
static struct muster_span fraction_of(const char *date)
{
    const char *digits = strlen(date) > 19 && date[19] == '.' ? date + 20 : "";
    return (struct muster_span){digits, strspn(digits, "0123456789")};
}

int date_compare(const char *one, const char *other)
{
    static const char midnight[] = "T00:00:00";
    struct muster_span fraction = fraction_of(one);
    struct muster_span other_fraction = fraction_of(other);

    int order = strncmp(one, other, 10);
    if (order == 0) {
        order = strncmp(one[10] != '\0' ? one + 10 : midnight,
                        other[10] != '\0' ? other + 10 : midnight, sizeof midnight - 1);
    }
    /* A fraction goes on with zeros. */
    for (size_t at = 0; order == 0 && (at < fraction.len || at < other_fraction.len); at++) {
        order = (at < fraction.len ? fraction.ptr[at] : '0') -
                (at < other_fraction.len ? other_fraction.ptr[at] : '0');
    }
    return order;
}
