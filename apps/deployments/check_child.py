"""
Checks a package in a process of its own.

`python -m apps.deployments.check_child JOB.json`: the job is {"directory", "digest",
"signature"}; what it says is apps.core.child_protocol's.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from apps.core import child_protocol
from apps.core.said import Said, of_error, said
from scoring.inputs import InputRefused
from scoring.models import LoadedModel, load
from scoring.problems import Problem
from scoring.signature import Signature

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    name: Said
    passed: bool
    sentence: Said


def check(directory: Path, digest: str, signature: Record) -> list[Check]:
    """Raises ValueError where the package does not load at all."""
    model = load(directory, digest)
    stated = Signature.from_json(signature)
    return [
        Check(
            said("deployments.check_loads"),
            True,
            said("deployments.loaded", runtime=model.runtime),
        ),
        _same_signature(model, stated),
        _samples(model),
        *_bad_inputs(model),
    ]


def _same_signature(model: LoadedModel, stated: Signature) -> Check:
    same = model.signature == stated
    told = said("deployments.signature", inputs=len(stated.features), task=stated.task)
    return Check(
        said("deployments.check_signature"), same, told if same else said("deployments.other_signature")
    )


def _samples(model: LoadedModel) -> Check:
    name = said("deployments.check_samples")
    try:
        answered = model.check_samples()
    except ValueError as different:
        return Check(name, False, of_error(different))
    told = said("deployments.samples_answered", rows=answered)
    return Check(name, answered > 0, told if answered else said("deployments.no_samples"))


def _bad_inputs(model: LoadedModel) -> list[Check]:
    """What no client can be expected to send right, each with the answer that it gets."""
    if not model.samples:
        return []
    good: Record = model.samples[0]["inputs"]
    first = model.signature.features[0].name
    without = {name: value for name, value in good.items() if name != first}
    numbers = [feature.name for feature in model.signature.features if feature.kind == "number"]
    cases: list[tuple[Said, Any]] = [
        (said("deployments.check_missing_column"), without),
        (said("deployments.check_no_object"), [1, 2, 3]),
    ]
    if numbers:
        cases.append((said("deployments.check_text_for_number"), good | {numbers[0]: "many"}))
    return [_refused(name, model, record) for name, record in cases] + [_unknown(model, good)]


def _refused(name: Said, model: LoadedModel, record: Any) -> Check:
    answer = _refusal(lambda: model.reader.from_records([record]))
    return Check(name, answer is not None, answer or said("deployments.answered_instead"))


def _unknown(model: LoadedModel, good: Record) -> Check:
    """A level that training never saw, and nothing at all, are answered."""
    odd = {
        feature.name: "never seen before" if feature.kind == "category" else None
        for feature in model.signature.features
    }
    answer = _refusal(lambda: model.predict(model.reader.from_records([odd, good]).columns))
    name = said("deployments.check_unknown_values")
    return Check(name, answer is None, answer or said("deployments.both_answered"))


def _refusal(attempt: Callable[[], object]) -> Said | None:
    """In the words that clients get, which the scoring runtime has in English alone."""
    try:
        attempt()
    except (InputRefused, Problem) as refused:
        return said("deployments.refused_with", answer=refused)
    return None


def main(arguments: list[str]) -> int:
    job = json.loads(Path(arguments[0]).read_bytes())
    child_protocol.progress(0.0, said("deployments.doing_loading"))
    try:
        found = check(Path(job["directory"]), job["digest"], job["signature"])
    except (ValueError, OSError) as refused:
        child_protocol.refuse(of_error(refused))
        return 1
    failed = [one for one in found if not one.passed]
    child_protocol.result(
        {
            "passed": not failed,
            "checks": [asdict(one) for one in found],
        }
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
