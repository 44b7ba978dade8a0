"""From a judged window to an incident: does the breach last, and why did it happen?"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from apps.core.said import said
from apps.deployments.models import Deployment, Endpoint
from apps.experiments import reports
from apps.monitoring import causes, incidents
from apps.monitoring.baselines import Baseline
from apps.monitoring.causes import Cause, Evidence, Labels
from apps.monitoring.drift import FeatureDrift
from apps.monitoring.histograms import WindowCounts
from apps.monitoring.models import Incident, WindowResult
from apps.monitoring.windows import persists

SILENCE = timedelta(minutes=15)
"""Windows may be seconds long; a pause in the traffic is no alarm before this."""
NO_DATA = "no_data"

Verdict = WindowResult.Verdict


def consider(
    result: WindowResult, features: Sequence[FeatureDrift], counts: WindowCounts, baseline: Baseline
) -> Incident | None:
    """Open an incident, or attach to the open one, when enough of the last windows breached."""
    if result.verdict == Verdict.NO_DATA:
        return _silence(result)
    if not result.is_breach or not _lasts(result):
        return None
    evidence = Evidence(
        features,
        counts,
        baseline,
        importance=reports.importance(result.deployment.version.training_run),
        code_changed=_has_just_changed(result),
    )
    return _open(result, causes.name_causes(evidence))


def consider_labels(result: WindowResult, features: Sequence[FeatureDrift], counts: WindowCounts,
                    baseline: Baseline, labels: Labels) -> Incident | None:  # fmt: skip
    """As above, for a window whose true outcomes came and whose performance has fallen."""
    evidence = Evidence(
        features,
        counts,
        baseline,
        importance=reports.importance(result.deployment.version.training_run),
        labels=labels,
        code_changed=_has_just_changed(result),
    )
    return _open(result, causes.name_causes(evidence))


def _lasts(result: WindowResult) -> bool:
    monitor = result.monitor
    judged = (
        WindowResult.objects.filter(monitor=monitor, deployment=result.deployment, start__lte=result.start)
        .exclude(verdict=Verdict.NO_DATA)
        .exclude(verdict=Verdict.NOT_ENOUGH_DATA, is_breach=False)
        .order_by("-start")
    )
    newest = list(judged.values_list("is_breach", flat=True)[: monitor.among])
    return persists(newest[::-1], k=monitor.needed, n=monitor.among)


def _has_just_changed(result: WindowResult) -> bool:
    """Whether another version went live within the windows that are looked at together."""
    looked_at = result.monitor.among * (result.end - result.start)
    deployment = result.deployment
    return (
        deployment.live_from is not None
        and deployment.live_from >= result.end - looked_at
        and Deployment.objects.filter(
            endpoint=deployment.endpoint, live_from__lt=deployment.live_from
        ).exists()
    )


def _open(result: WindowResult, found: Sequence[Cause]) -> Incident | None:
    if not found:
        return None
    named = [_as_json(cause, result) for cause in found]
    return incidents.open_for(
        result,
        cause=found[0].kind,
        sentence=found[0].sentence,
        causes=named,
        calls_for_retraining=causes.calls_for_retraining(found),
    )


def _as_json(cause: Cause, result: WindowResult) -> dict[str, Any]:
    features = {feature["name"]: FeatureDrift.from_json(feature) for feature in result.features}
    evidence = [_figure(features[name]) for name in cause.columns[:5] if name in features]
    return {**asdict(cause), "evidence": [one for one in evidence if one]}


def _figure(feature: FeatureDrift) -> dict[str, Any] | None:
    """The deciding figure of a column beside its threshold."""
    shown = feature.deciding
    if shown is None:
        return None
    return {
        "column": feature.name,
        "metric": shown.name,
        "value": shown.value,
        "threshold": shown.effective_threshold,
        "n": feature.n_window,
    }


def _silence(result: WindowResult) -> Incident | None:
    """The dead man's switch: there were rows, and now there are none for a while."""
    monitor = result.monitor
    if monitor.endpoint.wanted != Endpoint.Wanted.RUNNING or monitor.endpoint.capture == Endpoint.Capture.OFF:
        return None
    earlier = WindowResult.objects.filter(monitor=monitor, start__lte=result.start)
    last = earlier.filter(rows__gt=0).order_by("-start").first()
    if last is None:
        return None
    silent = result.end - last.end
    if silent < max(SILENCE, monitor.needed * (result.end - result.start)):
        return None
    minutes = int(silent.total_seconds() // 60)
    sentence = said("monitoring.silence", minutes=minutes, rows=last.rows)
    cause = {
        "kind": NO_DATA,
        "sentence": sentence,
        "confidence": 1.0,
        "recommendation": "ask_a_person",
        "columns": [],
        "evidence": [],
    }
    return incidents.open_for(
        result, cause=NO_DATA, sentence=sentence, causes=[cause], calls_for_retraining=False
    )
