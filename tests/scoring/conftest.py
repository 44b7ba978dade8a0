from types import SimpleNamespace

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from apps.deployments import conversion
from tests.scoring import artifacts
from tests.scoring.servers import ScoringServer


def _package(folder, estimator, task):
    pipeline = artifacts.write(folder / "artifact", estimator, task)
    report = conversion.package(folder / "artifact", folder / "package")
    return SimpleNamespace(digest=report.digest, folder=folder / "package", pipeline=pipeline, report=report)


@pytest.fixture(scope="session")
def binary(tmp_path_factory):
    return _package(tmp_path_factory.mktemp("binary"), LogisticRegression(), "binary")


@pytest.fixture(scope="session")
def other_binary(tmp_path_factory):
    return _package(tmp_path_factory.mktemp("other"), LogisticRegression(C=0.01), "binary")


@pytest.fixture(scope="session")
def multiclass(tmp_path_factory):
    return _package(tmp_path_factory.mktemp("multi"), LogisticRegression(max_iter=300), "multiclass")


@pytest.fixture(scope="session")
def regression(tmp_path_factory):
    return _package(tmp_path_factory.mktemp("regression"), Ridge(), "regression")


@pytest.fixture(scope="session")
def kept_as_skops(tmp_path_factory):
    return _package(tmp_path_factory.mktemp("skops"), DummyClassifier(), "binary")


@pytest.fixture(scope="module")
def live(tmp_path_factory, binary):
    """A server with one live version."""
    with ScoringServer(tmp_path_factory.mktemp("live"), max_rows=500, max_body_bytes=200_000) as server:
        server.go_live(binary)
        yield server


@pytest.fixture
def record():
    return {"age": 0.5, "income": None, "balance": 3, "city": "Ulm", "plan": "basic"}
