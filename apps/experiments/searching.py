"""The search: trials cross-validated within a time budget, and which of them wins."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.pipeline import Pipeline

from apps.core.said import NOTHING, Said, said
from apps.experiments import algorithms, overfitting, predicting
from apps.experiments.algorithms import FAMILIES
from apps.experiments.folding import Fold, Material, folds
from apps.experiments.metrics import FORMULAS, Metric
from apps.experiments.training import METRICS, TrainingRefused, TrainingSettings

MUST_FINISH = 2
TRAIN_SAMPLE = 20_000
CLEARLY = 2.0


@dataclass(frozen=True, slots=True)
class Trial:
    """
    One algorithm with one set of parameters over all folds.

    `interval`: 95 % of the mean, widened for folds that share training rows (Nadeau and Bengio
    2003). `gain`: the share of the way from naive to perfect. `findings`: the fit in words.
    """

    number: int
    algorithm: str
    parameters: dict[str, Any]
    fold_scores: list[float]
    mean: float
    interval: tuple[float, float]
    train_score: float
    gain: float
    findings: list[dict[str, Any]]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Trial":
        return cls(**{**document, "interval": tuple(document["interval"])})


@dataclass(slots=True)
class Search:
    """What came of it. `winner` is a trial's number; `reason` says why it won."""

    trials: list[Trial] = field(default_factory=list)
    winner: int = 0
    reason: Said = NOTHING
    stopped_by_budget: bool = False

    @property
    def winning(self) -> Trial:
        return next(trial for trial in self.trials if trial.number == self.winner)


def metric_of(settings: TrainingSettings, task: str) -> Metric:
    """The settings' metric or the task's default. Raises TrainingRefused if it does not fit."""
    name = settings.metric or METRICS[task][0]
    if name not in METRICS[task]:
        raise TrainingRefused(
            said("experiments.metric_of_other_target", metric=name, task=task, fitting=METRICS[task])
        )
    return FORMULAS[name]


def search(
    material: Material,
    settings: TrainingSettings,
    *,
    report: Callable[[Trial, float], None],
    finished: Sequence[Trial] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Search:
    """
    Runs the plan until it ends or the budget does; the naive and the simplest model always run.

    `finished` trials are taken over and count against the budget with their seconds. `report`
    is called with each trial and the share of the search that is done.
    """
    metric = metric_of(settings, material.target.task)
    runner = _Runner(material, settings, metric, clock, sum(one.seconds for one in finished))
    known = {trial.number: trial for trial in finished}
    plan = list(planned(settings))
    result = Search()
    for number, name, parameters in plan:
        if trial := known.get(number) or runner.run(number, name, parameters, result.trials):
            result.trials.append(trial)
            report(trial, runner.share(len(result.trials) / len(plan)))
    result.stopped_by_budget = runner.stopped
    result.winner, result.reason = chosen(result.trials, metric)
    return result


def planned(settings: TrainingSettings) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Number, algorithm, parameters: the naive model, each one's first, then rounds of draws."""
    names = sorted(set(settings.algorithms), key=lambda name: (FAMILIES[name].simplicity, name))
    streams = {name: np.random.default_rng([settings.seed, list(FAMILIES).index(name)]) for name in names}
    yield 0, "naive", {}
    number = 1
    for turn in range(settings.trials_per_algorithm):
        for name in names:
            family = FAMILIES[name]
            yield number, name, algorithms.drawn(family, streams[name]) if turn else family.first
            number += 1


class _Runner:
    """Runs one trial after the other and keeps the time."""

    def __init__(
        self,
        material: Material,
        settings: TrainingSettings,
        metric: Metric,
        clock: Callable[[], float],
        spent: float,
    ) -> None:
        self.material = material
        self.settings = settings
        self.metric = metric
        self.clock = clock
        self.started = clock() - spent
        self.folds = folds(material, settings)
        self.stopped = False

    def share(self, of_plan: float) -> float:
        return min(1.0, max(of_plan, self._elapsed() / self.settings.time_budget_seconds))

    def run(self, number: int, name: str, parameters: dict[str, Any], before: list[Trial]) -> Trial | None:
        """None if there is no time for it, or if the algorithm is clearly behind."""
        if number >= MUST_FINISH and (self._late(name, before) or _behind(name, before, self.metric)):
            return None
        begun = self.clock()
        scores, trained = [], []
        for fold in self.folds:
            if number >= MUST_FINISH and self._elapsed() > self.settings.time_budget_seconds:
                self.stopped = True
                return None
            score, train = self._fold(name, parameters, fold)
            scores.append(score)
            trained.append(train)
        naive = before[0].mean if before else float(np.mean(scores))
        made = _Made(number, name, parameters, self.clock() - begun)
        return _trial(made, scores, float(np.mean(trained)), naive, self.metric)

    def _elapsed(self) -> float:
        return self.clock() - self.started

    def _late(self, name: str, before: list[Trial]) -> bool:
        """The algorithm's last trial tells how long the next one takes."""
        takes = next((one.seconds for one in reversed(before) if one.algorithm == name), 0.0)
        late = self._elapsed() + takes > self.settings.time_budget_seconds
        self.stopped = self.stopped or late
        return late

    def _fold(self, name: str, parameters: dict[str, Any], fold: Fold) -> tuple[float, float]:
        rows, unseen = fold
        model = build(self.material, self.settings, name, parameters)
        target = self.material.target
        predicting.fit(model, self.material.data.iloc[rows], target.truth[rows], target.task)
        sample = rows[:: max(1, len(rows) // TRAIN_SAMPLE)]
        return self._score(model, unseen), self._score(model, sample)

    def _score(self, model: Pipeline, rows: NDArray[np.int64]) -> float:
        target = self.material.target
        data = self.material.data.iloc[rows]
        scores = predicting.scores_of(model, data, target.task, len(target.classes))
        return self.metric.of(target.truth[rows], scores)


def build(material: Material, settings: TrainingSettings, name: str, parameters: dict[str, Any]) -> Pipeline:
    return algorithms.pipeline(
        FAMILIES[name],
        parameters,
        material.features,
        classes=len(material.target.classes),
        clip=settings.recipe.outliers == "clip",
        seed=settings.seed,
        n_jobs=settings.n_jobs,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    number: int
    algorithm: str
    parameters: dict[str, Any]
    seconds: float


def _trial(made: _Made, scores: list[float], train: float, naive: float, metric: Metric) -> Trial:
    mean = float(np.mean(scores))
    half = half_width(scores)
    found = []
    if made.algorithm != "naive":
        found = overfitting.findings(metric, train=train, validation=mean, naive=naive, noise=half)
    return Trial(
        number=made.number,
        algorithm=made.algorithm,
        parameters=made.parameters,
        fold_scores=scores,
        mean=mean,
        interval=(mean - half, mean + half),
        train_score=train,
        gain=metric.gain(mean, naive),
        findings=[asdict(one) for one in found],
        seconds=round(made.seconds, 3),
    )


def half_width(scores: Sequence[float]) -> float:
    """Half of the 95 % interval of a k-fold mean: variance times 1/k + 1/(k-1), Student's t."""
    count = len(scores)
    spread = float(np.var(scores, ddof=1)) * (1 / count + 1 / (count - 1))
    return float(stats.t.ppf(0.975, count - 1) * np.sqrt(spread))


def chosen(trials: Sequence[Trial], metric: Metric) -> tuple[int, Said]:
    """
    The best mean; but a simpler algorithm if, fold by fold, it is worse by at most one standard
    error of that difference (the one-standard-error rule of Breiman et al. 1984, paired).
    """
    real = [trial for trial in trials if trial.algorithm != "naive"]
    best = max(real, key=lambda trial: metric.better_by(trial.mean, 0.0))
    close = [trial for trial in real if _ahead(best, trial, metric) <= 1.0]
    simplest = min(
        close,
        key=lambda one: (FAMILIES[one.algorithm].simplicity, -metric.better_by(one.mean, 0.0)),
    )
    if FAMILIES[simplest.algorithm].simplicity < FAMILIES[best.algorithm].simplicity:
        return simplest.number, _tie_words(simplest, best, metric)
    return best.number, said("experiments.best_mean", metric=metric.name, mean=best.mean)


def _tie_words(simplest: Trial, best: Trial, metric: Metric) -> Said:
    return said(
        "experiments.simpler", best=best.algorithm, metric=metric.name, mean=best.mean, own=simplest.mean
    )


def _ahead(leader: Trial, other: Trial, metric: Metric) -> float:
    """By how many standard errors of the paired difference the leader is better."""
    pairs = zip(leader.fold_scores, other.fold_scores, strict=True)
    differences = np.array([metric.better_by(first, second) for first, second in pairs])
    error = float(np.std(differences, ddof=1)) / np.sqrt(len(differences))
    mean = float(differences.mean())
    if error == 0:
        return 0.0 if mean <= 0 else np.inf
    return mean / error


def _behind(name: str, before: list[Trial], metric: Metric) -> bool:
    """After two trials of its own an algorithm clearly worse than the best gets no more time."""
    own = [trial for trial in before if trial.algorithm == name]
    if len(own) < 2:
        return False
    ranked = sorted(before, key=lambda trial: metric.better_by(trial.mean, 0.0))
    best_own = max(own, key=lambda trial: metric.better_by(trial.mean, 0.0))
    return _ahead(ranked[-1], best_own, metric) > CLEARLY
