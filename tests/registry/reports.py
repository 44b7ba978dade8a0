"""A training's report and a comparison's, as small as they may be and as the children write them."""

from typing import Any

from apps.core.said import said


def training_report() -> dict[str, Any]:
    rate = {"hits": 208, "of": 291, "value": 0.71, "interval": [0.66, 0.76]}
    group = {
        "observed_rate": rate, "selection_rate": rate, "tpr": rate, "fpr": rate, "precision": rate,
        "dpl": 0.01, "dppl": 0.017, "dppl_interval": [-0.05, 0.09], "di": 0.98, "di_interval": [0.89, 1.07],
        "rd": 0.02, "rd_interval": [-0.03, 0.07],
    }  # fmt: skip
    missing = dict.fromkeys(("dpl", "dppl", "dppl_interval", "di", "di_interval", "rd", "rd_interval"))
    return {
        "task": "binary",
        "cleaning": [
            {
                "step": "drop_duplicates",
                "rows_before": 3000,
                "rows_after": 2990,
                "detail": said("experiments.cleaned_duplicates"),
            }
        ],
        "split": {"sides": {"training": {"rows": 2410}, "held_out": {"rows": 590}}},
        "features": {"left_out": {"sex": said("experiments.out_protected")}, "warnings": []},
        "held_out": {
            "n": 590,
            "metric": "roc_auc",
            "findings": [],
            "segments": {
                "metric": "roc_auc",
                "segments": [
                    {
                        "feature": "debt",
                        "segment": "1.96 … < 3.24",
                        "n": 147,
                        "score": 0.78,
                        "drop": 0.17,
                    }
                ],
                "weakest": {
                    "flagged": False,
                    "sentence": said(
                        "experiments.weakest",
                        feature="debt",
                        segment="1.96 … < 3.24",
                        rows=147,
                        metric="roc_auc",
                        score=0.78,
                        overall=0.938,
                        drop=0.17,
                        limit=0.2,
                    ),
                },
            },
            "fairness": [
                {
                    "attribute": "sex",
                    "reference": "m",
                    "four_fifths": False,
                    "sentence": said("experiments.fair", attribute="sex", reference="m"),
                    "groups": [
                        {"group": "f", "n": 291, "verdict": "fair", **group},
                        {"group": "m", "n": 299, "verdict": "reference", **group, **missing},
                    ],
                }
            ],
            "curves": {
                "calibration": {
                    "predicted": [0.02, 0.2, 0.7],
                    "observed": [0.01, 0.22, 0.72],
                    "counts": [200, 200, 190],
                    "ece": 0.038,
                }
            },
            "importance": [
                {"feature": "debt", "mean": 0.29, "std": 0.02},
                {"feature": "income", "mean": 0.085, "std": 0.014},
            ],
        },
        "environment": {"python": "3.11.7", "libraries": {"scikit-learn": "1.9.1"}},
    }


def comparison_report(verdict: str = "promote", **changes: Any) -> dict[str, Any]:
    return {
        "metric": "roc_auc",
        "greater_is_better": True,
        "n": 590,
        "candidate": {"value": 0.938, "interval": [0.915, 0.957]},
        "champion": {"value": 0.921, "interval": [0.898, 0.941]},
        "naive": 0.5,
        "gain": 0.876,
        "difference": {"value": 0.017, "interval": [0.004, 0.031]},
        "overlap": 12,
        "unmatched": 0,
        "verdict": verdict,
        "sentence": said(
            "registry.against_champion",
            verdict=verdict,
            metric="roc_auc",
            value=0.938,
            rows=590,
            champion=0.921,
            change=0.017,
            low=0.004,
            high=0.031,
        ),
        "reasons": [],
        "differences": [
            {"what": "data_version", "candidate": "loans v2", "champion": "loans v1"},
            {"what": "code_commit", "candidate": "b" * 40, "champion": "a" * 40},
            {"what": "parameters", "candidate": {"strength": 1.0}, "champion": {"strength": 0.1}},
        ],
        "settings": {"margin": 0.01, "minimum_rows": 200},
    } | changes
