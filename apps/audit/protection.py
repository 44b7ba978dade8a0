"""
Make the database itself refuse what must never happen to the log.

On PostgreSQL triggers refuse every UPDATE, DELETE and TRUNCATE of events, seals and
checkpoints; a detail can only be emptied. On SQLite triggers refuse UPDATE and DELETE (it has
no TRUNCATE). Whoever owns the database can drop a trigger: that is what the seals, the signed
checkpoints and their copy outside are for.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("audit_event", "audit_seal", "audit_checkpoint")
DETAIL = "audit_eventdetail"
_REFUSAL = "The event log is only added to."

_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE OR REPLACE FUNCTION audit_only_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.event_id = OLD.event_id AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
     AND NEW.content = '' AND NEW.salt = '' THEN RETURN NEW; END IF;
  RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'insufficient_privilege';
END $$;
"""


def statements(vendor: str) -> list[str]:
    """What installs the protection; running it again changes nothing."""
    if vendor == "postgresql":
        return [_FUNCTIONS, *_postgresql()]
    return [*drops(vendor), *_sqlite()] if vendor == "sqlite" else []


def drops(vendor: str) -> list[str]:
    if vendor == "postgresql":
        names = [(table, name) for table in (*TABLES, DETAIL) for name in ("rows", "truncate")]
        return [f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}" for table, name in names]
    return [
        f"DROP TRIGGER IF EXISTS {table}_{verb}"
        for table in (*TABLES, DETAIL)
        for verb in ("update", "delete")
    ]


def install(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor):
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in drops(connection.vendor):
            cursor.execute(statement)


def _postgresql() -> list[str]:
    made = drops("postgresql")
    for table in TABLES:
        made.append(
            f"CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        )
    made.append(
        f"CREATE TRIGGER {DETAIL}_rows BEFORE UPDATE ON {DETAIL} "
        "FOR EACH ROW EXECUTE FUNCTION audit_only_erase()"
    )
    for table in (*TABLES, DETAIL):
        events = "TRUNCATE" if table != DETAIL else "DELETE OR TRUNCATE"
        made.append(
            f"CREATE TRIGGER {table}_truncate BEFORE {events} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
    return made


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    made = [
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} {refuse}"
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    ]
    made.append(f"CREATE TRIGGER {DETAIL}_delete BEFORE DELETE ON {DETAIL} {refuse}")
    made.append(
        f"CREATE TRIGGER {DETAIL}_update BEFORE UPDATE ON {DETAIL} "
        "WHEN NEW.event_id <> OLD.event_id OR OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL "
        f"OR NEW.content <> '' OR NEW.salt <> '' {refuse}"
    )
    return made
