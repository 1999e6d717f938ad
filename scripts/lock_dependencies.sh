#!/bin/sh
# Lock the dependencies with hashes: requirements/*.in and the package list of the user interface.
# Arguments go to `uv pip compile`, for example --upgrade or --upgrade-package NAME.
# The locks hold for every processor and system: what only some of them can install carries a marker.
# Lock files name no download host, so that every installation may use the mirror it likes.
set -eu
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="make lock"
export PATH="$PWD/.venv/bin:$PATH"

compile() {
    .venv/bin/uv pip compile --quiet --python .venv/bin/python --generate-hashes \
        --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 "$@"
}

compile "$@" requirements/uv.in --output-file requirements/uv.txt
compile "$@" requirements/runtime.in --output-file requirements/runtime.txt
compile "$@" requirements/dev.in --constraints requirements/runtime.txt --output-file requirements/dev.txt
for folder in frontend tests/chain; do
    if [ -f "$folder/package.json" ]; then
        (cd "$folder" && npm install --package-lock-only --no-audit --no-fund --omit-lockfile-registry-resolved)
    fi
done
