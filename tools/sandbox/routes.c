/* SPDX-License-Identifier: MIT */
/* The exact table of what is answered; paths come from the table that the client uses. */
#include <string.h>

#include "remote/endpoints.h"
#include "sandbox/call.h"

static const enum route routes[ENDPOINT_COUNT] = {
    [ENDPOINT_SYNC] = ROUTE_SYNC,
    [ENDPOINT_SYNC_STATUS] = ROUTE_STATUS,
    [ENDPOINT_DEPROVISION] = ROUTE_DEPROVISION,
    [ENDPOINT_GRAPHQL] = ROUTE_GRAPHQL,
    [ENDPOINT_CLUSTERS] = ROUTE_CLUSTERS,
    [ENDPOINT_COMPLETIONS] = ROUTE_COMPLETIONS,
    [ENDPOINT_USERS] = ROUTE_USERS,
    [ENDPOINT_USERS_UPSERT] = ROUTE_USERS_UPSERT,
    [ENDPOINT_USERS_DEACTIVATE] = ROUTE_USERS_DEACTIVATE,
};

/* Whether the path is the pattern, with a sound id in the place of "{id}". */
static bool path_fits(const char *path, const char *pattern, char id[JOB_ID_SIZE])
{
    const char *hole = strstr(pattern, "{id}");

    if (hole == NULL) {
        return strcmp(path, pattern) == 0;
    }
    size_t front = (size_t)(hole - pattern);
    const char *behind = hole + 4;
    if (strlen(path) != front + JOB_ID_SIZE - 1 + strlen(behind) ||
        strncmp(path, pattern, front) != 0 || strcmp(path + front + JOB_ID_SIZE - 1, behind) != 0) {
        return false;
    }
    memcpy(id, path + front, JOB_ID_SIZE - 1);
    id[JOB_ID_SIZE - 1] = '\0';
    return job_id_is_sound(id);
}

enum route route_find(const char *method, const char *path, char id[JOB_ID_SIZE], unsigned *status)
{
    *status = 404;
    /* The address is known in two spellings. */
    if (strcmp(path, "/graphql") == 0) {
        path = endpoints[ENDPOINT_GRAPHQL].path;
    }
    for (int index = 0; index < ENDPOINT_COUNT; index++) {
        if (!path_fits(path, endpoints[index].path, id)) {
            continue;
        }
        if (strcmp(method, endpoints[index].method) == 0) {
            return routes[index];
        }
        *status = 405;
    }
    return ROUTE_NONE;
}
