#!/bin/sh
# Every check that needs no running program. All of them run, whatever the first one says.
set -u
export DJANGO_SETTINGS_MODULE=mlops_portal.settings_test
bin=.venv/bin
failed=""

check() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        echo "  $name: fine"
    else
        echo "$output"
        echo "  $name: FAILED"
        failed="$failed $name"
    fi
}

check "ruff check" $bin/ruff check .
check "ruff format" $bin/ruff format --check .
check "mypy" $bin/mypy apps mlops_portal scoring
check "import contracts" $bin/lint-imports
check "templates" $bin/djlint --lint --quiet templates
check "migrations" $bin/python manage.py makemigrations --check --dry-run

if [ -n "$failed" ]; then
    echo "lint: FAILED:$failed"
    exit 1
fi
