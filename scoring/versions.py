"""The versions that a server holds, and which of them answers the next request."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from scoring.measures import Measures
from scoring.models import LoadedModel
from scoring.problems import Problem
from scoring.tickets import Ticket

NOT_LIVE = "No approved version is live at this endpoint."


@dataclass(eq=False)
class Version:
    """`number`: the version's name for clients. `weight`: its share of the traffic."""

    model: LoadedModel
    number: str
    version_id: str
    deployment: str
    ticket: Ticket | None = None
    weight: float = 0.0
    in_flight: int = 0
    started: float = field(default_factory=time.time)
    measures: Measures = field(default_factory=Measures)

    @property
    def digest(self) -> str:
        return self.model.digest

    def may_answer(self, now: float) -> bool:
        return self.ticket is not None and now < self.ticket.not_after


class WeightsRefused(ValueError):
    """The traffic cannot be split like this. The message is a sentence for people."""


class Versions:
    """Loaded versions by digest. Used by the event loop alone."""

    def __init__(self) -> None:
        self.by_digest: dict[str, Version] = {}
        self._live: list[Version] = []
        self._bounds: list[float] = []
        self._good_until = 0.0

    def add(self, version: Version) -> None:
        """A version loaded again keeps its weight and counters and takes the newer ticket."""
        known = self.by_digest.get(version.digest)
        if known is not None:
            version.weight, version.measures = known.weight, known.measures
            version.started, version.ticket = known.started, version.ticket or known.ticket
        self.by_digest[version.digest] = version
        self._choose_among()

    def remove(self, digest: str) -> None:
        """Raises WeightsRefused for a version that still takes traffic."""
        if self.get(digest).weight > 0:
            raise WeightsRefused("A version that takes traffic cannot be unloaded.")
        del self.by_digest[digest]

    def get(self, digest: str) -> Version:
        try:
            return self.by_digest[digest]
        except KeyError:
            raise WeightsRefused(f"No version with the digest {digest[:12]} is loaded.") from None

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """
        All weights at once; versions that are not named get none.

        Raises WeightsRefused, and changes nothing, for a digest that is not loaded or that has no
        valid ticket.
        """
        now = time.time()
        for digest, weight in weights.items():
            if not 0 <= weight <= 1:
                raise WeightsRefused(f"A weight lies between 0 and 1, not at {weight}.")
            if weight > 0 and not self.get(digest).may_answer(now):
                raise WeightsRefused(f"The version {digest[:12]} has no valid ticket.")
        for digest, version in self.by_digest.items():
            version.weight = weights.get(digest, 0.0)
        self._choose_among()

    def pick(self, now: float) -> Version:
        """`now`: seconds since the epoch. Raises Problem 503 when none may answer."""
        if now >= self._good_until:
            self._choose_among()
        if len(self._live) == 1:
            return self._live[0]
        if not self._live:
            raise Problem(503, NOT_LIVE, retry_after=5)
        # Splitting traffic is no secret, so the quick generator will do.
        return random.choices(self._live, cum_weights=self._bounds)[0]  # noqa: S311

    def numbered(self, number: str, now: float) -> Version:
        """The live version that a client named. Raises Problem 404."""
        for version in self.by_digest.values():
            if version.number == number and version.weight > 0 and version.may_answer(now):
                return version
        raise Problem(404, f"The version “{number}” is not live at this endpoint.")

    @property
    def live(self) -> list[Version]:
        now = time.time()
        return [one for one in self.by_digest.values() if one.weight > 0 and one.may_answer(now)]

    def _choose_among(self) -> None:
        """Done when weights change and when a ticket runs out, not at each request."""
        self._live = self.live
        total = 0.0
        self._bounds = [total := total + version.weight for version in self._live]
        self._good_until = min(
            (one.ticket.not_after for one in self._live if one.ticket is not None),
            default=float("inf"),
        )
