#!/bin/sh
# Writes docker/.env with random passwords, once. Nobody else on the machine may read it.
set -eu
cd "$(dirname "$0")"
if [ -e .env ]; then
    echo "docker/.env exists already and is left as it is."
    exit 0
fi
umask 077

random() {
    # Letters and digits alone, so that it fits into a URL as it is.
    LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | dd bs=1 count=60 2>/dev/null
}

{
    echo "PORTAL_PORT=${PORTAL_PORT:-8000}"
    echo "PORTAL_URL=${PORTAL_URL:-http://localhost:${PORTAL_PORT:-8000}}"
    for name in SECRET_KEY POSTGRES_PASSWORD OWNER_DB_PASSWORD WEB_DB_PASSWORD WORKER_DB_PASSWORD \
        RELAY_DB_PASSWORD MLFLOW_DB_PASSWORD REDIS_PASSWORD; do
        echo "$name=$(random)"
    done
} >.env.new
mv .env.new .env
echo "docker/.env is written. Keep a copy of it in a safe place: the database cannot be opened without it."
