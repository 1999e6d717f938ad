#!/bin/sh
# Print a folder in memory for the files of tests, which commit to databases thousands of times; print nothing where
# there is none with room enough, or none from which what a test compiles may be loaded.
set -eu
folder=/dev/shm
megabytes=6000
[ -d "$folder" ] && [ -w "$folder" ] || exit 0
free=$(df -P -m "$folder" | awk 'NR == 2 { print $4 }')
[ "${free:-0}" -ge "$megabytes" ] || exit 0
probe=$(mktemp "$folder/shuangyin-probe.XXXXXX")
trap 'rm -f "$probe"' EXIT
printf '#!/bin/sh\n' >"$probe"
chmod 700 "$probe"
"$probe" 2>/dev/null && echo "$folder"
exit 0
