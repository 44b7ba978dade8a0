import json

import pytest

from tests.benchmarks import harness


def test_the_last_line_is_one_json_object(capsys):
    bench = harness.Bench("toy", n=3, columns=("who", "seconds"))
    bench.row("us", 0.12345)
    bench.row("them", 12_345)
    bench.figure("ratio", 1.23456)
    bench.figure("orphans", 0)
    bench.print()
    lines = capsys.readouterr().out.strip().splitlines()
    report = json.loads(lines[-1])
    assert report["figures"] == {"ratio": 1.23, "orphans": 0}
    assert (report["bench"], report["n"]) == ("toy", 3)
    assert {"cores", "memory_gb"} <= report["machine"].keys()
    assert lines[-3:-1] == ["us      0.123", "them   12,345"]


def test_sides_take_turns_and_the_first_round_does_not_count():
    order = []
    seconds = harness.by_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, n=2)
    assert order == list("ababab")
    assert [len(values) for values in seconds.values()] == [2, 2]


def test_a_ratio_is_the_median_of_the_turns():
    seconds = {"ours": [1.0, 2.0, 10.0], "limit": [1.0, 1.0, 1.0]}
    assert harness.ratio_by_turns(seconds, "ours", "limit") == 2.0


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_quantiles_are_values_that_occurred(share, value):
    assert harness.quantile(range(100, 0, -1), share) == value


def test_a_program_reports_its_result_and_its_memory(tmp_path):
    code = "b = b'x' * 150 * 1024**2; print('words'); print('{\"seconds\": 1.5}')"
    result, memory = harness.in_a_process(["-c", code])
    assert result == {"seconds": 1.5}
    assert 150 < memory < 300


def test_a_program_that_fails_is_an_error():
    with pytest.raises(RuntimeError, match="failed with 3"):
        harness.in_a_process(["-c", "raise SystemExit(3)"])


def test_a_benchmark_without_figures_is_refused():
    with pytest.raises(ValueError, match="says nothing"):
        harness.Bench("empty", n=1).print()
