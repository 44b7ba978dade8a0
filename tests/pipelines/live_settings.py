"""The portal's own settings, with the toy pipeline as an app."""

from mlops_portal.settings import *  # noqa: F403
from mlops_portal.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.pipelines.live_app.LiveApp"]
SECRET_KEY = "for tests alone"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
PROTECT_EVENT_LOG = False
LANGUAGE_CODE = "en"
