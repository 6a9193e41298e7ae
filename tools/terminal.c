/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "terminal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "utf8.h"

#define WIDTH_MIN      40
#define LINE_SIZE      1024
#define ESCAPE_SIZE    4 /* \xNN */
#define PROGRESS_DELAY 1 /* seconds before anything is said */

size_t terminal_visible_size(const char *ptr, size_t len)
{
    uint32_t point = 0;
    size_t size = utf8_read(ptr, len, &point);
    /* As engine/output/escape.c has them, to which the program has no way. */
    bool misleading =
        point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x61C || point == 0x200B ||
        point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
        (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF ||
        (point >= 0xFFF9 && point <= 0xFFFB) || (point >= 0xE0000 && point <= 0xE007F);
    return misleading ? 0 : size;
}

/* Write `text` as one line behind `prefix`, in one call so that lines of two programs do not mix.
 */
static void line_write(const char *prefix, const char *text)
{
    char room[ESCAPE_SIZE * LINE_SIZE];
    size_t len = strlen(text);
    size_t prefix_size = strlen(prefix);
    size_t size_max = prefix_size + len * ESCAPE_SIZE + 1;
    char *larger = size_max > sizeof room ? malloc(size_max) : NULL;
    char *line = larger != NULL ? larger : room;
    if (larger == NULL && size_max > sizeof room) {
        /* There is no memory, which is what the line will say at its beginning. */
        len = (sizeof room - prefix_size - 1) / ESCAPE_SIZE;
    }
    memcpy(line, prefix, prefix_size + 1);
    size_t at = prefix_size;
    for (size_t index = 0; index < len;) {
        size_t size = terminal_visible_size(text + index, len - index);
        if (size > 0) {
            memcpy(line + at, text + index, size);
            at += size;
            index += size;
            continue;
        }
        unsigned char byte = (unsigned char)text[index++];
        line[at++] = '\\';
        line[at++] = 'x';
        line[at++] = "0123456789abcdef"[byte >> 4];
        line[at++] = "0123456789abcdef"[byte & 0xF];
    }
    line[at++] = '\n';
    (void)fwrite(line, 1, at, stderr);
    free(larger);
}

__attribute__((format(printf, 2, 0))) static void line_format(const char *prefix,
                                                              const char *format, va_list arguments)
{
    char room[LINE_SIZE];
    va_list again;
    va_copy(again, arguments);
    progress_end();
    int size = vsnprintf(room, sizeof room, format, arguments);
    if (size >= 0 && (size_t)size >= sizeof room) {
        char *text = malloc((size_t)size + 1);
        if (text != NULL) {
            (void)vsnprintf(text, (size_t)size + 1, format, again);
            line_write(prefix, text);
            free(text);
            va_end(again);
            return;
        }
    }
    va_end(again);
    line_write(prefix, room);
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line_format("muster: ", format, arguments);
    va_end(arguments);
}

int memory_complain(void)
{
    complain("out of memory");
    return EXIT_INTERNAL;
}

void advise(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line_format("hint: ", format, arguments);
    va_end(arguments);
}

void inform(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line_format("", format, arguments);
    va_end(arguments);
}

static bool terminal_is_watched(int descriptor)
{
    return isatty(descriptor) == 1;
}

unsigned terminal_width(int descriptor)
{
    struct winsize size;
    if (!terminal_is_watched(descriptor) || ioctl(descriptor, TIOCGWINSZ, &size) != 0 ||
        size.ws_col == 0) {
        return 0;
    }
    return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

bool terminal_color(int choice, int descriptor)
{
    const char *no_color = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    if (choice != COLOR_AUTO) {
        return choice == COLOR_ALWAYS;
    }
    return (no_color == NULL || no_color[0] == '\0') &&
           (kind == NULL || strcmp(kind, "dumb") != 0) && terminal_is_watched(descriptor);
}

/* The one phase that may be shown. The thread that shows it lives as long as the phase. */
static struct {
    bool silent;
    bool running;
    bool ended;
    const char *phase;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
} progress;

static void progress_show(const char *phase, unsigned seconds)
{
    char line[LINE_SIZE];
    unsigned width = terminal_width(STDERR_FILENO);
    int size = snprintf(line, sizeof line, "\r\033[K%.*s \xE2\x80\xA6 %u s",
                        width > 20 ? (int)width - 12 : 60, phase, seconds);
    if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0) {
        return; /* nobody is watching any more */
    }
}

static void *progress_run(void *context)
{
    (void)context;
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until); /* the clock that every system's conditions have */
    (void)pthread_mutex_lock(&progress.lock);
    for (unsigned seconds = PROGRESS_DELAY; !progress.ended; seconds++) {
        until.tv_sec++;
        int reason = 0;
        while (!progress.ended && reason != ETIMEDOUT) {
            reason = pthread_cond_timedwait(&progress.wake, &progress.lock, &until);
        }
        if (!progress.ended) {
            progress_show(progress.phase, seconds);
        } else if (seconds > PROGRESS_DELAY && write(STDERR_FILENO, "\r\033[K", 4) < 0) {
            break;
        }
    }
    (void)pthread_mutex_unlock(&progress.lock);
    return NULL;
}

void progress_silence(void)
{
    progress.silent = true;
}

void progress_begin(const char *phase)
{
    progress_end();
    if (progress.silent || !terminal_is_watched(STDERR_FILENO)) {
        return;
    }
    progress.phase = phase;
    progress.ended = false;
    if (pthread_mutex_init(&progress.lock, NULL) == 0) {
        if (pthread_cond_init(&progress.wake, NULL) == 0) {
            /* Signals are for the thread that knows what has to be removed then. */
            sigset_t all;
            sigset_t before;
            (void)sigfillset(&all);
            (void)pthread_sigmask(SIG_BLOCK, &all, &before);
            progress.running = pthread_create(&progress.thread, NULL, progress_run, NULL) == 0;
            (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
            if (!progress.running) {
                (void)pthread_cond_destroy(&progress.wake);
            }
        }
        if (!progress.running) {
            (void)pthread_mutex_destroy(&progress.lock);
        }
    }
}

void progress_end(void)
{
    if (!progress.running) {
        return;
    }
    (void)pthread_mutex_lock(&progress.lock);
    progress.ended = true;
    (void)pthread_cond_signal(&progress.wake);
    (void)pthread_mutex_unlock(&progress.lock);
    (void)pthread_join(progress.thread, NULL);
    (void)pthread_cond_destroy(&progress.wake);
    (void)pthread_mutex_destroy(&progress.lock);
    progress.running = false;
}

const char *number_grouped(struct grouped *room, unsigned long long number)
{
    size_t at = sizeof room->text;
    unsigned digits = 0;
    room->text[--at] = '\0';
    do {
        if (digits > 0 && digits % 3 == 0) {
            room->text[--at] = ',';
        }
        room->text[--at] = (char)('0' + number % 10);
        number /= 10;
        digits++;
    } while (number > 0);
    return room->text + at;
}

const char *number_counted(struct grouped *room, unsigned long long number, const char *one,
                           const char *many)
{
    struct grouped digits;
    const char *grouped = number_grouped(&digits, number);
    (void)snprintf(room->text, sizeof room->text, "%s %s", grouped, number == 1 ? one : many);
    return room->text;
}
