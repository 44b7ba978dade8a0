#!/bin/sh
# What `make test` runs: every stage, then one line for each. A stage that finds no test has failed.
set -u
python=.venv/bin/python
summary=""
failed=""
# Several at a time: more threads in each would only be in each other's way.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Hundreds of processes are started: none should compile again what another one has compiled.
unset PYTHONDONTWRITEBYTECODE

stage() {
    name=$1
    shift
    echo
    echo "== $name"
    began=$(date +%s)
    if "$@"; then
        result=passed
    else
        result=FAILED
        failed="$failed $name,"
    fi
    summary="$summary
$(printf '  %-28s %-7s %5d s' "$name" "$result" $(($(date +%s) - began)))"
}

stage "lint" scripts/lint.sh
# A file stays with one worker: for what it sets up once, and for its messages on the broker.
workers="-n 3 --dist loadfile --no-loadscope-reorder"
stage "tests on SQLite" $python -m pytest -q $workers \
    -m "not postgresql and not browser and not whole"
stage "on PostgreSQL and Redis" env MLOPS_TEST_PROFILE=services $python -m pytest -q -p tests.services \
    $workers -m "(services or postgresql) and not browser and not whole"
stage "a Chromium" $python -m tests.e2e.browser
# Who plays a loop mostly waits for its windows: three at a time on one portal, the next to who is free.
stage "whole, and in a browser" $python -m pytest -q -n 3 --dist load --maxschedchunk 1 -m "browser or whole"

echo
echo "make test:$summary"
if [ -n "$failed" ]; then
    echo "make test: FAILED in${failed%,}"
    exit 1
fi
echo "make test: everything passed"
