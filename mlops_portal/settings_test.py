"""
What tests change: a database of their own, quick password hashing, nothing on disk outside a
temporary folder.
"""

import tempfile
from pathlib import Path

from mlops_portal import environment as env
from mlops_portal.settings import *  # noqa: F403, TID251

VAR_DIR = Path(tempfile.mkdtemp(prefix="mlops-portal-test-"))
WORK_DIR = VAR_DIR / "work"
RUN_DIR = VAR_DIR / "run"
KEYS_DIR = VAR_DIR / "keys"
STORAGE_URL = f"file://{VAR_DIR}/storage"
SECRET_KEY = "for tests alone"  # noqa: S105
DATABASES = {"default": env.database(env.text("DATABASE_URL", f"sqlite:///{VAR_DIR}/test.sqlite3"))}
# A file, since an in-memory database cannot be shared by threads and processes.
DATABASES["default"].setdefault("TEST", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite"):
    DATABASES["default"]["TEST"]["NAME"] = str(VAR_DIR / "test.sqlite3")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir()  # whitenoise warns where it is missing
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DECIDER_DELAY_HOURS = 0
PROTECT_EVENT_LOG = False
ALLOWED_HOSTS = ["*"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
