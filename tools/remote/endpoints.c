/* SPDX-License-Identifier: MIT */
#include "remote/endpoints.h"

const struct endpoint endpoints[ENDPOINT_COUNT] = {
    [ENDPOINT_SYNC] = {"POST", "/sync-users", false, "Integrations Hub, team structure, setup"},
    [ENDPOINT_SYNC_STATUS] = {"GET", "/sync-users/{id}/status", false,
                              "Integrations Hub, team structure, setup"},
    [ENDPOINT_DEPROVISION] = {"POST", "/deprovision", false,
                              "License deprovisioning, full example"},
    [ENDPOINT_GRAPHQL] = {"POST", "/GraphQL", false, "Viio, technical details of its integration"},
    /* Sparkwise documents what its operations take and give, but not where they are. */
    [ENDPOINT_CLUSTERS] = {"GET", "/clusters", true, "named after the operation's group"},
    [ENDPOINT_COMPLETIONS] = {"GET", "/completions", true, "named after the operation's group"},
    [ENDPOINT_USERS] = {"GET", "/users", true, "named after the operation's group"},
    [ENDPOINT_USERS_UPSERT] = {"POST", "/users/batch", true, "the group is said to be in batches"},
    [ENDPOINT_USERS_DEACTIVATE] = {"POST", "/users/batch/deactivate", true,
                                   "the group is said to be in batches"},
};

/* Assumption: the security scheme is called ServerApiKey; the header of such keys usually has this
 * name. */
const char sparkwise_key_header[] = "X-Api-Key";

/* Assumption: the sample of a user has no address, but users are told apart by trusted domains. */
const char sparkwise_email_member[] = "email";

/* Assumption: the body of a deactivation is said to hold an array of one to 200 users, as that of
 * an upsert does; its sample is empty. */
const char sparkwise_deactivate_member[] = "users";

#define PAGE_INFO "pageInfo{hasNextPage endCursor}"

const struct query queries[QUERY_COUNT] = {
    [QUERY_PLAN] = {"planInfo", NULL, NULL,
                    "query P{planInfo{products{id name purchasedLicenseCount assignedLicenseCount "
                    "remainingLicenseCount}}}",
                    true, "the product type is documented, the way to it from the plan is not"},
    [QUERY_USERS] =
        {"users", "psUserId", "isOnAccount",
         "query U($n:Int,$c:String){users(first:$n,after:$c){" PAGE_INFO
         " nodes{psUserId email additionalEmails firstName lastName currentSsoIdentifier "
         "isOnAccount removedOn lastLogin productIds teams{edges{isDirect node{id}}}}}}",
         false, "schema documentation of User"},
    [QUERY_TEAMS] = {"teams", "id", NULL,
                     "query T($n:Int,$c:String){teams(first:$n,after:$c){" PAGE_INFO
                     " nodes{id name parentTeamId}}}",
                     false, "seen in public programs"},
    [QUERY_MANAGERS] = {"teamManagers", NULL, NULL,
                        "query M($n:Int,$c:String){teamManagers(first:$n,after:$c){" PAGE_INFO
                        " nodes{psUserId teamId}}}",
                        true, "the query is documented, the fields of its nodes are not"},
    [QUERY_ADMINS] = {"planAdmins", NULL, NULL,
                      "query A($n:Int,$c:String){planAdmins(first:$n,after:$c){" PAGE_INFO
                      " nodes{psUserId email}}}",
                      false, "schema documentation of planAdmins"},
};
