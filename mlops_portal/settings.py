"""Every setting comes from the environment; docs/settings.md lists them."""

from pathlib import Path
from urllib.parse import urlsplit

from mlops_portal import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

# Which installation this is
VERSION = "0.1.0"
PRODUCTION = env.flag("PRODUCTION")
DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
PORTAL_URL = env.text("PORTAL_URL", f"http://localhost:{env.number('PORTAL_PORT', 8000)}")
SECRET_KEY = env.secret("SECRET_KEY", VAR_DIR / "keys" / "secret_key")
# Where workers reach the portal's own /mlflow gate: they may be on a network without a way to PORTAL_URL
GATE_URL = env.text("GATE_URL", PORTAL_URL)
ALLOWED_HOSTS = [
    *env.words("ALLOWED_HOSTS", "localhost 127.0.0.1 [::1]"),
    *([urlsplit(GATE_URL).hostname or ""] if GATE_URL != PORTAL_URL else []),
]
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]

# What the parts are made of
DATABASES = {"default": env.database(env.text("DATABASE_URL", f"sqlite:///{VAR_DIR}/portal.sqlite3"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BROKER_URL = env.text("BROKER_URL", "filesystem://")
STORAGE_URL = env.text("STORAGE_URL", f"file://{VAR_DIR}/storage")
WORK_DIR = VAR_DIR / "work"
RUN_DIR = VAR_DIR / "run"
KEYS_DIR = VAR_DIR / "keys"
MAX_UPLOAD_BYTES = env.number("MAX_UPLOAD_BYTES", 2 * 1024**3)
TRAINING_MEMORY_BYTES = env.number("TRAINING_MEMORY_BYTES", 8 * 1024**3)
READING_MEMORY_BYTES = env.number("READING_MEMORY_BYTES", 4 * 1024**3)

# MLflow: a socket in a folder that only we may enter, or a host on a private network
MLFLOW_SOCKET = env.text("MLFLOW_SOCKET", str(RUN_DIR / "mlflow" / "mlflow.sock"))
MLFLOW_URL = env.text("MLFLOW_URL")
MLFLOW_MAX_BODY_BYTES = env.number("MLFLOW_MAX_BODY_BYTES", 2 * 1024**3)

# Scoring servers on the keeper's machine: the portal reaches them at SCORING_HOST, clients at SCORING_URL
SCORING_HOST = env.text("SCORING_HOST", "127.0.0.1")
SCORING_LISTEN = env.text("SCORING_LISTEN", SCORING_HOST)
SCORING_URL = env.text("SCORING_URL", f"http://{SCORING_HOST}:{{port}}")
SCORING_FIRST_PORT = env.number("SCORING_FIRST_PORT", 8100)
SCORING_PORTS = env.number("SCORING_PORTS", 100)
CAPTURE_SEAL_SECONDS = env.number("CAPTURE_SEAL_SECONDS", 3 if DEMO else 30)

# Pace
LEASE_SECONDS = env.number("LEASE_SECONDS", 30)
HEARTBEAT_SECONDS = env.number("HEARTBEAT_SECONDS", 5)
DECIDER_DELAY_HOURS = env.number("DECIDER_DELAY_HOURS", 24)
PROPOSAL_DAYS = env.number("PROPOSAL_DAYS", 30)
APPROVAL_DAYS = env.number("APPROVAL_DAYS", 365)

# Triggers in the database that refuse changes of events and decisions; tests empty their tables, so not there
PROTECT_EVENT_LOG = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "apps.core",
    "apps.audit",
    "apps.tracking",
    "apps.accounts",
    "apps.projects",
    "apps.notifications",
    "apps.pipelines",
    "apps.datasets",
    "apps.experiments",
    "apps.registry",
    "apps.approvals",
    "apps.deployments",
    "apps.monitoring",
    "apps.automation",
    "apps.gateway",
    "apps.home",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.core.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.core.middleware.ReadableMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.middleware.PreferencesMiddleware",
    "apps.core.middleware.RequestContextMiddleware",
    "apps.core.middleware.DomainErrorMiddleware",
]
ROOT_URLCONF = "mlops_portal.urls"
WSGI_APPLICATION = "mlops_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "apps.core.appearance.theme",
                "apps.home.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "apps.core.templatetags.ui"],
        },
    }
]

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
ACCOUNT_ADAPTER = "apps.accounts.adapter.InvitationOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(PORTAL_URL).scheme
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.home.errors.csrf_failure"

# Transport
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = urlsplit(PORTAL_URL).scheme == "https"
SECURE_SSL_REDIRECT = PRODUCTION and env.flag("SSL_REDIRECT", default=True)
# A training that reaches the gate from inside has no proxy to encrypt for it.
SECURE_REDIRECT_EXEMPT = [r"^mlflow/"] if GATE_URL != PORTAL_URL else []
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")

# Static files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "media"

# E-mail
vars().update(env.email(env.text("EMAIL_URL", "outbox:")))
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "MLOps Portal <portal@localhost>")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.renderers.ToldJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "apps.core.api.JsonParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.Pagination",
    "EXCEPTION_HANDLER": "apps.core.api.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MLOps Portal",
    "DESCRIPTION": "Everything that the pages do, for programs.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Several models have a status or a state: each gets a name of its own.
    "ENUM_NAME_OVERRIDES": {
        "DataStatus": "apps.datasets.models.DatasetVersion.Status",
        "UploadState": "apps.datasets.models.Upload.State",
        "JobState": "apps.pipelines.models.State",
        "DeliveryState": "apps.audit.models.Delivery.State",
        "RiskTier": "apps.registry.models.Tier",
        "BuildStatus": "apps.registry.models.ModelVersion.Status",
        "ValidationResolution": "apps.registry.models.Validation.Resolution",
        "ProposalStatus": "apps.approvals.models.Proposal.Status",
        "DeploymentState": "apps.deployments.models.Deployment.State",
        "IncidentStatus": "apps.monitoring.models.Incident.Status",
        "IncidentResolution": "apps.monitoring.models.Incident.Resolution",
    },
}
DJANGO_TABLES2_TEMPLATE = "ui/_table.html"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
