"""An e-mail backend for where there is no mail server: messages are kept and shown on a page."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from apps.notifications.models import OutboxMessage


class OutboxBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        kept = [
            OutboxMessage(
                to=", ".join(message.recipients())[:300],
                subject=message.subject[:300],
                text=str(message.body),
                html=_html(message),
            )
            for message in email_messages
        ]
        return len(OutboxMessage.objects.bulk_create(kept))


def _html(message: EmailMessage) -> str:
    parts = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    return next((str(part[0]) for part in parts if part[1] == "text/html"), "")
