"""All settings. Everything comes from the environment; the defaults run on one's own machine.

EQUIPOISE_ENV is development (default), demo, test or production. Only production serves the world: it refuses to
start without its secrets, and sends cookies over HTTPS alone. The others answer only on the machine itself.
"""

from pathlib import Path

import pghistory
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from trial import environment, logs

BASE_DIR = Path(__file__).resolve().parent.parent

ENVIRONMENT = environment.one_of("EQUIPOISE_ENV", ("development", "demo", "test", "production"), "development")
IN_PRODUCTION = ENVIRONMENT == "production"
IN_DEMO = ENVIRONMENT == "demo"
DEBUG = False

# Secrets. The values for development open nothing: outside production the site answers on this machine only.
if IN_PRODUCTION:
    SECRET_KEY = environment.required("SECRET_KEY", "production")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("SECRET_KEY is shorter than 50 characters. Make one with: python manage.py new_key")
    environment.required("FIELD_KEYS", "production")
    environment.required("DATABASE_URL", "production")
    environment.required("REDIS_URL", "production")
    environment.required("SITE_URL", "production")
else:
    SECRET_KEY = environment.text("SECRET_KEY", "for-development-only-" + "0" * 40)
FIELD_KEYS = environment.fernet_keys(
    "FIELD_KEYS", environment.words("FIELD_KEYS", "ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw=")
)

# Allocation: the key that seals what is still to be drawn, and the second place of its receipts. Both stand outside
# of the database and of its backups.
if IN_PRODUCTION:
    environment.required("ALLOCATION_KEY", "production")
    environment.required("RECEIPTS_FOLDER", "production")
ALLOCATION_KEY = environment.key_of_256_bits(
    "ALLOCATION_KEY", environment.text("ALLOCATION_KEY", "YWxsb2NhdGlvbi1rZXktZm9yLWRldmVsb3BtZW50LTA=")
)
RECEIPTS_FOLDER = environment.folder(
    "RECEIPTS_FOLDER", environment.text("RECEIPTS_FOLDER", str(BASE_DIR / ".demo" / "receipts"))
)

# The site's own address.
SITE_URL = environment.address("SITE_URL", environment.text("SITE_URL", "http://localhost:8000"))
SITE_HOST = SITE_URL.split("//", 1)[1].rsplit(":", 1)[0]
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", SITE_HOST) if IN_PRODUCTION else environment.THIS_MACHINE
if not IN_PRODUCTION:
    environment.stays_on_this_machine(ENVIRONMENT, SITE_HOST)
elif not SITE_URL.startswith("https://"):
    raise ImproperlyConfigured(f"SITE_URL is “{SITE_URL}”, and production speaks HTTPS only. Write it as https://...")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# How many proxies of our own stand in front and add to X-Forwarded-For. With none the header is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT = environment.count("TRUSTED_PROXIES", 0)

# Database: the application's role by default; the owner's only for `migrate`, which finds it by itself.
DATABASES = {
    "default": environment.database(
        "DATABASE_URL", environment.text("DATABASE_URL", "postgresql:///equipoise?host=/var/run/postgresql")
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if owner_url := environment.text("DATABASE_OWNER_URL"):
    DATABASES["owner"] = environment.database("DATABASE_OWNER_URL", owner_url)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "pghistory",
    "trial",
    "questionnaires",
    "analysis",
]

MIDDLEWARE = [
    "trial.site.RefuseUnreadableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trial.site.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trial.people.middleware.ParticipantMiddleware",
    "trial.people.middleware.LanguageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "trial.people.middleware.AccessMiddleware",
    "trial.people.middleware.HistoryMiddleware",
    "trial.site.ExplainMethodMiddleware",
]

ROOT_URLCONF = "trial.urls"
WSGI_APPLICATION = "trial.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trial.site.context",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# Language and time. Participants and staff choose; a trial has a default.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "trial" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files: names with a hash, served by the web process itself.
STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("STATIC_FOLDER", str(BASE_DIR / "static")))
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IN_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Staff sign in by e-mail, password and a second factor. There is no open registration: see trial.people.
AUTH_USER_MODEL = "trial.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
if ENVIRONMENT == "test":  # a slow hash is the point in production and a waste in tests
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:trials"
ACCOUNT_ADAPTER = "trial.people.adapters.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a new password or second factor is told to its owner
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a form that anybody can fill in sends no mail to strangers
ACCOUNT_EMAIL_VERIFICATION = "none"  # an account is made by invitation, and its mail proves the address
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "trial.people.adapters.EncryptedMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Equipoise"
MFA_TOTP_TOLERANCE = 1

# Sessions and the cache of rate limits live in PostgreSQL: signing in works while Redis is away.
CACHES = {"default": {"BACKEND": "trial.cache.JsonCache"}}
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "trial.site.form_expired"
PARTICIPANT_COOKIE_NAME = "participant"
PARTICIPANT_SESSION_IDLE_MINUTES = 30
RESPONDENT_CLOSED_URL = "enrolment:closed"  # where the pages of questionnaires lead whoever has no session

# What a browser may do with our pages. The name is Django 6's, so that its middleware can take over.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = IN_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IN_PRODUCTION else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IN_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IN_PRODUCTION
SECURE_HSTS_PRELOAD = IN_PRODUCTION
SESSION_COOKIE_SECURE = IN_PRODUCTION
CSRF_COOKIE_SECURE = IN_PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Mail: into a folder, or through a server.
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", "Equipoise <study@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_FOLDER = environment.text("MAIL_FOLDER", "" if IN_PRODUCTION else str(BASE_DIR / ".demo" / "mail"))
if smtp_url := environment.text("SMTP_URL"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    globals().update(environment.smtp("SMTP_URL", smtp_url))
elif MAIL_FOLDER:
    EMAIL_BACKEND = "trial.messages.adapters.FolderBackend"
    EMAIL_FILE_PATH = MAIL_FOLDER
else:
    raise ImproperlyConfigured("Neither SMTP_URL nor MAIL_FOLDER is set, so no mail could leave. Set SMTP_URL.")

# Who writes which mail; a kind without a writer here cannot be sent (tests/trial/messages/test_outbox.py).
MAIL_WRITERS = {
    "personal_link": "trial.enrolment.letters.personal_link",
    "consent_copy": "trial.enrolment.letters.consent_copy",
    "withdrawal": "trial.enrolment.letters.withdrawal",
    "staff_invitation": "trial.messages.letters.staff_invitation",
    "wave_open": "trial.waves.letters.wave_open",
    "wave_reminder": "trial.waves.letters.wave_reminder",
    "wave_receipt": "trial.waves.letters.wave_receipt",
    "allocation": "trial.allocation.letters.allocation",
    "safety_case": "trial.safety.letters.safety_case",
    "safety_escalation": "trial.safety.letters.safety_escalation",
    "receipt": "trial.allocation.letters.receipt",
    "list_receipt": "trial.allocation.letters.list_receipt",
    "unmasking": "trial.allocation.letters.unmasking",
    "test": "trial.messages.letters.test",
}

# Background work. Tasks carry row ids only; the queue can be rebuilt from PostgreSQL at any time.
CELERY_BROKER_URL = environment.redis("REDIS_URL", environment.text("REDIS_URL", "redis://localhost:6379/0"))
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
# A task that ran longer would be given to a second worker beside the first.
CELERY_TASK_SOFT_TIME_LIMIT = 1800
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# What no worker has taken before it is due again is not wanted twice.
CELERY_BEAT_SCHEDULE = {
    "send-due-mail": {"task": "trial.messages.tasks.send_due_mail", "schedule": 60, "options": {"expires": 60}},
    "compute-due-reports": {
        "task": "analysis.tasks.compute_due_reports",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "look-after-safety": {
        "task": "trial.safety.tasks.look_after_cases",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "tell-allocated": {
        "task": "trial.allocation.tasks.tell_allocated",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "ask-for-due-mails": {
        "task": "trial.waves.tasks.ask_for_due_mails",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "remove-ended-sessions": {
        "task": "trial.people.tasks.remove_ended_sessions",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = environment.text("BEAT_FILE", "celerybeat-schedule")

# Change tracking: each event row carries its own context, so that the application never updates the trail.
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_APPEND_ONLY = True
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())

# Logs: one line of JSON an event, without addresses, bodies, names or query strings.
LOG_LEVEL = environment.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO")
LOGGING = logs.configuration(LOG_LEVEL)
