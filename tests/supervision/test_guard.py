import os
import signal
import subprocess
import sys
import time

import pytest

from tests.supervision.toys import (
    FAMILY,
    STUBBORN,
    eventually,
    family,
    guarded,
    kill,
    lives,
    none_lives,
    python,
)


@pytest.fixture
def started():
    """Starts guards, and leaves none behind whatever the test does."""
    running = []

    def start(argv, *options, **popen):
        process, lifeline = guarded(argv, *options, **popen)
        running.append((process, lifeline))
        return process, lifeline

    yield start
    for process, lifeline in running:
        os.close(lifeline)
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("pass", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", 128 + signal.SIGKILL),
        ("import os; os.kill(os.getpid(), 15)", 128 + signal.SIGTERM),
    ],
)
def test_the_guard_reports_how_its_program_ended(started, program, code):
    process, _lifeline = started(python(program))
    assert process.wait(5) == code


def test_a_program_that_cannot_be_started_is_127_and_says_why(started):
    process, _lifeline = started(["/no/such/program"], stderr=subprocess.PIPE)
    assert process.wait(5) == 127
    assert b"/no/such/program cannot be started: No such file" in process.stderr.read()


@pytest.mark.parametrize("program", [FAMILY, STUBBORN], ids=["polite", "deaf to SIGTERM"])
def test_end_of_the_lifeline_ends_the_whole_group(tmp_path, program):
    process, lifeline = guarded(python(program, tmp_path / "family"), grace=60)
    pids = family(tmp_path / "family")
    os.close(lifeline)
    eventually(none_lives(pids), 2.5)
    process.wait(5)


def test_without_the_guard_the_group_would_have_survived(tmp_path):
    """The control: the same program with nobody watching."""
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-S', '-c', sys.argv[1], sys.argv[2]]); time.sleep(60)"
    )
    starter = subprocess.Popen(python(code, FAMILY, tmp_path / "family"), start_new_session=True)
    pids = family(tmp_path / "family")
    starter.kill()
    starter.wait()
    time.sleep(0.3)
    assert all(lives(pid) for pid in pids)
    for pid in pids:
        kill(pid)


def test_sigterm_asks_first_and_the_exit_code_is_the_programs(started, tmp_path):
    polite = (
        "import signal, sys, time, pathlib\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    process, _lifeline = started(python(polite, tmp_path / "up"))
    eventually((tmp_path / "up").exists)
    process.terminate()
    assert process.wait(5) == 5


def test_sigterm_kills_after_the_grace(started, tmp_path):
    process, _lifeline = started(python(STUBBORN, tmp_path / "family"), grace=0.3)
    pids = family(tmp_path / "family")
    process.terminate()
    assert process.wait(5) == 128 + signal.SIGKILL
    assert none_lives(pids)()


def test_what_an_ended_program_left_behind_is_removed(started, tmp_path):
    leaves = STUBBORN.replace("time.sleep(600)\n", "sys.exit(3)\n")
    assert leaves.endswith("sys.exit(3)\n")
    process, _lifeline = started(python(leaves, tmp_path / "family"))
    pids = family(tmp_path / "family")
    assert process.wait(5) == 3
    assert none_lives(pids)()


def test_kill_9_of_the_program_takes_its_children_along(started, tmp_path):
    process, _lifeline = started(python(FAMILY, tmp_path / "family"))
    program, child = family(tmp_path / "family")
    os.kill(program, signal.SIGKILL)
    assert process.wait(5) == 128 + signal.SIGKILL
    assert not lives(child)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's own death signal")
def test_kill_9_of_the_guard_ends_the_program(started, tmp_path):
    process, _lifeline = started(python(FAMILY, tmp_path / "family"))
    program, child = family(tmp_path / "family")
    process.kill()
    process.wait(5)
    eventually(none_lives([program]), 2)
    kill(child)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="macOS does not keep the limit")
def test_a_memory_limit_is_kept(started):
    hungry = "b = bytearray(300 * 1024**2); print(len(b))"
    limited, _ = started(python(hungry), "--memory", str(200 * 1024**2), stderr=subprocess.PIPE)
    roomy, _ = started(python(hungry), "--memory", str(900 * 1024**2), stdout=subprocess.PIPE)
    assert limited.wait(5) == 1
    assert b"MemoryError" in limited.stderr.read()
    assert roomy.wait(5) == 0


def test_niceness_and_output_reach_the_program(started):
    process, _ = started(
        python("import os; print(os.nice(0)); os.close(1)"), "--nice", "4", stdout=subprocess.PIPE
    )
    assert int(process.stdout.read()) == os.nice(0) + 4


def test_the_reader_of_the_output_waits_for_the_program_alone(started):
    process, _ = started(python("import time; print('x', flush=True)"), stdout=subprocess.PIPE)
    assert process.stdout.read() == b"x\n"
    assert process.wait(5) == 0


def test_the_program_inherits_no_lifeline(started):
    listing = "import os; print(sorted(int(n) for n in os.listdir('/dev/fd')))"
    process, _ = started(python(listing), stdout=subprocess.PIPE)
    open_ones = process.stdout.read().decode()
    assert open_ones.strip() in ("[0, 1, 2, 3]", "[0, 1, 2]")


def test_signals_are_as_a_fresh_program_expects_them(started):
    code = (
        "import signal as s\nprint(*(s.getsignal(n) is s.SIG_DFL for n in (s.SIGTERM, s.SIGCHLD, s.SIGHUP)))"
    )
    process, _ = started(python(code), stdout=subprocess.PIPE)
    assert process.stdout.read().split() == [b"True"] * 3
