"""allauth's pages: the sign-in for everybody, one's own account for who is signed in."""

from tests.access import ANONYMOUS, SIGNED_IN, WHO, Row

METHODS = ("GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
"""Its views are classes, which answer PUT as POST."""

OK = frozenset({200, 302, 404, 405, 400, 403})
"""What allauth answers depends on the state of the sign-in; it is never an error or somebody else's page."""


def own(**kwargs: object) -> Row:
    """A page about the reader alone."""
    answers = {**dict.fromkeys(SIGNED_IN, OK), ANONYMOUS: 302}
    return Row(dict.fromkeys(METHODS, answers), lambda project: dict(kwargs))


def entrance(**kwargs: object) -> Row:
    """A page before the sign-in."""
    answers = dict.fromkeys(WHO, OK)
    return Row(dict.fromkeys(METHODS, answers), lambda project: dict(kwargs))


ROWS = {
    "account_login": entrance(),
    "account_logout": entrance(),
    "account_inactive": entrance(),
    "account_signup": entrance(),
    "account_reauthenticate": own(),
    "account_email": own(),
    "account_email_verification_sent": entrance(),
    "account_change_password": own(),
    "account_set_password": own(),
    "account_reset_password": entrance(),
    "account_confirm_login_code": entrance(),
    "account_confirm_email": entrance(key="no-such-key"),
    "account_reset_password_from_key_done": entrance(),
    "account_reset_password_from_key": entrance(uidb36="1", key="no-such-key"),
    "account_reset_password_done": entrance(),
    "mfa_index": own(),
    "mfa_authenticate": entrance(),
    "mfa_reauthenticate": own(),
    "mfa_activate_totp": own(),
    "mfa_deactivate_totp": own(),
    "mfa_view_recovery_codes": own(),
    "mfa_generate_recovery_codes": own(),
    "mfa_download_recovery_codes": own(),
    "mfa_list_webauthn": own(),
    "mfa_add_webauthn": own(),
    "mfa_reauthenticate_webauthn": own(),
    "mfa_remove_webauthn": own(pk=987654321),
    "mfa_edit_webauthn": own(pk=987654321),
    "mfa_login_webauthn": entrance(),
    "usersessions_list": own(),
}
