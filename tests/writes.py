"""Which tables are written to while something happens."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
BOOKKEEPING = {
    *("django_session", "usersessions_usersession", "account_emailaddress"),
    *("audit_event", "audit_eventdetail", "audit_delivery"),
}
"""What a request that changes nothing may write: of the session, and that somebody looked or was refused."""


@contextmanager
def watched() -> Iterator[set[str]]:
    """The tables' names, bookkeeping aside; there when the block has ended."""
    written: set[str] = set()

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        if found := WRITE.match(sql):
            written.add(found[1])
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield written
    written -= BOOKKEEPING
