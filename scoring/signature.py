"""What a model takes and gives: the contract that training writes and scoring keeps."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Task = Literal["binary", "multiclass", "regression"]
FeatureKind = Literal["number", "category"]


@dataclass(frozen=True, slots=True)
class Feature:
    """
    One input column.

    `categories` are the levels seen in training (category only, sorted, without the level
    for missing); `minimum` and `maximum` the range seen (number only); `nullable` says
    whether training rows had missing values in it.
    """

    name: str
    kind: FeatureKind
    nullable: bool = True
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """`classes`: the target's levels as text in the order of the probabilities, or nothing."""

    task: Task
    target: str
    features: tuple[Feature, ...]
    classes: tuple[str, ...] = ()

    @property
    def feature_names(self) -> list[str]:
        return [feature.name for feature in self.features]

    @property
    def positive_class(self) -> str | None:
        """The class whose probability a binary model's score is: the second in `classes`."""
        return self.classes[1] if self.task == "binary" else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Signature":
        features = tuple(
            Feature(**{**feature, "categories": tuple(feature.get("categories", ()))})
            for feature in document["features"]
        )
        return cls(
            task=document["task"],
            target=document["target"],
            features=features,
            classes=tuple(document.get("classes", ())),
        )
