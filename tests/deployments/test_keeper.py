import http.client
import json
import os
import signal
import threading
import time
from datetime import timedelta

import pytest

from apps.audit.models import Event
from apps.core import storage
from apps.deployments import api_keys, asking, endpoints, going_live, places, probes, reporting
from apps.deployments.keeper import AlreadyRunning, Keeper
from apps.deployments.models import Deployment, Endpoint, ProbeResult, TrafficSample
from apps.registry.models import ModelVersion

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
RECORD = {"age": 0.5, "income": None, "balance": 3, "city": "Ulm", "plan": "basic"}


def ask(endpoint, record=None, **headers):
    """Status and document of one client's request."""
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=10)
    try:
        body = json.dumps({"dataframe_records": [record or RECORD]})
        connection.request("POST", "/invocations", body, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def answers(endpoint):
    try:
        return ask(endpoint)[0] == 200
    except OSError:
        return False


def test_a_live_version_answers_at_its_endpoints_address(live):
    deployment = live()

    status, document = ask(deployment.endpoint)

    assert status == 200
    assert document["model_version"] == str(deployment.version.number)
    assert deployment.loaded_at <= deployment.live_from


def test_a_missing_column_is_named(live):
    status, document = ask(live().endpoint, {"age": 1})
    assert status == 400
    assert "balance" in document["detail"] or "income" in document["detail"]


def test_a_server_that_is_killed_is_back_with_its_version(live, kept):
    deployment = live()
    kept(lambda: Endpoint.objects.get(pk=deployment.endpoint_id).report.get("pid"))
    first = Endpoint.objects.get(pk=deployment.endpoint_id).report["pid"]

    os.kill(first, signal.SIGKILL)
    began = time.monotonic()
    kept(lambda: answers(deployment.endpoint))

    assert time.monotonic() - began < 10
    kept(lambda: Endpoint.objects.get(pk=deployment.endpoint_id).report.get("pid") not in (None, first))


def test_a_new_keeper_brings_everything_back(live, keeper):
    deployment = live()
    keeper.close()
    assert not answers(deployment.endpoint)

    later = Keeper()
    try:
        until = time.monotonic() + 15
        while not answers(deployment.endpoint) and time.monotonic() < until:
            for round_ in later.look():
                round_.result(30)
            time.sleep(0.05)
        assert answers(deployment.endpoint)
    finally:
        later.close()


def test_there_is_one_keeper_on_a_machine(keeper):
    with pytest.raises(AlreadyRunning):
        Keeper()


def test_a_stopped_endpoint_does_not_answer_until_it_is_started(live, kept, engineer, approver):
    endpoint = live().endpoint

    endpoints.stop(endpoint, by=approver, reason="It answers nonsense.")
    kept(lambda: not answers(endpoint))
    kept(lambda: reporting.state_of(Endpoint.objects.get(pk=endpoint.pk)) == "stopped")
    endpoints.start(endpoint, by=engineer)

    kept(lambda: answers(endpoint))


def test_a_restart_is_a_new_process(live, kept, engineer):
    endpoint = live().endpoint
    kept(lambda: Endpoint.objects.get(pk=endpoint.pk).report.get("pid"))
    first = Endpoint.objects.get(pk=endpoint.pk).report["pid"]

    endpoints.restart(endpoint, by=engineer)

    kept(lambda: Endpoint.objects.get(pk=endpoint.pk).report.get("pid") not in (None, first))
    kept(lambda: answers(endpoint))


def test_keys_are_asked_for_and_end_within_a_second(live, kept, engineer):
    endpoint = live().endpoint
    endpoints.choose(endpoint, capture="fast", require_key=True, by=engineer)
    key, text = api_keys.create(endpoint, label="client", lifetime=timedelta(days=1), by=engineer)
    bearer = {"authorization": f"Bearer {text}"}

    def status(**headers):
        try:
            return ask(endpoint, **headers)[0]
        except OSError:
            return 0

    kept(lambda: status() == 401)
    kept(lambda: status(**bearer) == 200)
    assert status(authorization="Bearer wrong") == 403
    assert asking.predict(endpoint, [RECORD]).status == 200

    api_keys.revoke(key, by=engineer)
    began = time.monotonic()
    kept(lambda: status(**bearer) == 403)
    assert time.monotonic() - began < 1


def test_a_changed_package_is_not_loaded_and_the_former_version_goes_on(live, released, kept, engineer):
    former = live()
    release = released(1)
    deployment = going_live.begin(release, former.endpoint, by=engineer, chain=former.chain)
    entry = storage.manifest(release.package["folder"])["model.onnx"]["sha256"]
    path = storage.local_path(entry)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        kept(lambda: Deployment.objects.get(pk=deployment.pk).state == "failed")
    finally:
        path.write_bytes(content)

    assert Deployment.objects.get(pk=deployment.pk).failure
    former.refresh_from_db()
    assert former.state == "live"
    assert ask(former.endpoint)[1]["model_version"] == str(former.version.number)


def test_a_switch_fails_no_request(live, released, kept, engineer):
    former = live()
    release = released(1)
    stop, seen, failed = threading.Event(), set(), []

    def client():
        while not stop.is_set():
            try:
                status, document = ask(former.endpoint)
            except OSError as problem:
                failed.append(str(problem))
                continue
            if status != 200:
                failed.append(document)
            else:
                seen.add(document["model_version"])

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    going_live.begin(release, former.endpoint, by=engineer, chain=former.chain)
    kept(lambda: Deployment.objects.get(pk=former.pk).state == "retired")
    time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()

    assert failed == []
    assert seen == {str(former.version.number), str(release.version.number)}
    log = places.log(former.endpoint.name).read_text()
    assert log.count("loaded version") == 2


def test_probes_tell_of_an_outage_once_and_of_its_end(live, kept, engineer, monkeypatch):
    monkeypatch.setattr(probes, "SETTLING", timedelta(0))
    deployment = live()
    probes.probe_all()
    assert ProbeResult.objects.get().succeeded
    right = asking.predict

    def silent(endpoint, records):
        raise asking.Unavailable("Nobody answers.")

    monkeypatch.setattr(asking, "predict", silent)
    probes.probe_all()
    probes.probe_all()
    monkeypatch.setattr(asking, "predict", right)
    probes.probe_all()

    assert Event.objects.filter(name="deployments.probe_failed").count() == 1
    assert Event.objects.filter(name="deployments.probe_recovered").count() == 1
    assert deployment.probes.count() == 4


def test_traffic_is_counted_in_slices_and_probes_are_not(live, kept, monkeypatch):
    deployment = live()
    kept(lambda: Endpoint.objects.get(pk=deployment.endpoint_id).report.get("pid"))
    asking.predict(deployment.endpoint, [RECORD])
    for _ in range(7):
        ask(deployment.endpoint)

    kept(lambda: TrafficSample.objects.filter(endpoint=deployment.endpoint).exists())

    assert sum(TrafficSample.objects.values_list("requests", flat=True)) == 7


def test_an_unapproved_version_is_never_loaded_even_if_a_row_says_so(live, kept, keeper):
    deployment = live()
    keeper.close()
    type(deployment.proposal).objects.filter(pk=deployment.proposal_id).update(status="stale")
    assert ModelVersion.objects.filter(stage="production").exists()

    later = Keeper()
    try:
        for _ in range(6):
            for round_ in later.look():
                round_.result(30)
            time.sleep(0.3)
        assert ask(deployment.endpoint)[0] == 503
    finally:
        later.close()
