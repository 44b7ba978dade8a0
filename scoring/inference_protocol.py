"""
The Open Inference Protocol, version 2, over HTTP: requests → rows, outputs → answers.

With the binary extension that Triton's client uses: tensors after the JSON, their sizes in it.
"""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from scoring.inputs import InputRefused
from scoring.models import Outputs
from scoring.problems import Problem
from scoring.rows import RowReader, Rows
from scoring.signature import Signature

LENGTH_HEADER = "inference-header-content-length"
_TYPES = {
    "BOOL": np.bool_,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}

Tensor = dict[str, Any]


def rows(document: dict[str, Any], binary: bytes, reader: RowReader, max_rows: int) -> Rows:
    """
    One tensor a feature, of shape [rows] or [rows, 1].

    Raises Problem 400 or 413, InputRefused for what does not fit the signature.
    """
    tensors = document.get("inputs")
    if not isinstance(tensors, list) or not all(isinstance(tensor, dict) for tensor in tensors):
        raise Problem(400, "“inputs” must be a list of tensors.")
    columns: dict[str, list[Any]] = {}
    for tensor in tensors:
        values, binary = _values(tensor, binary)
        name = str(tensor.get("name"))
        if name in columns:
            raise InputRefused(f"The tensor “{name}” is there more than once.")
        columns[name] = values
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise InputRefused("The tensors have different numbers of rows.")
    if lengths and max(lengths) > max_rows:
        raise Problem(413, f"At most {max_rows} rows a request: use batch scoring for more.")
    return reader.from_table(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


def answer(
    document: dict[str, Any], outputs: Outputs, signature: Signature, facts: dict[str, Any]
) -> tuple[bytes, int | None]:
    """The body, and the length of its JSON where tensors follow in binary form."""
    tensors = _asked_for(document, output_tensors(outputs, signature))
    parts: list[bytes] = []
    for tensor, wanted_binary in tensors:
        if wanted_binary:
            data = _to_binary(tensor["datatype"], tensor.pop("data"))
            tensor["parameters"] = {"binary_data_size": len(data)}
            parts.append(data)
    head = msgspec.json.encode({**facts, "outputs": [tensor for tensor, _ in tensors]})
    return head + b"".join(parts), len(head) if parts else None


def output_tensors(outputs: Outputs, signature: Signature) -> list[Tensor]:
    rows = len(outputs.predictions)
    if signature.task == "regression":
        return [_tensor("prediction", "FP32", [rows], outputs.predictions)]
    labels = [str(label) for label in outputs.predictions]
    tensors = [_tensor("label", "BYTES", [rows], labels)]
    if outputs.probabilities is not None:
        flat = outputs.probabilities.ravel().tolist()
        tensors.append(_tensor("probabilities", "FP32", [rows, len(signature.classes)], flat))
    return tensors


def metadata(name: str, versions: Sequence[str], runtime: str, signature: Signature) -> Tensor:
    """What GET /v2/models/NAME answers."""
    outputs = [{"name": "prediction", "datatype": "FP32", "shape": [-1]}]
    if signature.task != "regression":
        outputs = [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, len(signature.classes)]},
        ]
    return {
        "name": name,
        "versions": list(versions),
        "platform": "onnx_onnxv1" if runtime == "onnx" else "sklearn_skops",
        "inputs": [
            {
                "name": feature.name,
                "datatype": "FP32" if feature.kind == "number" else "BYTES",
                "shape": [-1, 1],
            }
            for feature in signature.features
        ],
        "outputs": outputs,
    }


def _tensor(name: str, datatype: str, shape: list[int], data: list[Any]) -> Tensor:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def _values(tensor: Tensor, binary: bytes) -> tuple[list[Any], bytes]:
    """The tensor's values and what is left of the binary part."""
    name, shape = tensor.get("name"), tensor.get("shape")
    size = _parameters(tensor).get("binary_data_size")
    if isinstance(size, int) and 0 <= size <= len(binary):
        values, binary = _from_binary(tensor, binary[:size]), binary[size:]
    elif isinstance(tensor.get("data"), list):
        values = _flat(tensor["data"])
    else:
        raise Problem(400, f"The tensor “{name}” has no data.")
    if shape not in ([len(values)], [len(values), 1]):
        raise Problem(400, f"The tensor “{name}” has the shape {shape} and {len(values)} values.")
    return values, binary


def _flat(data: list[Any]) -> list[Any]:
    if data and all(isinstance(cell, list) and len(cell) == 1 for cell in data):
        return [cell[0] for cell in data]
    return data


def _from_binary(tensor: Tensor, data: bytes) -> list[Any]:
    datatype = tensor.get("datatype")
    try:
        if datatype == "BYTES":
            return _texts(data)
        return np.frombuffer(data, dtype=np.dtype(_TYPES[str(datatype)]).newbyteorder("<")).tolist()
    except (KeyError, ValueError, struct.error):
        raise Problem(400, f"The tensor “{tensor.get('name')}” does not hold {datatype} values.") from None


def _texts(data: bytes) -> list[str]:
    """Each value is its length, four bytes with the lowest first, and UTF-8."""
    texts, position = [], 0
    while position < len(data):
        (length,) = struct.unpack_from("<I", data, position)
        end = position + 4 + length
        if end > len(data):
            raise ValueError("The last text is cut short.")
        texts.append(data[position + 4 : end].decode())
        position = end
    return texts


def _asked_for(document: dict[str, Any], tensors: list[Tensor]) -> list[tuple[Tensor, bool]]:
    everything = bool(_parameters(document).get("binary_data_output", False))
    wanted = document.get("outputs")
    if not wanted:
        return [(tensor, everything) for tensor in tensors]
    if not isinstance(wanted, list) or not all(isinstance(output, dict) for output in wanted):
        raise Problem(400, "“outputs” must be a list of objects with a “name”.")
    by_name = {tensor["name"]: tensor for tensor in tensors}
    chosen = []
    for output in wanted:
        tensor = by_name.get(str(output.get("name")))
        if tensor is None:
            raise Problem(400, f"The model has no such output; it has {', '.join(by_name)}.")
        binary = _parameters(output).get("binary_data", everything)
        chosen.append((dict(tensor), bool(binary)))
    return chosen


def _parameters(holder: dict[str, Any]) -> dict[str, Any]:
    found = holder.get("parameters") or {}
    if not isinstance(found, dict):
        raise Problem(400, "“parameters” must be an object.")
    return found


def _to_binary(datatype: str, values: list[Any]) -> bytes:
    if datatype == "BYTES":
        encoded = [value.encode() for value in values]
        return b"".join(struct.pack("<I", len(value)) + value for value in encoded)
    array: NDArray[Any] = np.array(values, dtype="<f4")
    return array.tobytes()
