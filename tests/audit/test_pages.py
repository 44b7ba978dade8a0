import json
import uuid

import pytest
from django.db import transaction
from django.urls import reverse

from apps.audit import activity, events, sealing
from apps.audit.models import Event, Verification
from apps.core.actors import Rule, System
from apps.projects.roles import Role
from tests.factories import ProjectFactory, UserFactory, member

pytestmark = pytest.mark.django_db
LIST = "audit:event_list"


@pytest.fixture
def viewer(project):
    return member(project, Role.VIEWER, name="Ada Lovelace")


@pytest.fixture
def signed_in(client, viewer):
    client.force_login(viewer)
    return client


@pytest.fixture
def foreign(db):
    with transaction.atomic():
        return events.record("toy.thing_hidden", ProjectFactory(), by=System("test"))


def shown(response):
    return [entry.event.pk for entry in response.context["entries"]]


def test_members_see_what_happened_in_their_projects_and_auditors_everything(
    client, signed_in, happen, foreign
):
    [mine] = happen()

    assert shown(signed_in.get(reverse(LIST))) == [mine.pk]
    assert signed_in.get(reverse("audit:event", args=[foreign.pk])).status_code == 404
    assert signed_in.get(reverse("audit:chain", args=[foreign.chain])).status_code == 404

    client.force_login(UserFactory(auditor=True))
    assert shown(client.get(reverse(LIST))) == [mine.pk, foreign.pk]


def test_events_read_as_sentences_with_names(signed_in, happen, viewer, project):
    happen(name="datasets.version_published", by=viewer)
    happen(name="registry.version_registered", by=Rule("weekly", viewer))
    happen(name="toy.key_taken_away")

    page = signed_in.get(reverse(LIST)).content.decode()

    assert "Ada Lovelace" in page
    assert f"published the dataset version {project}" in page
    assert "by the rule “weekly”" in page
    assert f"key taken away: {project}" in page


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"person": "lovelace"}, 1),
        ({"person": "nobody"}, 0),
        ({"action": "datasets"}, 1),
        ({"action": "datasets.version_published"}, 1),
        ({"since": "2999-01-01"}, 0),
        ({"until": "2999-01-01"}, 3),
        ({"object": "projects.project:0"}, 0),
        ({"chain": "not a chain"}, 0),
    ],
    ids=str,
)
def test_the_list_is_filtered_by_what_stands_in_its_address(signed_in, happen, viewer, wanted, found):
    happen(2)
    happen(name="datasets.version_published", by=viewer)

    assert len(shown(signed_in.get(reverse(LIST), wanted))) == found


def test_pages_go_by_id_in_both_directions(signed_in, happen):
    made = [event.pk for event in happen(120)][::-1]

    first = signed_in.get(reverse(LIST))
    second = signed_in.get(reverse(LIST), {"before": first.context["page"].older})
    third = signed_in.get(reverse(LIST), {"before": second.context["page"].older})
    back = signed_in.get(reverse(LIST), {"after": second.context["page"].newer})

    assert shown(first) + shown(second) + shown(third) == made
    assert third.context["page"].older is None
    assert shown(back) == shown(first)
    assert signed_in.get(reverse(LIST), {"before": "x"}).status_code == 200


def test_the_list_takes_few_queries(signed_in, happen, viewer, django_assert_max_num_queries):
    happen(60, by=viewer)

    with django_assert_max_num_queries(10):
        signed_in.get(reverse(LIST))


def test_an_event_shows_before_and_after_and_its_address_to_auditors_alone(client, signed_in, happen):
    [event] = happen(
        before="manual", after="automatic", detail={"reason": "It is safe.", "address": "192.0.2.7"}
    )
    url, address = reverse("audit:event", args=[event.pk]), events.detail_of(event)["address"]

    page = signed_in.get(url).content.decode()
    assert "automatic" in page
    assert "It is safe." in page
    assert address not in page

    client.force_login(UserFactory(auditor=True))
    assert address in client.get(url).content.decode()


def test_a_chain_is_one_line_in_order(signed_in, happen):
    chain = uuid.uuid4()
    made = [happen(name=name, chain=chain)[0].pk for name in ("datasets.version_published", "toy.trained")]
    happen()

    assert shown(signed_in.get(reverse("audit:chain", args=[chain]))) == made


def test_what_happened_to_an_object_for_other_pages(happen, project, viewer, django_assert_num_queries):
    happen(5, by=viewer)

    with django_assert_num_queries(2):
        entries = activity.about(project, limit=3)

    assert [entry.by for entry in entries] == [viewer] * 3


def test_the_whole_log_is_verified_by_administrators_and_auditors_alone(client, signed_in, happen, var_dir):
    happen()
    sealing.seal_pending()
    assert signed_in.post(reverse("audit:verify")).status_code == 403
    assert signed_in.post("/api/v1/audit/verifications/").status_code == 403

    client.force_login(UserFactory(auditor=True))
    page = client.post(reverse("audit:verify"), follow=True).content.decode()
    assert "Everything holds." in page
    assert client.post("/api/v1/audit/verifications/").json()["status"] == "passed"
    assert Verification.objects.count() == 2


def test_personal_detail_is_erased_by_administrators_alone(client, signed_in, happen, var_dir):
    [event] = happen(detail={"reason": "Because of Mr Smith."})
    url = reverse("audit:erase", args=[event.pk])
    assert signed_in.post(url).status_code == 403

    client.force_login(UserFactory(administrator=True))
    assert "Because of Mr Smith." not in client.post(url, follow=True).content.decode()
    assert client.post(url).status_code == 409
    assert Event.objects.filter(name="audit.detail_erased").count() == 1


def test_exports_hold_what_the_reader_may_see(client, signed_in, happen, foreign, var_dir):
    happen(detail={"reason": "=cmd()"}, note="=1+1")
    lines = [
        json.loads(line)
        for line in b"".join(signed_in.get(reverse("audit:export_json")).streaming_content).splitlines()
    ]
    assert [line["kind"] for line in lines] == ["header", "event"]
    assert "detail" not in lines[1]

    client.force_login(UserFactory(auditor=True))
    text = b"".join(client.get(reverse("audit:export_json")).streaming_content).decode()
    assert text.count('"kind": "event"') == 2
    assert "=cmd()" in text
    sheet = b"".join(client.get(reverse("audit:export_csv")).streaming_content).decode()
    assert sheet.count("\n") == 3


def test_the_api_lists_events_as_the_page_does(signed_in, happen, foreign):
    [event] = happen()

    answer = signed_in.get("/api/v1/audit/events/", {"action": "toy"}).json()

    assert [row["id"] for row in answer["results"]] == [event.pk]
    assert signed_in.get(f"/api/v1/audit/events/{foreign.pk}/").status_code == 404
    assert signed_in.get(f"/api/v1/audit/events/{event.pk}/").json()["facts"] == {"number": 0}


def test_programs_take_the_log_along_and_verify_it_elsewhere(signed_in, happen, foreign, var_dir):
    [event] = happen()

    lines = b"".join(signed_in.get("/api/v1/audit/events/export/?action=toy").streaming_content).splitlines()

    header, line = (json.loads(line) for line in lines)
    assert line["body"] == event.body
    assert signed_in.get("/api/v1/audit/public-key/").json() == {"public_key": header["public_key"]}


def test_a_program_erases_what_a_button_erases(client, signed_in, happen, var_dir):
    [event] = happen(detail={"reason": "Because of Mr Smith."})
    url = f"/api/v1/audit/events/{event.pk}/erase/"
    assert signed_in.post(url).status_code == 403

    client.force_login(UserFactory(administrator=True))
    assert (client.post(url).status_code, client.post(url).status_code) == (204, 409)


def test_a_cursor_that_was_made_up_is_refused(signed_in):
    answer = signed_in.get("/api/v1/audit/events/?cursor=cD1hYmM=")

    assert answer.status_code == 404
    assert answer.json()["detail"]
