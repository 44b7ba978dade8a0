from typing import Any

from apps.notifications.models import Notice, OutboxMessage
from apps.projects.models import Project
from tests.access import ANONYMOUS, MAY, SIGNED_IN, Row, api_page, page
from tests.factories import UserFactory


def somebodys_notice(project: Project) -> dict[str, Any]:
    notice = Notice.objects.create(
        recipient=UserFactory(), event_id=1, kind="test", subject="s", body="b", path="/"
    )
    return {"pk": notice.pk}


def kept_mail(project: Project) -> dict[str, Any]:
    return {"pk": OutboxMessage.objects.create(to="somebody@example.org", subject="s", text="t").pk}


NOTHING_THERE = {**dict.fromkeys(SIGNED_IN, 404), ANONYMOUS: 302}

ROWS = {
    "notifications:notices": page(),
    "notifications:mark_read": Row({"POST": NOTHING_THERE}, somebodys_notice),
    "notifications:mark_all_read": Row({"POST": {**dict.fromkeys(SIGNED_IN, MAY), ANONYMOUS: 302}}),
    "notifications:preferences": page().and_posts(*SIGNED_IN),
    "notifications:send_test": Row({"POST": {**dict.fromkeys(SIGNED_IN, MAY), ANONYMOUS: 302}}),
    # Tests send e-mails elsewhere, so that there is no outbox.
    "notifications:outbox": Row({"GET": NOTHING_THERE}),
    "notifications:outbox_message": Row({"GET": NOTHING_THERE}, kept_mail),
    "api:notice-list": api_page(),
    "api:notice-detail": Row({"GET": {**NOTHING_THERE, ANONYMOUS: 401}}, somebodys_notice),
    "api:notice-read-all": Row({"POST": {**dict.fromkeys(SIGNED_IN, MAY), ANONYMOUS: 401}}),
    "api:notice-read": Row({"POST": {**NOTHING_THERE, ANONYMOUS: 401}}, somebodys_notice),
}
