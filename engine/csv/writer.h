/* SPDX-License-Identifier: MIT */
/* Values to CSV: quotes only where they are needed. */
#ifndef MUSTER_CSV_WRITER_H
#define MUSTER_CSV_WRITER_H

#include "base/buffer.h"
#include "base/span.h"

/* Append one value, quoted where it has a quote, a comma or a line end, or blanks at its ends. */
void csv_value(struct buffer *out, span value);

/* Append a comma before every value but the first, and the value. */
void csv_field(struct buffer *out, bool first, span value);

#endif
