/* SPDX-License-Identifier: MIT */
#ifndef MUSTER_ORG_ORG_MANAGERS_H
#define MUSTER_ORG_ORG_MANAGERS_H

#include "org/org_export.h"

/* Managers of all teams; needs both tables. False where memory ran out. */
bool org_export_managers(struct org_export *built);

#endif
