# SPDX-License-Identifier: MIT
# The check for gawk and mawk: teams.csv, then users.csv. Knows only as much CSV as the data of
# these benches has: quotes around a list of managers.
BEGIN {
    FS = ","
    header["teams"] = "id,name,manager_ids,parent_team_id"
    header["users"] = "id,email,first_name,last_name,team_id"
}

FNR == 1 {
    kind = kind == "" ? "teams" : "users"
    if ($0 != header[kind]) {
        print "missing header in " FILENAME > "/dev/stderr"
        exit 1
    }
    next
}

kind == "teams" {
    teams++
    if ($1 in parent) {
        duplicate_teams++
        next
    }
    list = $3
    above = $4
    if (index($0, "\"")) {
        split($0, part, "\"")
        list = part[2]
        above = substr(part[3], 2)
    }
    parent[$1] = above
    names[$2]++
    size = split(list, one, ",")
    for (n = 1; n <= size; n++)
        managers[++manager_count] = one[n]
    next
}

{
    users++
    duplicate_ids += ($1 in user)
    user[$1]
    address = tolower($2)
    duplicate_emails += (address in email)
    email[address]
    unknown_teams += ($5 != "" && !($5 in parent))
}

END {
    for (team in parent) {
        unknown_parents += (parent[team] != "" && !(parent[team] in parent))
        climb++
        at = team
        while ((at in parent) && !(at in seen)) {
            seen[at] = climb
            at = parent[at]
        }
        if ((at in seen) && seen[at] == climb) {
            first = at
            do {
                circle++
                at = parent[at]
            } while (at != first)
        }
    }
    for (n = 1; n <= manager_count; n++)
        unknown_managers += !(managers[n] in user)
    for (name in names)
        if (names[name] > 1)
            shared += names[name]
    printf "users %d\nteams %d\n", users, teams
    printf "duplicate-user-id %d\nduplicate-email %d\n", duplicate_ids, duplicate_emails
    printf "duplicate-team-id %d\nunknown-team %d\n", duplicate_teams, unknown_teams
    printf "unknown-parent-team %d\nteam-cycle %d\n", unknown_parents, circle
    printf "unknown-manager %d\nduplicate-team-name %d\n", unknown_managers, shared
}
