"""The child speaks the protocol: progress, then one result or one refusal, never a traceback."""

import json
import subprocess
import sys

import pytest

from apps.datasets import ingest_child
from apps.datasets.profile_document import DatasetProfile
from apps.datasets.reading import digest_of


def job(tmp_path, content: bytes, **limits: int):
    (tmp_path / "s.csv").write_bytes(content)
    path = tmp_path / "job.json"
    document = {
        "source": str(tmp_path / "s.csv"),
        "out_dir": str(tmp_path / "out"),
        "limits": limits,
    }
    path.write_text(json.dumps(document))
    return path


def said(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_good_file_becomes_data_profile_and_result(tmp_path, capsys):
    ingest_child.main(job(tmp_path, b"a,b\n1,x\n2,y\n2,y\n"))

    *_, done, result = said(capsys)
    assert done["progress"] == 1.0
    assert result["result"]["rows"] == 3
    assert result["result"]["duplicate_rows"] == 1
    assert result["result"]["sha256"] == digest_of(tmp_path / "out" / "data.parquet")
    document = json.loads((tmp_path / "out" / "profile.json").read_text(encoding="utf-8"))
    assert DatasetProfile.from_json(document).column("a").max == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a\n1\n", b'a,b\n"1,2\n', b"\x00" * 99])
def test_a_bad_file_is_refused_with_a_sentence(tmp_path, capsys, content):
    ingest_child.main(job(tmp_path, content))

    assert "refused" in said(capsys)[-1]
    assert not (tmp_path / "out" / "data.parquet").exists()


def test_limits_of_the_job_hold(tmp_path, capsys):
    ingest_child.main(job(tmp_path, b"a,b\n1,2\n3,4\n", rows=1))
    assert said(capsys)[-1]["refused"] == {"code": "datasets.many_rows", "facts": {"most": 1}}


def test_it_runs_as_a_module_without_django(tmp_path):
    command = [sys.executable, "-m", "apps.datasets.ingest_child"]
    done = subprocess.run(
        [*command, str(job(tmp_path, b"a,b\n1,2\n"))], capture_output=True, text=True, check=True
    )
    assert "result" in json.loads(done.stdout.splitlines()[-1])
    assert done.stderr == ""
