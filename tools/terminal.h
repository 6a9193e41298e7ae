/* SPDX-License-Identifier: MIT */
/* Speaking to people: messages, colour, width, and progress where someone is watching. */
#ifndef MUSTER_TOOLS_TERMINAL_H
#define MUSTER_TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Say something on standard error as one line behind "muster: "; control characters in it are
 * shown as \xNN, so that a path cannot do anything to the terminal. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say so that memory ran out. EXIT_INTERNAL. */
int memory_complain(void);

/* The same behind "hint: ": what to do about it. */
void advise(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say something on standard error as one line without any prefix. */
void inform(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * How many bytes at `text` a terminal may see as they are: the size of one visible character, or 0
 * where the first byte is to be shown as \xNN.
 */
size_t terminal_visible_size(const char *text, size_t len);

/* Columns of the terminal behind `descriptor`, at least 40; 0 where there is none. */
unsigned terminal_width(int descriptor);

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Whether colour is wanted there; NO_COLOR is respected. */
bool terminal_color(int choice, int descriptor);

/*
 * Tell what takes so long: nothing happens unless standard error is a terminal and the phase lasts
 * over a second. Phases do not nest; a new one ends the one before. `phase` must stay alive.
 */
void progress_begin(const char *phase);
void progress_end(void);
/* No progress from now on (-q). */
void progress_silence(void);

/* `number` with a comma before every third digit, in `text`, which is returned. */
struct grouped {
    char text[64];
};
const char *number_grouped(struct grouped *room, unsigned long long number);

/* The same with what is counted: "1 team", "1,904 teams". */
const char *number_counted(struct grouped *room, unsigned long long number, const char *one,
                           const char *many);

#endif
