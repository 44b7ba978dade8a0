"""
What the programs' own roles may not do to a PostgreSQL, though they may write its other tables.

An installation may give web, worker and relay a role each (docker/postgres/roles.sh). All of them
are in one group, and prepare, as the owner of the tables, takes from that group what changes the
event log or a decision. The log's triggers refuse too; this holds where somebody drops one.
"""

from django.db import connection

from apps.approvals.models import Decision
from apps.audit import protection
from apps.projects.models import Project

GROUP = "portal_app"
ONLY_ADDED_TO = (*protection.TABLES, Decision._meta.db_table)


def limit() -> None:
    """Nothing where the database knows no such group. Safe to repeat."""
    if connection.vendor != "postgresql" or not _is_there():
        return
    _run(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(ONLY_ADDED_TO)} FROM {GROUP}")
    _run(f"REVOKE DELETE, TRUNCATE ON {protection.DETAIL} FROM {GROUP}")
    # A demo can be removed with all that was decided in it.
    if Project.objects.filter(is_demo=True).exists():
        _run(f"GRANT DELETE ON {Decision._meta.db_table} TO {GROUP}")


def _is_there() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [GROUP])
        return cursor.fetchone() is not None


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
