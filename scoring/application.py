"""The HTTP side of a scoring server: an RSGI application."""

import asyncio
import hmac
import logging
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from scoring import bodies, inference_protocol, metrics
from scoring.answering import Scorer
from scoring.capture import Capture
from scoring.configuration import Configuration
from scoring.identifiers import generator
from scoring.inputs import InputRefused
from scoring.keys import KeyList
from scoring.problems import Problem
from scoring.versions import NOT_LIVE, Version, Versions

VERSION = "1"
_JSON = ("content-type", "application/json")
_BODY_SECONDS = 30
_SMALL_BODY = 65_536
_LONGEST_ID = 128
_log = logging.getLogger("scoring")
_encode = msgspec.json.Encoder().encode

Headers = list[tuple[str, str]]


class Transport(Protocol):
    """What granian hands over to answer with."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> Any: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...


@dataclass(slots=True)
class Request:
    """`came`: nanoseconds since the epoch. `given_id`: the caller's own, if it sent one."""

    scope: Any
    transport: Transport
    id: str
    given_id: str | None
    came: int

    @property
    def shown_id(self) -> str:
        return self.given_id or self.id


@dataclass(slots=True)
class Answer:
    status: int
    headers: Headers
    body: bytes


class Application:
    def __init__(
        self, configuration: Configuration, versions: Versions, keys: KeyList, capture: Capture
    ) -> None:
        self.refused: Counter[int] = Counter()
        self.scorer = Scorer(capture, source=configuration.source, model=configuration.model)
        self._configuration = configuration
        self._versions = versions
        self._keys = keys
        self._capture = capture
        self._make_id = generator()
        self._reading: dict[Any, float] = {}

    async def __rsgi__(self, scope: Any, transport: Transport) -> None:
        request = Request(
            scope, transport, self._make_id(), scope.headers.get("x-request-id"), time.time_ns()
        )
        try:
            answer = await self._answer(request)
        except InputRefused as refused:
            answer = self._refuse(request, Problem(400, str(refused)))
        except Problem as problem:
            answer = self._refuse(request, problem)
        # Its message may quote the request, which never gets into the log.
        except Exception as fault:  # noqa: BLE001
            _log.error("a request ended in %s", type(fault).__name__)
            answer = self._refuse(request, Problem(500, "The scoring server made a mistake; it was logged."))
        transport.response_bytes(answer.status, answer.headers, answer.body)

    def _refuse(self, request: Request, problem: Problem) -> Answer:
        self.refused[problem.status] += 1
        shown = request.shown_id if _is_plain(request.given_id) else request.id
        return Answer(problem.status, problem.headers(shown), problem.body(shown))

    async def _answer(self, request: Request) -> Answer:
        if request.given_id is not None and not _is_plain(request.given_id):
            raise Problem(400, f"x-request-id must be at most {_LONGEST_ID} visible ASCII characters.")
        path, method = request.scope.path, request.scope.method
        if path == "/invocations":
            _only("POST", method)
            return await self._invocations(request)
        if path.startswith("/v2/models/"):
            return await self._model(request, path[len("/v2/models/") :].split("/"), method)
        _only("GET", method)
        return self._about(request, path)

    async def _invocations(self, request: Request) -> Answer:
        headers = request.scope.headers
        is_ours = self._is_ours(request)
        if not is_ours:
            self._check_key(request)
        kind = bodies.media_type(headers.get("content-type"))
        body = await self._body(request)
        limit = self._configuration.max_rows
        document = bodies.decode_json(body) if kind == "application/json" else None
        version = self._versions.pick(request.came / 1e9)
        if document is None:
            rows = bodies.rows_of_csv(body, version.model.reader, limit)
        else:
            rows = bodies.rows_of_json(document, version.model.reader, limit)
        if is_ours:
            outputs = await self.scorer.try_out(version, rows)
        else:
            outputs = await self.scorer.score(version, rows, request.id, request.shown_id, request.came)
        content: dict[str, Any] = {"predictions": outputs.predictions}
        if outputs.probabilities is not None:
            content["probabilities"] = outputs.by_class(version.model.signature.classes)
        content["id"] = request.id
        content["model_version"] = version.number
        return Answer(200, [_JSON, ("x-request-id", request.shown_id)], _encode(content))

    def _is_ours(self, request: Request) -> bool:
        """A probe or a try-out of the portal's."""
        given = request.scope.headers.get("x-portal-token")
        expected = self._configuration.portal_token
        return bool(given and expected) and hmac.compare_digest(
            given.encode("utf-8", "replace"), expected.encode()
        )

    def _check_key(self, request: Request) -> None:
        if self._configuration.require_key:
            self._keys.check(request.scope.headers.get("authorization"), request.came / 1e9)

    async def _body(self, request: Request) -> bytes:
        """The whole body. Raises Problem: 413 for what is too large, 408 for what is late."""
        length = request.scope.headers.get("content-length")
        limit = self._configuration.max_body_bytes
        if length is None or not length.isdecimal() or int(length) > limit:
            if length is not None:
                raise Problem(413, f"The body may have {limit} bytes, not {length}.")
            return await self._piecewise(request, limit)
        return await self._in_time(request.transport())

    async def _piecewise(self, request: Request, limit: int) -> bytes:
        async def read() -> bytes:
            content = bytearray()
            async for piece in request.transport:
                content += piece
                if len(content) > limit:
                    raise Problem(413, f"The body may have {limit} bytes.")
            return bytes(content)

        return await self._in_time(read())

    async def _in_time(self, reading: Any) -> bytes:
        """
        Slow clients are found by a sweep every few seconds: a timer for every request would cost
        more than the whole answer.
        """
        task = asyncio.current_task()
        self._reading[task] = time.monotonic()
        try:
            content: bytes = await reading
        except asyncio.CancelledError:
            if task in self._reading:
                raise
            raise Problem(408, "The body did not arrive in time.") from None
        finally:
            self._reading.pop(task, None)
        return content

    def drop_slow_readers(self) -> None:
        """Ends what has waited too long for its body."""
        latest = time.monotonic() - _BODY_SECONDS
        for task, since in list(self._reading.items()):
            if since < latest:
                del self._reading[task]
                task.cancel()

    async def _model(self, request: Request, parts: list[str], method: str) -> Answer:
        """/v2/models/NAME[/versions/NUMBER][/ready|/infer]"""
        name, rest = parts[0], parts[1:]
        if name != self._configuration.model:
            raise Problem(404, f"The model here is “{self._configuration.model}”, not “{name}”.")
        number = None
        if len(rest) >= 2 and rest[0] == "versions":
            number, rest = rest[1], rest[2:]
        if rest == ["infer"]:
            _only("POST", method)
            return await self._infer(request, number)
        _only("GET", method)
        if rest not in ([], ["ready"]):
            raise Problem(404, "There is nothing at this address.")
        version = self._version(number, request.came / 1e9)
        if rest == ["ready"]:
            return _json(request, {"name": name, "ready": True})
        numbers = [one.number for one in self._versions.live]
        facts = inference_protocol.metadata(name, numbers, version.model.runtime, version.model.signature)
        return _json(request, facts)

    async def _infer(self, request: Request, number: str | None) -> Answer:
        self._check_key(request)
        body = await self._body(request)
        length = request.scope.headers.get(inference_protocol.LENGTH_HEADER)
        cut = int(length) if length is not None and length.isdecimal() else len(body)
        document = bodies.decode_json(body[:cut])
        version = self._version(number, request.came / 1e9)
        rows = inference_protocol.rows(
            document, body[cut:], version.model.reader, self._configuration.max_rows
        )
        given = document.get("id") if isinstance(document.get("id"), str) else None
        correlation_id = given if given and _is_plain(given) else request.shown_id
        outputs = await self.scorer.score(version, rows, request.id, correlation_id, request.came)
        facts = {
            "model_name": self._configuration.model,
            "model_version": version.number,
            "id": given or request.id,
        }
        content, head = inference_protocol.answer(document, outputs, version.model.signature, facts)
        headers = [_JSON, ("x-request-id", request.shown_id)]
        if head is not None:
            headers = [
                ("content-type", "application/octet-stream"),
                (inference_protocol.LENGTH_HEADER, str(head)),
                *headers[1:],
            ]
        return Answer(200, headers, content)

    def _version(self, number: str | None, now: float) -> Version:
        return self._versions.pick(now) if number is None else self._versions.numbered(number, now)

    def _about(self, request: Request, path: str) -> Answer:
        if path in ("/v2/health/live", "/v2"):
            return _json(request, _SERVER)
        if path in ("/v2/health/ready", "/ping", "/health"):
            if not self._versions.live:
                raise Problem(503, NOT_LIVE, retry_after=5)
            return _json(request, {"ready": True})
        if path == "/version":
            return _json(request, VERSION)
        if path == "/metrics":
            text = metrics.text(
                self._configuration.endpoint,
                self._versions.by_digest.values(),
                self.refused,
                self._capture,
            )
            return Answer(200, [("content-type", metrics.CONTENT_TYPE)], text.encode())
        raise Problem(404, "There is nothing at this address.")


_SERVER = {"name": "mlops-portal-scoring", "version": VERSION, "extensions": ["binary_tensor_data"]}


def _json(request: Request, content: Any) -> Answer:
    return Answer(200, [_JSON, ("x-request-id", request.shown_id)], _encode(content))


def _only(allowed: str, method: str) -> None:
    if method != allowed:
        raise Problem(405, f"This address takes {allowed}, not {method}.")


def _is_plain(text: str | None) -> bool:
    """What may go into a header, a log line and a record as it is."""
    return text is None or (0 < len(text) <= _LONGEST_ID and text.isascii() and text.isprintable())
