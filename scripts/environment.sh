#!/bin/sh
# Makes .venv and installs a requirements file into it, once per content of the requirement files.
# Usage: scripts/environment.sh requirements.txt
set -eu
requirements=$1
python=${PYTHON:-python3}
stamp=.venv/made-for-$requirements

wanted=$(cat requirements.txt requirements-dev.txt constraints.txt | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

if ! command -v "$python" >/dev/null 2>&1; then
    echo "Python 3.11 or newer is needed, and $python is not here. Set PYTHON=/path/to/python3." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed; $python is $("$python" -V 2>&1). Set PYTHON=/path/to/python3." >&2
    exit 1
fi

if ! .venv/bin/python -c '' 2>/dev/null; then
    echo "Making .venv with $("$python" -V 2>&1)"
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "The environment could not be made. On Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
fi

echo "Installing $requirements (a few minutes at the first time)"
# uv does in seconds what takes pip minutes; where it cannot be had, pip does it.
index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}
# Compiled now, once, and not by each of the many processes that will start.
if .venv/bin/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null &&
    env ${index:+UV_DEFAULT_INDEX="$index"} \
        .venv/bin/python -m uv pip install --quiet --compile-bytecode \
        --python .venv/bin/python -c constraints.txt -r "$requirements"; then
    :
else
    echo "uv could not install them; pip does it now"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r "$requirements"
fi
printf '%s' "$wanted" >"$stamp"
if [ "$requirements" = requirements-dev.txt ]; then
    printf '%s' "$wanted" >.venv/made-for-requirements.txt
fi
