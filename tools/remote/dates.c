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

bool date_is_valid(const char *date)
{
    bool moment = digits_match(date, "0000-00-00T00:00:00");

    if (!digits_match(date, "0000-00-00") || (!moment && date[10] != '\0')) {
        return false;
    }
    int month = (date[5] - '0') * 10 + date[6] - '0';
    int day = (date[8] - '0') * 10 + date[9] - '0';
    if (month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    if (!moment) {
        return true;
    }
    size_t fraction = date[19] == '.' ? 1 + strspn(date + 20, "0123456789") : 0;
    return strcmp(date + 19 + fraction, "Z") == 0;
}
