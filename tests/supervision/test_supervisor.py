import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from mlops_portal.supervision.logs import RotatedFile
from mlops_portal.supervision.state import Process, Record, StateFile, end_leftovers
from tests.supervision.toys import (
    FAMILY,
    STUBBORN,
    eventually,
    family,
    lives,
    none_lives,
    supervisor,
)


@pytest.fixture
def running(tmp_path):
    """Starts supervisors of two toys in tmp_path."""
    processes = []

    def start(program=FAMILY):
        processes.append(supervisor(tmp_path, program))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
        process.wait(10)


def everybody(folder):
    return family(folder / "first") + family(folder / "second")


def said(folder):
    return (folder / "said").read_text()


def stored(folder):
    return json.loads((folder / "run" / "supervisor.json").read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_reverse_order(running, tmp_path, number):
    process = running()
    pids = everybody(tmp_path)
    process.send_signal(number)
    assert process.wait(5) == 0
    assert none_lives(pids)()
    assert not (tmp_path / "run" / "supervisor.json").exists()
    assert said(tmp_path).endswith("stopped\n")


def test_kill_9_of_a_program_starts_it_again(running, tmp_path):
    running()
    program, child = family(tmp_path / "first")
    (tmp_path / "first").unlink()
    os.kill(program, signal.SIGKILL)
    again, _ = family(tmp_path / "first")
    assert again != program
    assert not lives(child)
    assert "was ended by SIGKILL after 0 s; again in 0.5 s" in said(tmp_path)


def test_kill_9_of_a_guard_starts_its_program_again_and_leaves_no_child(running, tmp_path):
    running()
    pids = family(tmp_path / "first")
    (tmp_path / "first").unlink()
    os.kill(stored(tmp_path)["programs"]["first"]["pid"], signal.SIGKILL)
    assert family(tmp_path / "first") != pids
    assert none_lives(pids)()


@pytest.mark.parametrize("program", [FAMILY, STUBBORN], ids=["polite", "deaf to SIGTERM"])
def test_kill_9_of_the_supervisor_leaves_no_orphan(running, tmp_path, program):
    process = running(program)
    pids = everybody(tmp_path)
    process.kill()
    eventually(none_lives(pids), 3)


def test_after_kill_9_the_next_start_works_at_once(running, tmp_path):
    process = running(STUBBORN)
    pids = everybody(tmp_path)
    process.kill()
    process.wait()
    (tmp_path / "first").unlink()
    (tmp_path / "second").unlink()
    running()
    everybody(tmp_path)
    assert none_lives(pids)()


def test_a_second_start_is_refused_with_where_the_first_one_is(running, tmp_path):
    first = running()
    everybody(tmp_path)
    second = running()
    assert second.wait(5) == 1
    assert f"already runs at http://localhost:8000 (process {first.pid})" in said(tmp_path)
    assert first.poll() is None


def test_the_state_file_is_for_its_owner_alone(running, tmp_path):
    process = running()
    everybody(tmp_path)
    assert stat.S_IMODE((tmp_path / "run" / "supervisor.json").stat().st_mode) == 0o600
    eventually(lambda: set(stored(tmp_path)["programs"]) == {"first", "second"})
    assert stored(tmp_path)["supervisor"]["pid"] == process.pid


def test_a_number_that_was_used_again_is_left_alone(tmp_path):
    bystander = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    reused = Process(bystander.pid, "the start time of another process")
    began = time.monotonic()
    end_leftovers(Record("", reused, {"web": reused}))
    assert time.monotonic() - began < 1
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_what_an_earlier_supervisor_left_is_ended(tmp_path):
    left = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    state = StateFile(tmp_path)
    state.write(Record("", Process(0, ""), {"web": Process.of(left.pid)}))
    state.take("http://localhost:8000")
    assert left.wait(5) == -signal.SIGTERM
    state.release()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"address": 1, "programs": []}', "null"])
def test_a_damaged_state_file_is_no_obstacle(tmp_path, content):
    state = StateFile(tmp_path)
    state.path.write_text(content)
    assert state.take("http://localhost:8000").programs == {}
    state.release()


def test_a_program_that_keeps_failing_is_tried_less_and_less_often(running, tmp_path):
    running("raise SystemExit(3)")
    eventually(lambda: said(tmp_path).count("again in 1 s") == 2, 8)
    assert "first         ended with code 3 after 0 s; again in 0.5 s" in said(tmp_path)


def test_what_programs_write_is_in_their_logs(running, tmp_path):
    process = running("print('hello', flush=True); " + FAMILY)
    everybody(tmp_path)
    process.terminate()
    process.wait(5)
    assert (tmp_path / "log" / "first.log").read_text() == "hello\n"


def test_a_log_is_put_aside_when_it_is_large_and_the_oldest_goes(tmp_path):
    log = RotatedFile(tmp_path / "web.log", largest=10, kept=2)
    for letter in b"abcde":
        log.write(bytes([letter]) * 11)
    log.close()
    assert {path.name: path.read_text()[:1] for path in tmp_path.iterdir()} == {
        "web.log": "",
        "web.log.1": "e",
        "web.log.2": "d",
    }
