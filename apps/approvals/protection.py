"""
Make the database itself refuse to change who had a part in a proposal, and what they decided.

On PostgreSQL triggers refuse every UPDATE, DELETE and TRUNCATE, except that the demo project can
be removed with all it holds. On SQLite they refuse UPDATE alone: a trigger that reads the
project's table would stand in the way of every later change of that table.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("approvals_decision", "approvals_proposalperson")
_REFUSAL = "A decision stands."

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION approvals_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (
      SELECT FROM approvals_proposal proposal
      JOIN registry_modelversion version ON version.id = proposal.version_id
      JOIN registry_registeredmodel model ON model.id = version.model_id
      JOIN projects_project project ON project.id = model.project_id
      WHERE proposal.id = OLD.proposal_id AND project.is_demo
    ) THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'insufficient_privilege';
END $$
"""


def install(connection: BaseDatabaseWrapper) -> None:
    """Running it again changes nothing."""
    _execute(connection, [*_drops(connection.vendor), *_statements(connection.vendor)])


def remove(connection: BaseDatabaseWrapper) -> None:
    _execute(connection, _drops(connection.vendor))


def _statements(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [_FUNCTION, *(made for table in TABLES for made in _postgresql(table))]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    return [f"CREATE TRIGGER {table}_rows BEFORE UPDATE ON {table} {refuse}" for table in TABLES]


def _postgresql(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION approvals_refuse()",
        f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION approvals_refuse()",
    ]


def _drops(vendor: str) -> list[str]:
    if vendor == "postgresql":
        names = [(table, name) for table in TABLES for name in ("rows", "truncate")]
        return [f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}" for table, name in names]
    return [f"DROP TRIGGER IF EXISTS {table}_rows" for table in TABLES]


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
