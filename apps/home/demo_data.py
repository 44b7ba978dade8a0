"""
A consumer-credit portfolio that never existed, for the demo and for trying things out.

Pure: the same arguments give the same frame. No row describes a person.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

TARGET = "default_within_12m"
PROTECTED = ("age", "sex", "nationality_group")

_PURPOSES = ("car", "furniture", "electronics", "renovation", "education", "holiday", "refinancing")
_PURPOSE_SHARES = (0.26, 0.15, 0.16, 0.14, 0.07, 0.09, 0.13)
_PURPOSE_RISK = (-0.25, 0.0, 0.1, -0.2, 0.05, 0.3, 0.45)
_NEW_PURPOSE, _NEW_PURPOSE_SHARE, _NEW_PURPOSE_RISK = "energy costs", 0.12, 0.7
_EMPLOYMENT = ("permanent", "fixed-term", "self-employed", "civil servant", "pensioner", "none")
_EMPLOYMENT_SHARES = (0.56, 0.13, 0.1, 0.08, 0.09, 0.04)
_EMPLOYMENT_RISK = (0.0, 0.35, 0.25, -0.6, -0.2, 0.9)
_HOUSING, _HOUSING_SHARES, _HOUSING_RISK = (
    ("rent", "own", "family"),
    (0.55, 0.35, 0.1),
    (0.1, -0.4, 0.2),
)
_SAVINGS = ("none", "below 1,000", "1,000 to 5,000", "5,000 to 20,000", "above 20,000")
_SAVINGS_SHARES = (0.24, 0.26, 0.25, 0.17, 0.08)
_SAVINGS_RISK = (0.55, 0.3, 0.0, -0.4, -0.7)
_CHANNELS, _CHANNEL_SHARES = ("branch", "website", "app", "online-broker"), (0.38, 0.3, 0.22, 0.1)
_DRIFTED_CHANNELS = (0.15, 0.2, 0.2, 0.45)
_CHANNEL_RISK, _DRIFTED_CHANNEL_RISK = (-0.15, 0.0, 0.0, 0.25), (0.2, 0.1, 0.0, -0.9)
_REGIONS = ("north", "east", "south", "west", "capital")
_REGION_SHARES, _REGION_RISK = (0.18, 0.17, 0.27, 0.25, 0.13), (0.0, 0.15, -0.15, 0.0, 0.1)
# January to December: loans for holidays peak before summer, for electronics before Christmas.
_AMOUNT_SEASON = (0.94, 0.95, 1.0, 1.04, 1.07, 1.08, 1.02, 0.97, 0.98, 1.0, 1.05, 1.12)
_HOLIDAY_SEASON = (0.8, 0.9, 1.2, 1.5, 1.9, 2.0, 1.6, 0.9, 0.6, 0.5, 0.5, 0.7)
_ELECTRONICS_SEASON = (0.8, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9, 1.0, 1.2, 1.9, 2.2)
_DURATIONS = (6, 12, 18, 24, 36, 48, 60, 72)
_DURATION_SHARES = (0.06, 0.15, 0.1, 0.22, 0.2, 0.13, 0.09, 0.05)
_INTERCEPT = -2.15
_MORE_DEFAULTS = 0.75


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the target depends on, beside the frame's own columns: the score before its gaps."""

    frame: pd.DataFrame
    score: Floats
    drift: float


def consumer_credit(
    rows: int,
    *,
    seed: int,
    start: date,
    days: int = 365,
    drift: float = 0.0,
    new_purpose: bool = False,
    with_target: bool = True,
) -> pd.DataFrame:
    """
    ``rows`` applications in order of date, over ``days`` days from ``start`` on.

    The rule: a person has an age, an income (log-normal, rising with age to 50), employment,
    savings and a latent reliability that shows in the bureau score (missing for 8 %, more
    often for the young). Amounts and purposes follow the month. The log-odds of default add
    debt to income, score, savings, employment, housing, purpose, channel, region, existing
    loans and an income effect, with three interactions (high debt with a low score, long
    duration with fixed-term work, a young age with a large amount). Sex and nationality group
    have no effect of their own, but incomes differ between the groups, so a model can learn
    them through a proxy. About one in seven defaults; a good model reaches an AUC near .8.

    ``drift`` from 0 to 1 says how far the world has moved: incomes fall by up to 25 %, the
    online brokers' share rises from 10 to 45 % while their customers turn from worse to
    better than the branch's, the bureau score loses most of its meaning, debt and short
    employment gain some, and all default a little more: a model trained before loses, one
    trained on drifted rows is better on them.
    ``new_purpose`` adds a level that earlier data do not have. Raises ValueError for a drift
    outside 0 … 1, fewer than one row or day.
    """
    if not 0.0 <= drift <= 1.0 or rows < 1 or days < 1:
        raise ValueError("Drift lies between 0 and 1; rows and days are at least 1.")
    rng = np.random.default_rng(seed)
    drawn = _applications(rng, rows, start, days, drift, new_purpose)
    # Drawn in any case, so that the columns are the same with and without the target.
    chance = 1 / (1 + np.exp(-_log_odds(drawn)))
    defaulted = rng.random(rows) < chance
    frame = drawn.frame
    if with_target:
        frame[TARGET] = np.where(defaulted, "yes", "no")
    return frame


def concatenated(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Several seasons as one frame, in the order given."""
    return pd.concat(frames, ignore_index=True)


def _applications(
    rng: np.random.Generator, rows: int, start: date, days: int, drift: float, new_purpose: bool
) -> _Drawn:
    offsets = np.sort(rng.integers(0, days, rows))
    dates = np.datetime64(start, "D") + offsets
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    people = _people(rng, rows, drift)
    loans = _loans(rng, month, people["income_monthly_eur"].to_numpy(), drift, new_purpose)
    score, shown = _bureau_score(rng, people)
    frame = pd.DataFrame(
        {
            "application_id": _ids(rng, rows, start),
            "application_date": pd.Series(dates).dt.strftime("%Y-%m-%d"),
        }
    )
    frame = pd.concat([frame, loans, people], axis=1)
    frame["bureau_score"] = shown
    rate = frame["amount_eur"] * 1.08 / frame["duration_months"]
    frame["installment_rate"] = (rate / frame["income_monthly_eur"]).round(4)
    other = frame["existing_loans"] * rng.gamma(3.0, 55.0, rows)
    burden = (rate + other) / frame["income_monthly_eur"]
    frame["debt_to_income"] = np.clip(burden, 0.0, 3.0).round(4)
    return _Drawn(frame, score, drift)


def _ids(rng: np.random.Generator, rows: int, start: date) -> list[str]:
    numbers = np.cumsum(rng.integers(1, 9, rows))
    return [f"A{start:%y%m}-{number:08d}" for number in numbers]


def _people(rng: np.random.Generator, rows: int, drift: float) -> pd.DataFrame:
    age = np.clip(rng.gamma(7.0, 3.6, rows) + 17, 18, 84).astype(np.int64)
    sex = _draw(rng, ("female", "male"), (0.47, 0.53), rows)
    group = _draw(rng, ("domestic", "EU", "other"), (0.8, 0.12, 0.08), rows)
    employment = _draw(rng, _EMPLOYMENT, _EMPLOYMENT_SHARES, rows)
    employment = np.where(age >= 66, "pensioner", employment)
    level = 7.62 + 0.016 * (np.minimum(age, 50) - 30)
    level += 0.1 * (sex == "male") - 0.08 * (group == "EU") - 0.16 * (group == "other")
    level += _by(employment, _EMPLOYMENT, (0.0, -0.2, 0.15, 0.2, -0.25, -0.7))
    income = np.exp(level + rng.normal(0.0, 0.33, rows)) * (1 - 0.25 * drift)
    years = np.minimum(rng.exponential(5.5, rows), age - 17.0)
    years = np.where(np.isin(employment, ("pensioner", "none")), 0.0, years)
    return pd.DataFrame(
        {
            "income_monthly_eur": income.round(0),
            "employment_status": employment,
            "years_employed": years.round(1),
            "housing": _draw(rng, _HOUSING, _HOUSING_SHARES, rows),
            "savings_bucket": _draw(rng, _SAVINGS, _SAVINGS_SHARES, rows),
            "existing_loans": np.minimum(rng.poisson(0.9, rows), 7),
            "channel": _draw(rng, _CHANNELS, _mixed(_CHANNEL_SHARES, _DRIFTED_CHANNELS, drift), rows),
            "region": _draw(rng, _REGIONS, _REGION_SHARES, rows),
            "age": age,
            "sex": sex,
            "nationality_group": group,
        }
    )


def _loans(
    rng: np.random.Generator,
    month: npt.NDArray[np.int64],
    income: Floats,
    drift: float,
    new_purpose: bool,
) -> pd.DataFrame:
    rows = len(month)
    purpose = _purposes(rng, month)
    is_new = rng.random(rows) < _NEW_PURPOSE_SHARE
    if new_purpose:
        purpose = np.where(is_new, _NEW_PURPOSE, purpose)
    duration = _draw(rng, _DURATIONS, _DURATION_SHARES, rows).astype(np.int64)
    size = 0.85 * np.log(income) + 0.35 * np.log(duration) + rng.normal(0.3, 0.5, rows)
    amount = np.exp(size) * np.asarray(_AMOUNT_SEASON)[month] * (1 + 0.1 * drift)
    return pd.DataFrame(
        {
            "amount_eur": np.clip(np.round(amount, -1), 500, 75_000),
            "duration_months": duration,
            "purpose": purpose,
        }
    )


def _purposes(rng: np.random.Generator, month: npt.NDArray[np.int64]) -> Texts:
    shares = np.tile(np.asarray(_PURPOSE_SHARES), (len(month), 1))
    shares[:, _PURPOSES.index("holiday")] *= np.asarray(_HOLIDAY_SEASON)[month]
    shares[:, _PURPOSES.index("electronics")] *= np.asarray(_ELECTRONICS_SEASON)[month]
    bounds = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    chosen = (rng.random((len(month), 1)) > bounds[:, :-1]).sum(axis=1)
    return np.asarray(_PURPOSES, dtype=object)[chosen]


def _bureau_score(rng: np.random.Generator, people: pd.DataFrame) -> tuple[Floats, Floats]:
    """The score as it is (0 on average, 1 its spread) and as the portfolio shows it, with gaps."""
    rows = len(people)
    standing = 0.012 * (people["age"].to_numpy() - 42) - 0.12 * people["existing_loans"].to_numpy()
    score = standing + rng.normal(0.1, 0.95, rows)
    shown = np.clip(np.round(560 + 85 * score), 250, 850)
    gap = np.where(people["age"].to_numpy() < 25, 0.22, 0.055)
    return score, np.where(rng.random(rows) < gap, np.nan, shown)


def _log_odds(drawn: _Drawn) -> Floats:
    frame, drift = drawn.frame, drawn.drift
    debt = np.clip(frame["debt_to_income"].to_numpy(), 0, 1.5)
    odds = _INTERCEPT + _levels_risk(frame, drift)
    odds += _MORE_DEFAULTS * drift
    odds += (2.3 + 1.0 * drift) * (debt - 0.3)
    odds -= (1.0 - 0.8 * drift) * drawn.score
    odds += 0.18 * frame["existing_loans"].to_numpy()
    odds -= (0.035 + 0.09 * drift) * (np.minimum(frame["years_employed"].to_numpy(), 12) - 4)
    odds -= 0.5 * (np.log(frame["income_monthly_eur"].to_numpy()) - 7.6)
    return odds + _interactions(frame, debt, drawn.score)


def _levels_risk(frame: pd.DataFrame, drift: float) -> Floats:
    channels = _mixed(_CHANNEL_RISK, _DRIFTED_CHANNEL_RISK, drift)
    purposes = (*_PURPOSES, _NEW_PURPOSE)
    return (
        _by(frame["purpose"].to_numpy(), purposes, (*_PURPOSE_RISK, _NEW_PURPOSE_RISK))
        + _by(frame["employment_status"].to_numpy(), _EMPLOYMENT, _EMPLOYMENT_RISK)
        + _by(frame["housing"].to_numpy(), _HOUSING, _HOUSING_RISK)
        + _by(frame["savings_bucket"].to_numpy(), _SAVINGS, _SAVINGS_RISK)
        + _by(frame["channel"].to_numpy(), _CHANNELS, channels)
        + _by(frame["region"].to_numpy(), _REGIONS, _REGION_RISK)
    )


def _interactions(frame: pd.DataFrame, debt: Floats, score: Floats) -> Floats:
    strained = (debt > 0.45) & (score < -0.3)
    uncertain = (frame["duration_months"] >= 48) & (frame["employment_status"] == "fixed-term")
    stretched = (frame["age"] < 26) & (frame["amount_eur"] > 12_000)
    return 0.7 * strained + 0.6 * uncertain.to_numpy() + 0.6 * stretched.to_numpy()


def _draw(
    rng: np.random.Generator, levels: tuple[object, ...], shares: tuple[float, ...], rows: int
) -> Texts:
    chosen = rng.choice(len(levels), size=rows, p=np.asarray(shares) / sum(shares))
    return np.asarray(levels, dtype=object)[chosen]


def _by(values: Texts, levels: tuple[str, ...], effects: tuple[float, ...]) -> Floats:
    found = np.zeros(len(values))
    for level, effect in zip(levels, effects, strict=True):
        found[values == level] = effect
    return found


def _mixed(before: tuple[float, ...], after: tuple[float, ...], drift: float) -> tuple[float, ...]:
    return tuple((1 - drift) * b + drift * a for b, a in zip(before, after, strict=True))
