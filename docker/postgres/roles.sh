#!/bin/sh
# Runs once, when PostgreSQL's volume is empty: a role for each part of the portal, and MLflow's own database.
# The owner migrates. The others read and write rows, and can change no table.
set -eu

psql --username "$POSTGRES_USER" --dbname postgres -v ON_ERROR_STOP=1 \
    -v owner_password="$OWNER_DB_PASSWORD" -v web_password="$WEB_DB_PASSWORD" \
    -v worker_password="$WORKER_DB_PASSWORD" -v relay_password="$RELAY_DB_PASSWORD" \
    -v mlflow_password="$MLFLOW_DB_PASSWORD" <<'SQL'
CREATE ROLE portal_app NOLOGIN;
CREATE ROLE portal_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE portal_web LOGIN PASSWORD :'web_password' IN ROLE portal_app;
CREATE ROLE portal_worker LOGIN PASSWORD :'worker_password' IN ROLE portal_app;
CREATE ROLE portal_relay LOGIN PASSWORD :'relay_password' IN ROLE portal_app;
CREATE ROLE mlflow LOGIN PASSWORD :'mlflow_password';
CREATE DATABASE portal OWNER portal_owner;
CREATE DATABASE mlflow OWNER mlflow;
REVOKE CONNECT ON DATABASE portal, mlflow FROM PUBLIC;
GRANT CONNECT ON DATABASE portal TO portal_app;
\connect portal
ALTER SCHEMA public OWNER TO portal_owner;
GRANT USAGE ON SCHEMA public TO portal_app;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app;
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO portal_app;
SQL
