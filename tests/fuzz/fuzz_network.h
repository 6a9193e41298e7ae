/* SPDX-License-Identifier: MIT */
/*
 * What the targets of the network share: a folder in memory, and what a command prints while it
 * runs within this process.
 */
#ifndef MUSTER_FUZZ_NETWORK_H
#define MUSTER_FUZZ_NETWORK_H

#include "base/buffer.h"

#define NETWORK_PATH_SIZE 512

/* A new folder, removed at exit; its path lives as long as the process. */
const char *network_folder(void);

/* Write a file of that folder. */
void network_file(const char *folder, const char *name, const char *text);

struct network_print {
    struct buffer out;
    struct buffer errors;
};

/* Between these two, standard output and standard error go into memory. */
void network_print_begin(struct network_print *print);
void network_print_end(struct network_print *print);
void network_print_close(struct network_print *print);

#endif
