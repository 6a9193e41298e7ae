/* SPDX-License-Identifier: MIT */
/* Stands for the whole folder where the program is built without libmicrohttpd. */
#include "sandbox/sandbox.h"
#include "terminal.h"

int sandbox_serve(const struct sandbox_options *options)
{
    complain("this build of muster has no sandbox: %s needs libmicrohttpd", options->command->name);
    advise("build it with -DMUSTER_WITH_SANDBOX=ON");
    return EXIT_USAGE;
}
