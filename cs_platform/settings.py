"""Settings, read from the environment once, at start.

Every variable has a default that suits `make demo`; `manage.py doctor` says what does not suit
production. The list for administrators is in README.md, "Configuration".
"""

import os
from pathlib import Path

from csp.constants import SELF
from django.utils.translation import gettext_lazy as _

from cs_platform.core.database import databases_from_environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var")).resolve()


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


DEBUG = _flag("DEBUG", False)
SECRET_KEY = os.environ.get("SECRET_KEY", "")
ALLOWED_HOSTS = _words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "cs_platform.core",
    "accounts",
    "metrics.usage",
    "metrics.surveys",
    "metrics.kpis",
    "metrics.reports",
    "health",
    "health.renewals",
    "cs_platform.dashboards",
    "cs_platform.documents",
    "cs_platform.demo",
]

MIDDLEWARE = [
    "cs_platform.core.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "cs_platform.core.middleware.programs",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cs_platform.core.middleware.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.locale",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cs_platform.dashboards.errors.ErrorPages",
    "accounts.middleware.WorkspaceMiddleware",
]

ROOT_URLCONF = "cs_platform.urls"
WSGI_APPLICATION = "cs_platform.wsgi.application"

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
                "cs_platform.dashboards.navigation.layout",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "cs_platform.core.templatetags.components",
                "cs_platform.core.templatetags.formats",
                "cs_platform.core.templatetags.figures",
            ],
        },
    },
]

# --- database, broker, cache ---------------------------------------------------------------
DATABASES = databases_from_environment(os.environ, secret_key=SECRET_KEY)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cs",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "cs_platform.refresh_workspace": {"queue": "score"},
    "cs_platform.sweep": {"queue": "score"},
    "accounts.send_mail": {"queue": "mail"},
    "accounts.sweep_mail": {"queue": "mail"},
    "accounts.forget_letters": {"queue": "mail"},
    "surveys.run": {"queue": "mail"},
    "surveys.sweep": {"queue": "mail"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "max_retries": 1,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {
        "task": "cs_platform.heartbeat",
        "schedule": 15,
        "options": {"queue": "default", "expires": 15},
    },
    "sweep": {
        "task": "cs_platform.sweep",
        "schedule": 2,
        "options": {"queue": "score", "expires": 4},
    },
    "mail": {
        "task": "accounts.sweep_mail",
        "schedule": 3,
        "options": {"queue": "mail", "expires": 6},
    },
    "letters": {"task": "accounts.forget_letters", "schedule": 24 * 3600},
    "surveys": {
        "task": "surveys.sweep",
        "schedule": 10,
        "options": {"queue": "mail", "expires": 20},
    },
    "themes-reach": {
        "task": "surveys.sweep_reach",
        "schedule": 3600,
        "options": {"queue": "default", "expires": 1800},
    },
    "kpis": {"task": "kpis.sweep", "schedule": 5, "options": {"expires": 10}},
    "usage-partitions": {"task": "usage.make_partitions", "schedule": 24 * 3600},
    "usage-purge": {"task": "usage.purge", "schedule": 24 * 3600},
    "reports": {"task": "documents.send_reports", "schedule": 60, "options": {"expires": 60}},
    "renewals-sweep": {"task": "renewals.sweep", "schedule": 60, "options": {"expires": 60}},
}

# --- who is who -----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True

EMAIL_HOST = os.environ.get("EMAIL_HOST") or "localhost"
# Whoever names a mail server wants letters sent; without one they are written to the log.
_MAIL = "smtp" if os.environ.get("EMAIL_HOST") else "console"
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", f"django.core.mail.backends.{_MAIL}.EmailBackend")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _flag("EMAIL_USE_TLS", False)
# Seconds a mail server may take to answer; a letter's claim outlasts it (accounts.delivery).
EMAIL_TIMEOUT = int(os.environ.get("EMAIL_TIMEOUT", "15"))
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "cs-platform@localhost")

# Where customers reach this installation: the addresses in letters begin with it.
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://localhost:8000").rstrip("/")

# --- languages and time ---------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
# One catalogue per app: a string belongs to the app whose code or template says it.
LOCALE_PATHS = sorted(path for path in (BASE_DIR / "locale").iterdir() if path.is_dir())
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files ---------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
_NPM = BASE_DIR / "node_modules"
STATICFILES_DIRS = [BASE_DIR / "static"]
NPM_FILES = {
    # what the pages need out of node_modules, and the name it is served under
    "vendor/tabler.min.css": _NPM / "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.min.css.map": _NPM / "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/htmx.min.js": _NPM / "htmx.org/dist/htmx.min.js",
    "vendor/plotly.min.js": _NPM / "plotly.js-cartesian-dist-min/plotly-cartesian.min.js",
}
ICONS_DIR = _NPM / "@tabler/icons/icons"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "cs_platform.core.staticfiles.NpmFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# What is compressed already, and source maps, which nobody waits for.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["png", "jpg", "webp", "gz", "br", "woff", "woff2", "map"]
WHITENOISE_AUTOREFRESH = DEBUG

# --- security headers -----------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # Plotly writes style attributes; nothing user-supplied is ever rendered as style.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
        "base-uri": [SELF],
        "object-src": ["'none'"],
    }
}
CSRF_FAILURE_VIEW = "cs_platform.dashboards.errors.csrf_failed"
X_FRAME_OPTIONS = "DENY"
HTTPS_ONLY = _flag("HTTPS_ONLY", False)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31536000 if HTTPS_ONLY else 0
BEHIND_PROXY = _flag("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Whose attempts at logging in are counted: the proxy is one sender for everybody behind it.
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- events ---------------------------------------------------------------------------------
# Per API key; the whole minute's worth may come at once. 0 takes the limit away.
INGEST_EVENTS_PER_MINUTE = int(os.environ.get("INGEST_EVENTS_PER_MINUTE", "1000000"))

# --- API ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.ApiKeyAuthentication"],
    # Scopes, JSON and limits are the base view's own: cs_platform.core.api.
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "cs_platform.core.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cs_platform.core.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CS Platform",
    "DESCRIPTION": "Read and write what a workspace knows of its customers. Every call carries "
    "an API key; each key belongs to one workspace and sees nothing else.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": [
        "cs_platform.core.openapi.add_components",
        "cs_platform.api_docs.ingest.describe",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "apiKey": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key with the scope the operation names.",
            }
        }
    },
}
# Requests a key may send per minute; 0 is no limit. Events are counted apart.
API_RATE_LIMIT = int(os.environ.get("API_RATE_LIMIT", "600"))

# --- log ------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "cs_platform.core.middleware.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # WeasyPrint tells every step, and every rule that is for screens alone.
    "loggers": {"django.request": {"level": "ERROR"}, "weasyprint": {"level": "ERROR"}},
}
