from django.conf import settings
from django.db import migrations

# The SQL is long and the same for installing it again after a restore, so it has one home.
from apps.audit import protection


def install(apps, schema_editor):
    if settings.PROTECT_EVENT_LOG:
        protection.install(schema_editor.connection)


def remove(apps, schema_editor):
    protection.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_add_verifications")]
    operations = [migrations.RunPython(install, remove)]
