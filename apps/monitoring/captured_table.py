"""
Captured records as a typed table: one row a scored row.

Columns: `request.id`, `request.time` (UTC, microseconds), `request.correlation_id`,
`request.digest`, `request.ticket`, `request.latency_ms`; the inputs by their own names; the
answers under the names of baselines.output_names. The prefixes keep an input that is called
"id" or "time" apart from the envelope.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from apps.core.said import said
from apps.monitoring.baselines import PREDICTED_CLASS, PREDICTED_VALUE, SCORE
from scoring.inputs import MISSING, InputRefused, typed
from scoring.signature import Feature, Signature

ID, TIME, CORRELATION = "request.id", "request.time", "request.correlation_id"
DIGEST, TICKET, LATENCY = "request.digest", "request.ticket", "request.latency_ms"
ENVELOPE = (ID, TIME, CORRELATION, DIGEST, TICKET, LATENCY)

Record = Mapping[str, Any]


def table(records: Sequence[Record], signature: Signature) -> pa.Table:
    """The records of one deployment. Raises ValueError for one that is no captured record."""
    try:
        columns = _envelope(records)
        inputs = [record["data"]["inputs"] for record in records]
        answers = [record["data"]["outputs"] for record in records]
        columns |= {feature.name: _input(inputs, feature) for feature in signature.features}
        columns |= _answers(answers, signature)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(said("monitoring.no_captured_record", problem=problem)) from None
    return pa.table(columns)


def moment(record: Record) -> datetime:
    """When the request came. ValueError when the record does not say."""
    found = datetime.fromisoformat(str(record["time"]))
    if found.tzinfo is None:
        raise ValueError(said("monitoring.time_without_zone"))
    return found.astimezone(UTC)


def _envelope(records: Sequence[Record]) -> dict[str, pa.Array]:
    return {
        ID: pa.array([record["id"] for record in records], pa.string()),
        TIME: pa.array([moment(record) for record in records], pa.timestamp("us", tz="UTC")),
        CORRELATION: pa.array([record["correlationid"] for record in records], pa.string()),
        DIGEST: pa.array([record["digest"] for record in records], pa.string()),
        TICKET: pa.array([record["ticket"] for record in records], pa.string()),
        LATENCY: pa.array([record["latency_ms"] for record in records], pa.float64()),
    }


def _input(inputs: Sequence[Record], feature: Feature) -> pa.Array:
    values = [row.get(feature.name) for row in inputs]
    kind = pa.float64() if feature.kind == "number" else pa.string()
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_plain(value, feature) for value in values], kind)


def _plain(value: Any, feature: Feature) -> float | str | None:
    try:
        found = typed(value, feature, 0)
    except InputRefused:
        return None
    if feature.kind == "number":
        return float(found)
    return None if found == MISSING else str(found)


def _answers(answers: Sequence[Record], signature: Signature) -> dict[str, pa.Array]:
    predictions = [answer["prediction"] for answer in answers]
    if signature.task == "regression":
        return {PREDICTED_VALUE: pa.array([float(value) for value in predictions], pa.float64())}
    columns = {PREDICTED_CLASS: pa.array([str(value) for value in predictions], pa.string())}
    positive = signature.positive_class
    if positive is not None:
        scores = [(answer.get("probabilities") or {}).get(positive) for answer in answers]
        columns[SCORE] = pa.array(scores, pa.float64())
    return columns
