# SPDX-License-Identifier: MIT
# The comparison with sort and comm. Usage: sh diff.sh OLD NEW
set -e
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tail -n +2 "$1" | sort --parallel="${BENCH_THREADS:-2}" -S 1G >"$work/old"
tail -n +2 "$2" | sort --parallel="${BENCH_THREADS:-2}" -S 1G >"$work/new"
comm -23 "$work/old" "$work/new" | cut -d, -f1 | sort >"$work/gone"
comm -13 "$work/old" "$work/new" | cut -d, -f1 | sort >"$work/come"
echo added $(comm -13 "$work/gone" "$work/come" | wc -l)
echo removed $(comm -23 "$work/gone" "$work/come" | wc -l)
echo changed $(comm -12 "$work/gone" "$work/come" | wc -l)
