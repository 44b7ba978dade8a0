import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.inputs import InputRefused, columns_from_records
from scoring.rows import RowReader
from tests.scoring import artifacts

SIGNATURE = artifacts.signature("binary")
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.lists(st.none())
)
RECORDS = st.lists(
    st.fixed_dictionaries(dict.fromkeys(SIGNATURE.feature_names, CELLS)), min_size=1, max_size=3
)


def outcome(read):
    try:
        columns = read()
    except InputRefused as refused:
        return str(refused)
    return {name: (array.dtype, array.shape, array.tolist()) for name, array in columns.items()}


@given(RECORDS)
def test_the_quick_way_gives_what_the_careful_way_gives(records):
    quick = outcome(lambda: RowReader(SIGNATURE).from_records(records).columns)
    careful = outcome(lambda: columns_from_records(records, SIGNATURE))
    assert repr(quick) == repr(
        {name: careful[name] for name in quick} if isinstance(careful, dict) else careful
    )


def test_columns_in_any_order_and_extra_ones_make_no_difference(record):
    reader = RowReader(SIGNATURE)
    table = {"extra": 1, **dict(reversed(record.items()))}
    by_table = reader.from_table(list(table), [list(table.values())])
    by_record = reader.from_records([record])
    assert by_table.values == by_record.values
    assert repr(by_table.columns) == repr(by_record.columns)


def test_what_is_captured_is_plain_json_with_null_for_missing(record):
    rows = RowReader(SIGNATURE).from_records([{**record, "plan": "", "age": float("nan")}])
    assert json.loads(json.dumps(rows.values)) == [[None, None, 3.0, "Ulm", None]]


@pytest.mark.parametrize("number", [1e39, -1e300, 10**400, float("inf")])
def test_a_number_that_float32_cannot_hold_is_refused_by_name(record, number):
    with pytest.raises(InputRefused, match="“age” is too large or infinite"):
        RowReader(SIGNATURE).from_records([{**record, "age": number}])


def test_a_large_number_within_float32_is_taken(record):
    rows = RowReader(SIGNATURE).from_records([{**record, "age": 3e38, "income": None}])
    assert rows.columns["age"][0, 0] == np.float32(3e38)


def test_numpys_own_missing_value_is_missing(record):
    rows = RowReader(SIGNATURE).from_records([{**record, "age": np.float32("nan")}])
    assert np.isnan(rows.columns["age"][0, 0])
