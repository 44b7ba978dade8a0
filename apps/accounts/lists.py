"""The list of everybody who has an account."""

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts import people
from apps.accounts.models import User
from apps.core import columns
from apps.core.listing import Listing


class PersonList(Listing):
    """`context` holds the `roles` to choose from; each person gets `why_not`, why they cannot be shut out."""

    key = "people"
    always = frozenset({"name", "actions"})
    at_first_hidden = frozenset({"date_joined"})
    caption = _("Accounts")

    name = columns.Name(_("Person"))
    email = columns.Name(_("E-mail address"))
    role = columns.Part(_("Role across projects"), "accounts/_role.html", exclude_from_export=False)
    last_login = columns.When(_("Last sign-in"), style="relative")
    date_joined = columns.When(_("Since"), style="date")
    is_active = columns.Status(_("State"))
    actions = columns.Part("", "accounts/_person_actions.html")

    def complete(self, records: list[Any]) -> list[Any]:
        for person in records:
            person.why_not = people.why_not_deactivate(person, self.part_context["user"])
        return records

    def value_role(self, record: User) -> str:
        return str(record.get_global_role_display())

    def render_is_active(self, record: User) -> SafeString:
        return (
            columns.status("active")
            if record.is_active
            else columns.status("stopped", gettext("Deactivated"))
        )
