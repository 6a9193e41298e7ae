/* SPDX-License-Identifier: MIT */
/*
 * A program that has names of its own which the library uses inside. Linked with the archive, none
 * of them may stand in for that of the library, nor be refused for being there twice.
 */
#include <muster.h>
#include <stdio.h>
#include <stdlib.h>

const char rules[] = "mine";

int source_open(void);
void *schema_of(int);

int source_open(void)
{
    return 1;
}

void *schema_of(int file)
{
    printf("the library asks the program: %d\n", file);
    exit(1);
}

int main(void)
{
    static const char users[] =
        "id,email,first_name,last_name,team_id\nX1,ann@example.com,Ann,Lee,\n";
    struct muster_input input = {.file = MUSTER_USERS, .data = {users, sizeof users - 1}};
    struct muster_roster *roster;
    if (muster_roster_open(&roster, &input, 1, NULL, NULL) != MUSTER_OK) {
        return 1;
    }
    printf("%llu user kept, %s, %d\n",
           (unsigned long long)muster_roster_summary(roster)->kept[MUSTER_USERS], rules,
           source_open());
    muster_roster_close(roster);
    return 0;
}
