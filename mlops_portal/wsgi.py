import gc
import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")
application = get_wsgi_application()

# A WSGI server runs no system checks, so what production must not start with is asked here.
from apps.core.checks import refusals  # noqa: E402 - settings must be there first

if reasons := list(refusals()):
    raise ImproperlyConfigured("\n".join(reasons))

# What was loaded stays; walking over it again and again would make one request in ten wait for it.
gc.collect()
gc.freeze()
