# SPDX-License-Identifier: MIT
# The check with sort, uniq and comm, which cannot find circles. Usage: sh check.sh DIR
set -e
users=$1/users.csv
teams=$1/teams.csv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ordered() { sort --parallel="${BENCH_THREADS:-2}" -S 1G "$@"; }
values() { tail -n +2 "$1" | cut -d, -f"$2"; }

test "$(head -n 1 "$users")" = id,email,first_name,last_name,team_id
test "$(head -n 1 "$teams")" = id,name,manager_ids,parent_team_id
echo users $(($(wc -l <"$users") - 1))
echo teams $(($(wc -l <"$teams") - 1))
values "$users" 1 | ordered >"$work/ids"
echo duplicate-user-id $(uniq -d "$work/ids" | wc -l)
echo duplicate-email $(values "$users" 2 | tr A-Z a-z | ordered | uniq -d | wc -l)
values "$teams" 1 | ordered >"$work/teams"
echo duplicate-team-id $(uniq -d "$work/teams" | wc -l)
echo duplicate-team-name $(values "$teams" 2 | ordered | uniq -D | wc -l)
echo unknown-team $(values "$users" 5 | ordered -u | comm -23 - "$work/teams" | grep -c .)
echo unknown-parent-team $(sed 's/.*,//' "$teams" | tail -n +2 | ordered -u |
    comm -23 - "$work/teams" | grep -c .)
echo unknown-manager $(tail -n +2 "$teams" | sed -E 's/^[^,]*,[^,]*,"?//; s/"?,[^,]*$//' |
    tr , '\n' | ordered -u | comm -23 - "$work/ids" | grep -c .)
