#!/bin/sh
# Create the Python environment (first argument: its folder) and install everything in requirements/dev.txt,
# every file checked against its recorded hash. An existing environment is brought up to date, not replaced.
set -eu
venv="$1"
cd "$(dirname "$0")/.."

# The locked versions were chosen for Python 3.11. A Python without ensurepip cannot make an environment.
usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.11 /usr/bin/python3.11; do
        if usable "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    if ! python=$(find_python); then
        scripts/install_system_packages.sh python3-venv
        python=$(find_python) || {
            echo "No Python 3.11 that can make environments was found. Name one with PYTHON=/path/to/python3.11." >&2
            exit 1
        }
    fi
    echo "==> Creating the Python environment with $python"
    "$python" -m venv "$venv"
fi

pinned=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements/uv.txt)
if [ "$("$venv/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" != "$pinned" ]; then
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
fi

# uv does not read pip's settings; a package mirror or a company's own authority set there holds for uv too.
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
    index="${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || true)}"
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
fi
if [ -z "${SSL_CERT_FILE:-}" ] && [ -n "${PIP_CERT:-}" ]; then
    export SSL_CERT_FILE="$PIP_CERT"
fi

echo "==> Installing the locked Python packages"
export UV_PYTHON_DOWNLOADS=never
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/dev.txt
