from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# The SQL is the same for installing it again after a restore, so it has one home.
from apps.approvals import protection


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if settings.PROTECT_EVENT_LOG:
        protection.install(schema_editor.connection)


def remove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    protection.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_told_later")]
    operations = [migrations.RunPython(install, remove)]
