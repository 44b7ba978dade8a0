import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

from apps.tracking import server


@pytest.fixture(scope="session")
def mlflow_socket(tmp_path_factory):
    """A real MLflow server on a socket in a private folder; it needs some seconds to start."""
    folder = tmp_path_factory.mktemp("mlflow")
    folder.chmod(0o700)
    socket = folder / "mlflow.sock"
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--serve-artifacts"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--static-prefix", "/mlflow"]
    command += ["--uvicorn-opts", f"--uds {socket}"]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        command,
        env={
            **os.environ,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    log.close()
    _wait_until_alive(socket, process, folder / "log")
    yield socket
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(10)


def _wait_until_alive(socket, process, log):
    client = httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), trust_env=False)
    for _ in range(1500):
        assert process.poll() is None, log.read_text()[-2000:]
        if not socket.exists():
            # A failed connection to it would leave a socket behind.
            time.sleep(0.1)
            continue
        try:
            if client.get("http://localhost/mlflow/health").is_success:
                return client.close()
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("MLflow did not start: " + log.read_text()[-2000:])


@pytest.fixture
def mlflow_server(mlflow_socket, settings):
    settings.MLFLOW_SOCKET = str(mlflow_socket)
    server.client.cache_clear()
    yield mlflow_socket
    server.client().close()
    server.client.cache_clear()
