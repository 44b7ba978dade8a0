"""
Empty the tests' database quickly, after each test that commits.

Django's flush truncates every table, which on PostgreSQL gives each table and index a new file:
seconds on a busy disk, hundreds of times. Few tables have rows after a test, so those are
deleted. Permissions and content types stay: Django would only make the same ones again.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

LASTING = {"django_migrations", "django_content_type", "auth_permission"}


def sql_flush(style: Any, connection: BaseDatabaseWrapper, *_rest: Any, **_options: Any) -> list[str]:
    """In one transaction, in any order: foreign keys are checked at its end."""
    tables = sorted(set(connection.introspection.django_table_names(include_views=False)) - LASTING)
    quoted = [connection.ops.quote_name(table) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {table})" for table in quoted))
        has_rows = cursor.fetchone()
    return [f"DELETE FROM {table}" for table, filled in zip(quoted, has_rows, strict=True) if filled]
