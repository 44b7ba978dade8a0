"""What a training is asked to do, checked and with a digest of its own; and how it says no."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from apps.core.said import Said, said
from scoring.signature import Task

Outliers = Literal["keep", "clip", "drop"]
SplitKind = Literal["random", "time"]
Algorithm = Literal["linear", "random_forest", "extra_trees", "gradient_boosting", "lightgbm"]
ALGORITHMS: tuple[str, ...] = get_args(Algorithm)
METRICS: dict[str, tuple[str, ...]] = {
    "binary": ("roc_auc", "average_precision", "log_loss", "brier", "accuracy", "f1"),
    "multiclass": ("macro_f1", "log_loss", "accuracy"),
    "regression": ("rmse", "mae", "r2"),
}
"""Task → its metrics, the default first."""


class TrainingRefused(ValueError):
    """Nothing can be trained from this. It is raised with what a person is told."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    Cleaning. Steps that remove rows act on the data (outliers on training rows alone); clipping
    changes values, so it is fitted and becomes part of the model.
    """

    drop_duplicates: bool = True
    drop_missing_target: bool = True
    outliers: Outliers = "keep"


@dataclass(frozen=True, slots=True)
class Split:
    """`share` of the rows is held out: by a hash of the row key with `salt`, or the latest."""

    kind: SplitKind = "random"
    share: float = 0.2
    salt: str = "held-out rows"


@dataclass(frozen=True, slots=True)
class Protected:
    """
    A protected attribute. `edges` cut a numeric one into groups, quartiles where there are none;
    `reference` is the group that the others are held against, the best served one by default.
    """

    name: str
    edges: tuple[float, ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """
    `features` None: chosen automatically. `row_key` names the columns that identify a row
    (none: the whole row does). `favourable_class` is the decision that people want, for
    fairness (default: the positive class). `max_rows` limits the training rows (a stable
    sample); `time_budget_seconds` the search, not the fit and evaluation after it.
    """

    target: str
    task: Task | Literal["auto"] = "auto"
    features: tuple[str, ...] | None = None
    protected: tuple[Protected, ...] = ()
    positive_class: str | None = None
    favourable_class: str | None = None
    decision_threshold: float = 0.5
    metric: str | None = None
    algorithms: tuple[str, ...] = ALGORITHMS
    trials_per_algorithm: int = 4
    folds: int = 5
    seed: int = 0
    n_jobs: int = 1
    time_budget_seconds: float = 300.0
    max_rows: int | None = None
    row_key: tuple[str, ...] = ()
    time_column: str | None = None
    split: Split = field(default_factory=Split)
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise TrainingRefused(problem)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def settings_digest(self) -> str:
        """SHA-256 of what shapes the result: the number of threads is left out."""
        document = {name: value for name, value in self.as_json().items() if name != "n_jobs"}
        text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "TrainingSettings":
        """Raises TrainingRefused for an unknown name or a value that makes no sense."""
        _only_known(document, cls)
        if not document.get("target"):
            raise TrainingRefused(said("experiments.no_target"))
        return cls(**{name: _typed(name, value) for name, value in document.items()})


def _typed(name: str, value: Any) -> Any:
    if name == "split":
        return _part(Split, value or {})
    if name == "recipe":
        return _part(Recipe, value or {})
    if name == "protected":
        return tuple(_protected(one) for one in value or ())
    if name == "row_key":
        return (value,) if isinstance(value, str) else tuple(value or ())
    return tuple(value) if isinstance(value, list) else value


def _protected(value: Any) -> Protected:
    if isinstance(value, str):
        return Protected(value)
    return _part(Protected, {**value, "edges": tuple(value.get("edges") or ())})


def _part(kind: type[Any], document: dict[str, Any]) -> Any:
    _only_known(document, kind)
    return kind(**document)


def _only_known(document: dict[str, Any], kind: type[Any]) -> None:
    if unknown := sorted(set(document) - {one.name for one in fields(kind)}):
        raise TrainingRefused(said("experiments.unknown_setting", name=unknown[0]))


def _problems(settings: TrainingSettings) -> list[Said]:
    """Every way in which the settings make no sense."""
    unknown = [name for name in settings.algorithms if name not in ALGORITHMS]
    checks = [
        (said("experiments.unknown_algorithm", names=unknown), bool(unknown)),
        (said("experiments.no_algorithm"), not settings.algorithms),
        (said("experiments.folds_out_of_range"), not 2 <= settings.folds <= 20),
        (said("experiments.share_out_of_range"), not 0.05 <= settings.split.share <= 0.5),
        (said("experiments.no_time_column"), settings.split.kind == "time" and not settings.time_column),
        (said("experiments.threshold_out_of_range"), not 0 < settings.decision_threshold < 1),
        (said("experiments.target_as_feature"), settings.target in (settings.features or ())),
        (said("experiments.empty_features"), settings.features == ()),
        (said("experiments.no_time_budget"), settings.time_budget_seconds <= 0),
        (said("experiments.no_trials"), settings.trials_per_algorithm < 1),
        (said("experiments.unknown_outliers"), settings.recipe.outliers not in get_args(Outliers)),
        (said("experiments.unknown_split"), settings.split.kind not in get_args(SplitKind)),
        (said("experiments.unknown_task"), settings.task not in (*METRICS, "auto")),
    ]
    return [told for told, wrong in checks if wrong] + _metric_problem(settings)


def _metric_problem(settings: TrainingSettings) -> list[Said]:
    known = METRICS.get(settings.task) or {name for names in METRICS.values() for name in names}
    if settings.metric is None or settings.metric in known:
        return []
    return [said("experiments.metric_of_other_task", metric=settings.metric, task=settings.task)]
