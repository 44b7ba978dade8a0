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
from scoring.inputs import InputRefused
from scoring.models import LoadedModel, load
from scoring.problems import Problem
from scoring.signature import Signature

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    passed: bool
    sentence: str


def check(directory: Path, digest: str, signature: Record) -> list[Check]:
    """Raises ValueError where the package does not load at all."""
    model = load(directory, digest)
    stated = Signature.from_json(signature)
    return [
        Check("Loads in a fresh process", True, f"Every file has its digest; {model.runtime} runtime."),
        _same_signature(model, stated),
        _samples(model),
        *_bad_inputs(model),
    ]


def _same_signature(model: LoadedModel, stated: Signature) -> Check:
    same = model.signature == stated
    words = f"{len(stated.features)} inputs, {stated.task}." if same else "The registry says something else."
    return Check("Has the version's signature", same, words)


def _samples(model: LoadedModel) -> Check:
    try:
        answered = model.check_samples()
    except ValueError as different:
        return Check("Answers its samples", False, str(different))
    words = f"{answered} rows answered as by the fitted pipeline."
    return Check("Answers its samples", answered > 0, words if answered else "It has no samples.")


def _bad_inputs(model: LoadedModel) -> list[Check]:
    """What no client can be expected to send right, each with the sentence it gets."""
    if not model.samples:
        return []
    good: Record = model.samples[0]["inputs"]
    first = model.signature.features[0].name
    without = {name: value for name, value in good.items() if name != first}
    numbers = [feature.name for feature in model.signature.features if feature.kind == "number"]
    cases: list[tuple[str, Any]] = [
        ("Refuses a missing column", without),
        ("Refuses a row that is no object", [1, 2, 3]),
    ]
    if numbers:
        cases.append(("Refuses text where a number belongs", good | {numbers[0]: "many"}))
    return [_refused(name, model, record) for name, record in cases] + [_unknown(model, good)]


def _refused(name: str, model: LoadedModel, record: Any) -> Check:
    sentence = _sentence(lambda: model.reader.from_records([record]))
    return Check(name, sentence is not None, sentence or "It was answered instead.")


def _unknown(model: LoadedModel, good: Record) -> Check:
    """A level that training never saw, and nothing at all, are answered."""
    odd = {
        feature.name: "never seen before" if feature.kind == "category" else None
        for feature in model.signature.features
    }
    sentence = _sentence(lambda: model.predict(model.reader.from_records([odd, good]).columns))
    return Check("Answers unknown and missing values", sentence is None, sentence or "Both were answered.")


def _sentence(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except (InputRefused, Problem) as refused:
        return str(refused)
    return None


def main(arguments: list[str]) -> int:
    job = json.loads(Path(arguments[0]).read_bytes())
    child_protocol.progress(0.0, "Loading the package")
    try:
        found = check(Path(job["directory"]), job["digest"], job["signature"])
    except (ValueError, OSError) as refused:
        child_protocol.refuse(str(refused))
        return 1
    failed = [one for one in found if not one.passed]
    child_protocol.result(
        {
            "passed": not failed,
            "sentence": failed[0].sentence if failed else f"All {len(found)} checks of the package passed.",
            "checks": [asdict(one) for one in found],
        }
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
