"""Fills the database that the settings name: `python -m tests.benchmarks.pages_filling`."""

import json

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string

from tests.benchmarks import pages_rows
from tests.benchmarks.pages_database import SCALE


def main() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    # The key that the rows' checkpoints are said to be signed with.
    import_string("apps.audit.checkpoints.public_key")()
    pages_rows.fill(pages_rows.Sizes.scaled(SCALE))
    # Resolved here: it imports models, which Django must be set up for.
    objects = import_string("tests.benchmarks.pages_sample.make")()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    (settings.VAR_DIR / "objects.json").write_text(json.dumps(objects))


if __name__ == "__main__":
    main()
