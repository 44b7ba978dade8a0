"""Starts real scoring servers, and talks to them."""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scoring import control, tickets

CAPTURE_KEY = b"k" * 32
SIGNER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ticket(digest, *, endpoint="credit", seconds=3600, signer=SIGNER):
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    return tickets.issue(signer, endpoint=endpoint, digest=digest, proposal="12", not_after=end)


class ScoringServer:
    """A server process; use it in a `with`."""

    def __init__(self, state_dir, *, capture=None, prefix=(), environment=None, **settings):
        self.port = free_port()
        self.state_dir = Path(state_dir)
        self.socket = self.state_dir / "control.sock"
        self.prefix = list(prefix)
        self.environment = environment or {}
        public = SIGNER.public_key().public_bytes_raw()
        self.configuration = {
            "endpoint": "credit",
            "host": "127.0.0.1",
            "port": self.port,
            "state_dir": str(state_dir),
            "public_key": base64.b64encode(public).decode(),
            "capture_key": base64.b64encode(CAPTURE_KEY).decode(),
            "source": "bank/risk/credit",
            "model": "risk",
            "require_key": False,
            "capture": capture or {"mode": "fast"},
            **settings,
        }

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.state_dir.mkdir(parents=True, exist_ok=True)
        path = self.state_dir / "config.json"
        path.write_text(json.dumps(self.configuration))
        self.log = (self.state_dir / "server.log").open("ab")
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "scoring", str(path)],
            cwd=ROOT,
            stderr=self.log,
            stdout=self.log,
            env={**os.environ, **self.environment},
        )
        self.started = time.monotonic()
        while True:
            try:
                if self.get("/v2/health/live")[0] == 200 and self.socket.exists():
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - self.started > 20:
                raise RuntimeError((self.state_dir / "server.log").read_text())
            time.sleep(0.01)
        self.ready_seconds = time.monotonic() - self.started

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(15)
        self.log.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(15)

    def command(self, do, **facts):
        return control.call(self.socket, {"do": do, **facts}, 30)

    def load(self, package, *, version="3", deployment="blue", seconds=3600, **facts):
        digest = package.digest
        return self.command(
            "load",
            **{
                "digest": digest,
                "directory": str(package.folder),
                "version": version,
                "version_id": version,
                "deployment": deployment,
                "ticket": ticket(digest, seconds=seconds),
                **facts,
            },
        )

    def go_live(self, package, **facts):
        self.load(package, **facts)
        return self.command("weights", weights={package.digest: 1})

    def get(self, path, **headers):
        return self.request("GET", path, None, headers)

    def post(self, path, body, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.request("POST", path, body, {"content-type": "application/json", **headers})

    def request(self, method, path, body, headers):
        """Status, headers, content: decoded where it is JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content, found = answer.read(), dict(answer.getheaders())
        connection.close()
        if found.get("content-type", "").endswith("json"):
            content = json.loads(content)
        return answer.status, found, content
