import json
import subprocess
import sys

from tests.scoring.servers import ROOT


def measure(tmp_path, package, digest):
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"directory": str(package.folder), "digest": digest, "predictions": 100}))
    command = [sys.executable, "-m", "scoring.profiling", str(job)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_a_profile_is_measured_in_a_process_of_its_own(tmp_path, binary):
    code, line = measure(tmp_path, binary, binary.digest)
    found = line["result"]
    assert code == 0
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
    assert found["rows_per_second"] > 1000
    assert 10 < found["rss_mb"] < 400


def test_a_wrong_package_is_refused_in_a_sentence(tmp_path, binary):
    code, line = measure(tmp_path, binary, "0" * 64)
    assert code == 1
    assert "manifest" in line["refused"]
