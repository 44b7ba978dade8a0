import warnings

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from onnxruntime import InferenceSession
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from apps.experiments import algorithms, framing, predicting
from apps.experiments.algorithms import FAMILIES
from apps.experiments.preprocessing import frozen
from scoring.inputs import columns_from_values
from scoring.signature import Feature, Signature
from scoring.trusted_types import TRUSTED_TYPES
from tests.experiments.conftest import loans

FEATURES = (Feature("income", "number"), Feature("debt", "number"), Feature("region", "category"))


def fitted(name, classes=2, clip=True):
    table = loans(300)
    truth = (np.array(table["defaulted"].to_pylist()) == "yes").astype(float)
    model = algorithms.pipeline(
        FAMILIES[name], FAMILIES[name].first, FEATURES, classes=classes, clip=clip, seed=0, n_jobs=1
    )
    data = framing.frame(table, FEATURES)
    task = "binary" if classes else "regression"
    return predicting.fit(model, data, truth, task), data, task


@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize("name", FAMILIES)
def test_every_stored_model_needs_trusted_types_alone_and_predicts_the_same(name, classes):
    model, data, task = fitted(name, classes)
    before = predicting.scores_of(model, data, task, classes)
    stored = skops.io.dumps(frozen(model))
    assert set(skops.io.get_untrusted_types(data=stored)) <= set(TRUSTED_TYPES)
    again = skops.io.loads(stored, trusted=list(TRUSTED_TYPES))
    assert (predicting.scores_of(again, data, task, classes) == before).all()


@pytest.mark.parametrize("name", ["linear", "random_forest", "extra_trees"])
def test_a_frozen_model_converts_to_onnx_and_agrees_on_strange_rows(name):
    model, data, _ = fitted(name)
    frozen(model)
    data.loc[0, "region"] = "atlantis"
    data.loc[1, "debt"] = 1e6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converted = to_onnx(
            model,
            initial_types=[
                ("income", FloatTensorType([None, 1])),
                ("debt", FloatTensorType([None, 1])),
                ("region", StringTensorType([None, 1])),
            ],
            options={"zipmap": False},
        )
    session = InferenceSession(converted.SerializeToString())
    columns = {one.name: data[one.name].to_numpy().reshape(-1, 1) for one in FEATURES}
    theirs = session.run(None, columns)[1][:, 1]
    assert theirs == pytest.approx(predicting.scores_of(model, data, "binary", 2), abs=1e-5)


def test_clipping_uses_the_quantiles_of_the_training_rows():
    model, data, _ = fitted("random_forest")
    clipper = frozen(model)[0].named_transformers_["numbers"].named_steps["clip"]
    assert clipper.data_max_[1] == pytest.approx(np.quantile(data["debt"], 0.99), rel=1e-5)
    assert type(clipper).__name__ == "MinMaxScaler"


def test_the_frame_holds_what_scoring_makes_of_the_same_values():
    values = {
        "n": [1.5, None, 3.0],
        "whole": [1, 2, None],
        "text": ["a", None, ""],
        "flag": [True, False, None],
        "code": [1.0, 2.5, None],
    }
    kinds = {"n": "number", "whole": "number"}
    features = tuple(Feature(name, kinds.get(name, "category")) for name in values)
    ours = framing.columns_of(pa.table(values), features)
    theirs = columns_from_values(values, Signature("binary", "y", features))
    for name in values:
        assert ours[name].dtype == theirs[name].dtype
        np.testing.assert_array_equal(ours[name], theirs[name])
