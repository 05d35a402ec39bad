"""The site map, to be read from top to bottom."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path

from trial import site
from trial.desk.public import front
from trial.messages.views import mailbox
from trial.people.views import ActivateSecondFactor, language

handler400 = "trial.site.bad_request"
handler403 = "trial.site.forbidden"
handler404 = "trial.site.not_found"
handler500 = "trial.site.our_fault"

# Signing in. Listed one by one, so that nothing of the library is open that we have not looked at.
staff_account = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", ActivateSecondFactor.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
]

urlpatterns = [
    path("", front, name="home"),
    path("healthz", login_not_required(site.healthz), name="healthz"),
    path("readyz", login_not_required(site.readyz), name="readyz"),
    path("language/", language, name="language"),
    path("account/", include(staff_account)),
    # the demo: its mailbox and logins
    path("mailbox/", mailbox, name="mailbox"),
    path("", include("analysis.urls")),
    # participants
    path("", include("trial.enrolment.urls")),
    path("", include("trial.waves.urls")),
    path("me/", include("trial.portal.urls")),
    path("", include("trial.allocation.urls")),
    path("q/", include("questionnaires.urls")),
    # staff
    path("", include("trial.desk.urls")),
]
