from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core import metric_words
from apps.core.numbers import NOTHING
from apps.datasets.models import Dataset, DatasetVersion
from apps.experiments import designs
from apps.experiments.columns import KnownColumn
from apps.experiments.models import Experiment
from apps.experiments.training import ALGORITHMS, METRICS

TASKS = [
    ("auto", _("found out from the target")),
    ("binary", _("two classes")),
    ("multiclass", _("several classes")),
    ("regression", _("a number")),
]
ALGORITHM_NAMES = {
    "linear": _("linear (logistic or ridge regression)"),
    "random_forest": _("random forest"),
    "extra_trees": _("extra trees"),
    "gradient_boosting": _("gradient boosting"),
    "lightgbm": _("LightGBM"),
}
OUTLIERS = [("keep", _("keep them")), ("clip", _("clip them")), ("drop", _("drop their rows"))]
SPLITS = [("random", _("at random, by the row key")), ("time", _("the latest rows, by the time column"))]
Choices = list[tuple[str, str]]


class DesignForm(forms.Form):
    """An experiment. The choices of columns are those of the dataset's newest published version."""

    name = forms.CharField(label=_("Name"), max_length=80)
    model_name = forms.SlugField(
        label=_("Model"),
        max_length=40,
        help_text=_("The model that a good run becomes a version of. Small letters, digits and hyphens."),
    )
    description = forms.CharField(
        label=_("Business objective"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    target = forms.ChoiceField(label=_("Target"), help_text=_("The column that the model learns to tell."))
    task = forms.ChoiceField(label=_("Task"), choices=TASKS)
    positive_class = forms.CharField(
        label=_("Positive class"),
        required=False,
        help_text=_("For two classes: the value that the probability is of."),
    )
    metric = forms.ChoiceField(label=_("Metric"), required=False)
    features = forms.MultipleChoiceField(
        label=_("Features"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every useful column is taken, and the run says what was left out and why."),
    )
    protected = forms.MultipleChoiceField(
        label=_("Protected attributes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Fairness is measured on these. They are not learnt from unless chosen as features."),
    )
    algorithms = forms.MultipleChoiceField(
        label=_("Algorithms"),
        choices=[(name, ALGORITHM_NAMES[name]) for name in ALGORITHMS],
        widget=forms.CheckboxSelectMultiple,
    )
    trials_per_algorithm = forms.IntegerField(
        label=_("Trials per algorithm"), min_value=1, max_value=designs.MOST_TRIALS
    )
    folds = forms.IntegerField(label=_("Cross-validation folds"), min_value=2, max_value=20)
    budget_minutes = forms.FloatField(
        label=_("Time for the search, in minutes"), min_value=0.1, max_value=designs.MOST_BUDGET_SECONDS / 60
    )
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31 - 1)
    row_key = forms.MultipleChoiceField(
        label=_("Row key"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "The columns that name a row, so that it stays on its side of the split in later versions."
        ),
    )
    split_kind = forms.ChoiceField(label=_("Held-out rows are chosen"), choices=SPLITS)
    time_column = forms.ChoiceField(label=_("Time column"), required=False)
    share = forms.FloatField(label=_("Held-out share"), min_value=0.05, max_value=0.5)
    drop_duplicates = forms.BooleanField(label=_("Drop repeated rows"), required=False)
    outliers = forms.ChoiceField(label=_("Outliers"), choices=OUTLIERS)
    train_on_publish = forms.BooleanField(
        label=_("Train when a version of the dataset is published"), required=False
    )

    SECTIONS = (
        (
            _("What and from what"),
            ("name", "model_name", "description", "target", "task", "positive_class", "metric"),
        ),
        (_("Columns"), ("features", "protected", "row_key")),
        (_("Rows"), ("split_kind", "time_column", "share", "drop_duplicates", "outliers")),
        (_("Search"), ("algorithms", "trials_per_algorithm", "folds", "budget_minutes", "seed")),
        (_("The loop"), ("train_on_publish",)),
    )

    def __init__(
        self,
        columns: dict[str, KnownColumn],
        data: Any = None,
        *,
        base: dict[str, Any],
        initial: dict[str, Any],
    ) -> None:
        super().__init__(data, initial={**initial_of(base), **initial})
        self.base = base
        names = [(name, name) for name in columns]
        self._offer("target", [("", str(_("choose a column"))), *names])
        for field in ("features", "protected", "row_key"):
            self._offer(field, names)
        self._offer("time_column", [("", NOTHING), *names])
        metrics = dict.fromkeys(name for every in METRICS.values() for name in every)
        self._offer(
            "metric",
            [
                ("", str(_("the usual one of the task"))),
                *((name, metric_words.word(name)) for name in metrics),
            ],
        )

    def _offer(self, field: str, choices: Choices) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(title), [self[name] for name in names]) for title, names in self.SECTIONS]

    def save(self, act: Callable[[designs.Design], Experiment]) -> Experiment | None:
        """Do it with the design that the form holds; None with the reasons beside the fields."""
        if not self.is_valid():
            return None
        try:
            return act(self._design())
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                for message in messages:
                    self.add_error(field if field in self.fields else None, message)
            return None

    def _design(self) -> designs.Design:
        values = self.cleaned_data
        return designs.Design(
            name=values["name"],
            model_name=values["model_name"],
            description=values["description"],
            settings=designs.settings_from(_over(self.base, _settings(values))),
            train_on_publish=values["train_on_publish"],
        )


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "target": values["target"],
        "task": values["task"],
        "positive_class": values["positive_class"] or None,
        "metric": values["metric"] or None,
        "features": values["features"] or None,
        "protected": values["protected"],
        "algorithms": values["algorithms"],
        "trials_per_algorithm": values["trials_per_algorithm"],
        "folds": values["folds"],
        "time_budget_seconds": values["budget_minutes"] * 60,
        "seed": values["seed"],
        "row_key": values["row_key"],
        "time_column": values["time_column"] or None,
        "split": {"kind": values["split_kind"], "share": values["share"]},
        "recipe": {"drop_duplicates": values["drop_duplicates"], "outliers": values["outliers"]},
    }


def _over(base: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """What was chosen, over settings of which some are made by program alone; those stay."""
    known = {one["name"]: one for one in base["protected"]}
    merged = {**base, **chosen}
    merged["split"] = {**base["split"], **chosen["split"]}
    merged["recipe"] = {**base["recipe"], **chosen["recipe"]}
    merged["protected"] = [known.get(name, {"name": name}) for name in chosen["protected"]]
    return merged


def initial_of(document: dict[str, Any]) -> dict[str, Any]:
    """The form's first values from settings as JSON."""
    same = ("target", "task", "positive_class", "metric", "features", "algorithms", "trials_per_algorithm")
    values = {name: document.get(name) for name in (*same, "folds", "seed", "row_key", "time_column")}
    return values | {
        "protected": [one["name"] for one in document["protected"]],
        "budget_minutes": document["time_budget_seconds"] / 60,
        "split_kind": document["split"]["kind"],
        "share": document["split"]["share"],
        "drop_duplicates": document["recipe"]["drop_duplicates"],
        "outliers": document["recipe"]["outliers"],
    }


class DatasetChoice(forms.Form):
    """From which dataset: the first thing that a new experiment needs to know."""

    dataset = forms.ModelChoiceField(label=_("Dataset"), queryset=Dataset.objects.none())

    def __init__(self, *args: Any, datasets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].queryset = datasets  # type: ignore[attr-defined]
        self.fields["dataset"].label_from_instance = lambda one: f"{one.project}: {one}"  # type: ignore[attr-defined]


MOST_VERSIONS = 100
"""Versions to choose from; older ones are trained on through the API."""


class StartForm(forms.Form):
    """On which version."""

    dataset_version = forms.ModelChoiceField(
        label=_("Data version"),
        queryset=DatasetVersion.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs={"class": "form-select w-auto"}),
    )

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = experiment.dataset.versions.published().order_by("-number")
        newest = list(found.values_list("pk", flat=True)[:MOST_VERSIONS])
        self.fields["dataset_version"].queryset = (  # type: ignore[attr-defined]
            found.filter(pk__in=newest).select_related("dataset").defer("schema", "summary")
        )
