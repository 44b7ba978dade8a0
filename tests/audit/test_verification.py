"""The log shows every manipulation, and where. Sized by AUDIT_EVENTS (10^5 in the long run)."""

import importlib.util
import json
import os
import random
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.audit import checkpoints, erasure, events, exporting, sealing, verification, verifying
from apps.audit.models import Checkpoint, Event, EventDetail, Seal, Verification
from apps.core import canonical
from apps.core.errors import NotAllowed, Unavailable, WrongState
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]
VERIFIER = Path(verification.__file__).parent / "standalone" / "verify_events.py"
EVENTS = int(os.environ.get("AUDIT_EVENTS", "3000"))


@pytest.fixture
def log(var_dir, project):
    """A sealed and signed log, written in bulk."""
    now = timezone.now()
    made = []
    for number in range(EVENTS):
        event = Event(
            name="toy.thing_happened",
            at=now + timedelta(microseconds=number),
            chain=uuid.UUID(int=number % 50),
            project_id=project.pk,
            actor="portal:test",
            object_type="projects.project",
            object_id=str(project.pk),
            object_label="Überproject",
        )
        event.body = canonical.encode(events._body(event, {"number": number}, "", {})).decode()
        made.append(event)
    Event.objects.bulk_create(made, batch_size=500)
    while sealing.seal_pending(since=0):
        checkpoints.sign_when_due()
    checkpoints.sign_when_due()


def rewrite_from(sequence: int) -> None:
    """What an attacker with the whole database would do: compute every seal anew."""
    previous = Seal.objects.get(sequence=sequence - 1).hash if sequence > 1 else sealing.GENESIS
    for seal in Seal.objects.filter(sequence__gte=sequence).select_related("event").order_by("sequence"):
        digest = sealing.hash_of(previous, seal.sequence, seal.event.body)
        Seal.objects.filter(pk=seal.pk).update(previous=previous, hash=digest)
        previous = digest


def event_at(sequence: int) -> Event:
    return Event.objects.get(seal__sequence=sequence)


def test_an_untouched_log_holds(log):
    found = verification.verify()

    assert (found.holds, found.sealed, found.unsealed) == (True, EVENTS, 0)


def test_one_altered_byte_is_located(log):
    at = random.Random(7).randint(2, EVENTS - 1)
    event = event_at(at)
    Event.objects.filter(pk=event.pk).update(body=event.body.replace('"format":1', '"format":2'))

    assert verification.verify().broken_at == at


@pytest.mark.parametrize(
    "change",
    [
        {"name": "toy.thing_denied"},
        {"project_id": None},
        {"actor": "user:1"},
        {"actor_id": 1},
        {"object_id": "999"},
        {"object_label": "another"},
        {"chain": uuid.UUID(int=999)},
        {"at": timezone.now() - timedelta(days=9)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_column_that_differs_from_what_was_sealed_is_located(log, change):
    Event.objects.filter(pk=event_at(EVENTS // 2).pk).update(**change)

    assert verification.verify().broken_at == EVENTS // 2


def test_a_deleted_event_is_located(log):
    Seal.objects.filter(sequence=EVENTS // 3).delete()

    assert verification.verify().broken_at == EVENTS // 3


def test_an_event_put_in_between_is_located(log):
    at = EVENTS - 20
    for seal in Seal.objects.filter(sequence__gte=at).order_by("-sequence"):
        Seal.objects.filter(pk=seal.pk).update(sequence=seal.sequence + 1)
    forged = event_at(1)
    forged.pk = None
    forged.save()
    Seal.objects.create(event=forged, sequence=at, previous="0" * 64, hash="f" * 64)

    assert verification.verify().broken_at == at


def test_two_events_that_were_swapped_are_located(log):
    one, two = event_at(11), event_at(12)
    Event.objects.filter(pk=one.pk).update(body=two.body)
    Event.objects.filter(pk=two.pk).update(body=one.body)

    assert verification.verify().broken_at == 11


def test_a_cut_tail_is_found_by_the_checkpoint_outside(log):
    Seal.objects.filter(sequence__gt=EVENTS - 5).delete()
    Checkpoint.objects.all().delete()

    found = verification.verify()

    assert found.broken_at == EVENTS - 4
    assert "tail was cut" in str(found.reason)


def test_a_log_written_anew_is_found_by_the_checkpoint_outside_and_not_without_it(log, file_outside):
    event = event_at(5)
    body = json.loads(event.body) | {"facts": {"number": 666}}
    Event.objects.filter(pk=event.pk).update(body=canonical.encode(body).decode())
    rewrite_from(5)
    Checkpoint.objects.all().delete()

    found = verification.verify()
    file_outside.unlink()
    without = verification.verify()

    assert "written anew" in str(found.reason)
    assert without.holds, "The negative control: the chain alone does not show it."


def test_a_checkpoint_that_somebody_else_signed_is_found(log):
    Checkpoint.objects.filter(sequence=EVENTS).update(signature="0" * 128)

    assert "not signed by this portal" in str(verification.verify().reason)


def test_an_altered_detail_is_located_and_an_erased_one_is_not_a_fault(var_dir, happen, administrator):
    [event] = happen(detail={"reason": "She asked for it."})
    sealing.seal_pending()
    EventDetail.objects.filter(event=event).update(content='{"reason":"He did."}')
    assert verification.verify().broken_at == 1

    erasure.erase(event, by=administrator)
    sealing.seal_pending()

    assert verification.verify().holds
    assert events.detail_of(event) == {}
    with pytest.raises(WrongState):
        erasure.erase(event, by=administrator)
    with pytest.raises(NotAllowed):
        erasure.erase(event, by=UserFactory())


def test_a_detail_that_was_erased_in_silence_is_found(var_dir, happen):
    [event] = happen(detail={"reason": "She asked for it."})
    sealing.seal_pending()
    EventDetail.objects.filter(event=event).update(content="", salt="", erased_at=timezone.now())

    assert "nothing tells of it" in str(verification.verify().reason)


def test_the_command_says_what_does_not_hold(log, capsys):
    call_command("verify_audit")
    assert f"{EVENTS} events hold" in capsys.readouterr().out

    Event.objects.filter(pk=event_at(9).pk).update(actor="user:3")
    with pytest.raises(CommandError, match="Number 9"):
        call_command("verify_audit")


def test_the_key_is_its_owners_alone_and_is_not_made_anew(var_dir, happen):
    happen()
    sealing.seal_pending()
    checkpoints.sign_when_due()
    key = var_dir / "keys" / "audit_ed25519.pem"

    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    with pytest.raises(FileNotFoundError):
        checkpoints.public_key()


def test_a_checkpoint_is_made_every_hundred_events_and_every_minute(var_dir, happen):
    happen(3)
    sealing.seal_pending()
    assert checkpoints.sign_when_due().sequence == 3
    happen(99)
    sealing.seal_pending()
    assert checkpoints.sign_when_due() is None
    happen(1)
    sealing.seal_pending()
    assert checkpoints.sign_when_due().sequence == 103
    happen(1)
    sealing.seal_pending()
    assert checkpoints.sign_when_due() is None
    Checkpoint.objects.filter(sequence=103).update(at=timezone.now() - timedelta(minutes=2))
    assert checkpoints.sign_when_due().sequence == 104


@pytest.mark.parametrize("broken", ["sealing", "signing"])
def test_what_must_be_provable_waits_while_the_log_is_not_sealed_or_signed(var_dir, happen, broken):
    happen()
    sealing.require()
    late = timezone.now() - timedelta(minutes=10)
    if broken == "sealing":
        Event.objects.update(at=late)
    else:
        sealing.seal_pending()
        Seal.objects.update(sealed_at=late)

    with pytest.raises(Unavailable):
        sealing.require()


def test_a_signature_that_cannot_be_kept_outside_is_not_kept_inside_either(var_dir, happen, monkeypatch):
    happen()
    sealing.seal_pending()
    (var_dir / "audit").write_text("in the way")

    with pytest.raises(OSError, match="exists"):
        checkpoints.sign_when_due()

    assert not Checkpoint.objects.exists()


def test_a_verification_is_kept_with_its_time_and_only_one_runs(log, administrator, monkeypatch):
    made = verifying.ask(by=administrator)
    assert (made.holds, made.sealed) == (True, EVENTS)

    monkeypatch.setattr(verifying, "AT_ONCE_UP_TO", 10)
    waiting = verifying.ask(by=administrator)
    assert waiting.finished_at is None
    with pytest.raises(WrongState):
        verifying.ask(by=administrator)
    verifying.perform_asked()
    waiting.refresh_from_db()
    assert waiting.holds
    assert Verification.objects.count() == 2


def exported(tmp_path, reader, change=lambda lines: lines):
    path = tmp_path / "events.jsonl"
    lines = list(exporting.json_lines(Event.objects.all(), reader))
    path.write_text("".join(change(lines)))
    command = [sys.executable, "-I", str(VERIFIER), str(path), "--key", checkpoints.public_key_hex()]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_export_is_verified_without_the_portal(log, tmp_path, administrator):
    ended = exported(tmp_path, administrator)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{EVENTS} events hold" in ended.stdout


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: [*lines[:5], lines[5].replace("thing_happened", "thing_denied"), *lines[6:]], "5"),
        (lambda lines: [*lines[:7], *lines[8:]], "missing"),
        (lambda lines: lines[:-3], "checkpoint"),
    ],
    ids=["altered", "deleted", "without its checkpoints"],
)
def test_an_export_that_was_altered_is_not(log, tmp_path, administrator, change, says):
    ended = exported(tmp_path, administrator, change)

    assert ended.returncode == 1
    assert says in ended.stdout


def test_the_standalone_verifier_is_short_and_needs_nothing_but_python():
    text = VERIFIER.read_text()
    imported = {
        line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    }

    assert len(text.splitlines()) <= 200
    assert imported <= sys.stdlib_module_names


def test_the_standalone_arithmetic_agrees_with_the_library(tmp_path):
    spec = importlib.util.spec_from_file_location("verify_events", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_events"] = module
    spec.loader.exec_module(module)
    for number in range(5):
        key = Ed25519PrivateKey.generate()
        public, message = key.public_key().public_bytes_raw(), f"message {number}".encode()
        signature = key.sign(message)
        assert module.is_signed(public, message, signature)
        assert not module.is_signed(public, message + b".", signature)
        assert not module.is_signed(public, message, signature[:-1] + bytes([signature[-1] ^ 1]))
