"""Clients of an endpoint: they ask at its own address, and say later what really happened."""

import json
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import httpx

from tests.e2e.cases import Case, Record
from tests.e2e.people import Person

ROWS_A_SECOND = 60


class Clients:
    """Ask one endpoint; every request has an id of its own, under which its label comes later."""

    def __init__(self, case: Case, address: str) -> None:
        self.case, self.http = case, httpx.Client(base_url=address, timeout=30)
        self.asked: dict[str, str] = {}

    def close(self) -> None:
        self.http.close()

    def ask(self, record: Record) -> dict[str, Any]:
        """One row in MLflow's form; its answer."""
        key = f"{self.case.name}-{len(self.asked):05d}-{time.time_ns()}"
        answer = self.http.post(
            "/invocations",
            json={"dataframe_records": [self.case.without_target(record)]},
            headers={"x-request-id": key},
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        self.asked[key] = str(record[self.case.target])
        found: dict[str, Any] = answer.json()
        return found

    def ask_all(self, records: Sequence[Record]) -> None:
        for record in records:
            self.ask(record)

    def ask_in_open_inference_protocol(self, records: Sequence[Record]) -> dict[str, Any]:
        """A column a tensor, as its metadata names them."""
        models = self.http.get(f"/v2/models/{self.case.model_name}").json()
        tensors = [
            {
                "name": one["name"],
                "datatype": "FP64" if one["datatype"].startswith("FP") else one["datatype"],
                "shape": [len(records), 1],
                "data": [record[one["name"]] for record in records],
            }
            for one in models["inputs"]
        ]
        answer = self.http.post(
            f"/v2/models/{self.case.model_name}/infer", content=json.dumps({"inputs": tensors})
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def send_labels(self, person: Person, monitor: int) -> dict[str, int]:
        rows = [{"correlation_id": key, "label": label} for key, label in self.asked.items()]
        found: dict[str, int] = person.post(f"/monitors/{monitor}/truth/", rows)
        return found

    def waves(self, records: Sequence[Record]) -> Iterator[None]:
        """For ever, a second's worth of requests at a time, as long as somebody goes on asking."""
        going = cycle(records)
        while True:
            began = time.monotonic()
            self.ask_all([next(going) for _one in range(ROWS_A_SECOND)])
            time.sleep(max(0.0, began + 1 - time.monotonic()))
            yield
