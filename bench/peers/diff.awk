# SPDX-License-Identifier: MIT
# The comparison for gawk and mawk: the old users.csv, then the new one.
BEGIN {
    FS = ","
}

FNR == 1 {
    file++
    next
}

file == 1 {
    old[$1] = $0
    next
}

$1 in old {
    changed += (old[$1] != $0)
    delete old[$1]
    next
}

{
    added++
}

END {
    for (user in old)
        removed++
    printf "added %d\nremoved %d\nchanged %d\n", added, removed, changed
}
