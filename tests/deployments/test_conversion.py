import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier

from apps.deployments import conversion
from scoring import manifest, models, skops_model
from scoring.inputs import columns_from_records
from tests.scoring import artifacts

CONVERTED = [
    ("binary", LogisticRegression()),
    ("multiclass", LogisticRegression(max_iter=300)),
    ("binary", RandomForestClassifier(20, random_state=0)),
    ("multiclass", ExtraTreesClassifier(20, random_state=0)),
    ("binary", DecisionTreeClassifier(max_depth=5, random_state=0)),
    ("binary", HistGradientBoostingClassifier(max_iter=15)),
    ("multiclass", HistGradientBoostingClassifier(max_iter=10)),
    ("regression", HistGradientBoostingRegressor(max_iter=15)),
    ("binary", GradientBoostingClassifier(n_estimators=20)),
    ("regression", GradientBoostingRegressor(n_estimators=20)),
    ("regression", Ridge()),
    ("regression", RandomForestRegressor(10, random_state=0)),
    ("binary", LGBMClassifier(n_estimators=15, verbose=-1)),
    ("multiclass", LGBMClassifier(n_estimators=15, verbose=-1)),
    ("regression", LGBMRegressor(n_estimators=15, verbose=-1)),
]
KEPT = [("binary", DummyClassifier()), ("regression", DummyRegressor())]
ODD_RECORDS = [
    {"age": 0.5, "income": None, "balance": 3, "city": "Ulm", "plan": "basic"},
    {"age": -1.5, "income": 2.0, "balance": 30.5, "city": "Atlantis", "plan": None},
    {"age": None, "income": None, "balance": None, "city": None, "plan": ""},
]

pytestmark = pytest.mark.filterwarnings(
    "ignore:X does not have valid feature names",
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
)


def named(case):
    return f"{type(case[1]).__name__}-{case[0]}"


def packaged(tmp_path, task, estimator):
    pipeline = artifacts.write(tmp_path / "artifact", estimator, task)
    report = conversion.package(tmp_path / "artifact", tmp_path / "package")
    return pipeline, report, models.load(tmp_path / "package", report.digest)


@pytest.mark.parametrize("case", [*CONVERTED, *KEPT], ids=named)
def test_a_package_answers_as_the_fitted_pipeline_does(tmp_path, case):
    task, estimator = case
    pipeline, report, model = packaged(tmp_path, task, estimator)
    records = [*artifacts.rows(50, seed=3).to_dict("records"), *ODD_RECORDS]
    columns = columns_from_records(records, model.signature)

    outputs = model.predict(columns)

    frame = skops_model.frame(columns)
    if task == "regression":
        assert np.allclose(outputs.predictions, pipeline.predict(frame), atol=1e-4)
    else:
        expected = pipeline.predict_proba(frame)
        decided = np.ptp(np.sort(expected, axis=1)[:, -2:], axis=1) > 1e-5
        same = np.array(outputs.predictions) == pipeline.predict(frame)
        assert same[decided].all()
        assert np.allclose(outputs.probabilities, expected, atol=1e-5)
    assert report.labels_equal
    assert report.rows_checked == 200


@pytest.mark.parametrize("case", CONVERTED, ids=named)
def test_the_portals_estimators_are_served_as_onnx(tmp_path, case):
    _, report, _ = packaged(tmp_path, *case)
    assert (report.runtime, report.fallback_reason) == ("onnx", None)


def test_what_cannot_be_converted_is_served_as_skops_with_the_reason(tmp_path):
    _, report, _ = packaged(tmp_path, "binary", DummyClassifier())
    assert report.runtime == "skops"
    assert "cannot be converted to ONNX" in str(report.fallback_reason)
    assert set(report.files) == {"manifest.json", "model.skops", "samples.json", "signature.json"}


def test_a_conversion_that_answers_differently_is_not_used(tmp_path, monkeypatch):
    artifacts.write(tmp_path / "artifact", LogisticRegression(), "binary")
    other = artifacts.fitted(LogisticRegression(C=1e-3), "binary", artifacts.rows())
    convert = conversion._to_onnx
    monkeypatch.setattr(conversion, "_to_onnx", lambda pipeline, signature: convert(other, signature))

    report = conversion.package(tmp_path / "artifact", tmp_path / "package")

    assert report.runtime == "skops"
    assert "held-out rows" in str(report.fallback_reason)
    assert report.max_difference == 0.0


def test_labels_that_onnx_would_turn_into_numbers_stay_as_they_are(tmp_path):
    frame = artifacts.rows()
    labels = artifacts.target(frame, "binary") == "yes"
    pipeline = artifacts.fitted(LogisticRegression(), "binary", frame, labels)
    artifacts.write(tmp_path / "artifact", None, "binary", pipeline)

    report = conversion.package(tmp_path / "artifact", tmp_path / "package")

    assert report.runtime == "skops"
    assert "other labels" in str(report.fallback_reason)


def test_samples_are_plain_records_with_the_pipelines_answers(tmp_path):
    packaged(tmp_path, "binary", LogisticRegression())
    samples = json.loads((tmp_path / "package" / "samples.json").read_text())
    assert len(samples) == conversion.SAMPLES
    assert set(samples[0]["inputs"]) == {*artifacts.NUMBERS, *artifacts.CATEGORIES}
    assert set(samples[0]["outputs"]["probabilities"]) == {"no", "yes"}


def test_packaging_twice_gives_the_same_digest(tmp_path):
    artifacts.write(tmp_path / "artifact", LogisticRegression(), "binary")
    first = conversion.package(tmp_path / "artifact", tmp_path / "one")
    assert conversion.package(tmp_path / "artifact", tmp_path / "two").digest == first.digest


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path):
    artifacts.write(tmp_path / "artifact", LogisticRegression(), "binary")
    with pytest.raises(ValueError, match="not empty"):
        conversion.package(tmp_path / "artifact", tmp_path / "artifact")


def test_a_type_outside_the_portals_list_is_refused(tmp_path):
    pipeline = artifacts.fitted(LogisticRegression(), "binary", artifacts.rows())
    artifacts.write(tmp_path / "artifact", None, "binary", pipeline)
    path = tmp_path / "artifact" / "model.skops"
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(content["schema.json"])
    schema["__class__"], schema["__module__"] = "Popen", "subprocess"
    content["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)

    with pytest.raises(ValueError, match="not trusted"):
        conversion.package(tmp_path / "artifact", tmp_path / "package")


def test_the_child_reports_what_it_packaged(tmp_path):
    artifacts.write(tmp_path / "artifact", LogisticRegression(), "binary")
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"artifact": str(tmp_path / "artifact"), "out": str(tmp_path / "package")}))
    done = subprocess.run(
        [sys.executable, "-m", "apps.deployments.conversion_child", str(job)],
        capture_output=True,
        text=True,
    )
    result = json.loads(done.stdout.splitlines()[-1])["result"]
    assert done.returncode == 0
    assert result["digest"] == manifest.manifest_digest(
        json.loads((tmp_path / "package" / "manifest.json").read_text())
    )


@pytest.mark.parametrize("estimator", [CalibratedClassifierCV(LogisticRegression(), cv=2)])
def test_a_composed_classifier_is_packaged_either_way(tmp_path, estimator):
    _, report, _ = packaged(tmp_path, "binary", estimator)
    assert report.labels_equal
