#!/bin/sh
# Install the Debian packages named as arguments, as far as they are missing.
# Somebody who may not install gets the exact line to give to root, and exit status 1.
set -eu

present() {
    case "$1" in
    chromium-headless-shell) command -v chromium-headless-shell || command -v chromium ;;
    fonts-noto-cjk) ls /usr/share/fonts/opentype/noto/NotoSerifCJK-*.ttc /usr/share/fonts/opentype/noto/NotoSansCJK-*.ttc ;;
    openssl) command -v openssl ;;
    poppler-utils) command -v pdfsig ;;
    postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
    mosquitto) command -v mosquitto || test -x /usr/sbin/mosquitto ;;
    qpdf) command -v qpdf ;;
    *) dpkg-query --show --showformat='${db:Status-Status}\n' "$1" | grep -qx installed ;;
    esac >/dev/null 2>&1
}

missing=""
for package in "$@"; do
    present "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Debian packages are missing, and only root may install them. Run this, then try again:" >&2
    echo "  sudo apt-get update && sudo apt-get install --yes --no-install-recommends$missing" >&2
    exit 1
fi

echo "==> Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# Run level 1 keeps the packages from starting servers of their own: the tests start theirs on a free port.
export RUNLEVEL=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # the list is meant to be split into words
if ! { apt-get update && apt-get install --yes --no-install-recommends $missing; } </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    echo "apt could not install:$missing" >&2
    exit 1
fi
for package in $missing; do
    present "$package" || { echo "apt installed $package, but it still cannot be found." >&2; exit 1; }
done
