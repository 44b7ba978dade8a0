"""Where this installation keeps its things, and where its programs listen, from the environment."""

import sys
from dataclasses import dataclass
from pathlib import Path

from mlops_portal import environment as env

# A Unix socket's path must fit into 104 bytes on macOS, 108 on Linux, with its final zero.
LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True, slots=True)
class Installation:
    base: Path
    var: Path
    host: str
    port: int
    address: str
    python: str
    mlflow: "Mlflow"

    @classmethod
    def from_environment(cls) -> "Installation":
        base = Path(__file__).resolve().parents[2]
        var = Path(env.text("VAR_DIR") or base / "var").absolute()
        port = env.number("PORTAL_PORT", 8000)
        address = env.text("PORTAL_URL") or f"http://localhost:{port}"
        host = env.text("PORTAL_HOST") or "127.0.0.1"
        return cls(base, var, host, port, address, sys.executable, Mlflow.from_environment(var))

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def sign_ins(self) -> Path:
        return self.var / "demo-sign-ins.txt"

    def why_not_here(self) -> str | None:
        """What about this place cannot work, before anything is started in it."""
        socket = str(self.mlflow.socket)
        if not self.mlflow.is_elsewhere and len(socket.encode()) > LONGEST_SOCKET_PATH:
            return (
                f"The path {socket} is too long for a Unix socket ({LONGEST_SOCKET_PATH} bytes at "
                "most). Set MLFLOW_SOCKET to a shorter one in a folder of its own, or move the "
                "portal to a shorter path."
            )
        return None


@dataclass(frozen=True, slots=True)
class Mlflow:
    """MLflow's server: on a socket of ours, or where MLFLOW_URL says that another one listens."""

    is_elsewhere: bool
    socket: Path
    # Set in a container of its own, on a network that nobody else is on: host:port.
    listen: str
    database: str
    artifacts: str
    hosts: str

    @classmethod
    def from_environment(cls, var: Path) -> "Mlflow":
        folder = var / "mlflow"
        return cls(
            is_elsewhere=bool(env.text("MLFLOW_URL")),
            socket=Path(env.text("MLFLOW_SOCKET") or var / "run" / "mlflow" / "mlflow.sock"),
            listen=env.text("MLFLOW_LISTEN"),
            database=env.text("MLFLOW_DATABASE_URL") or f"sqlite:///{folder / 'mlflow.db'}",
            artifacts=env.text("MLFLOW_ARTIFACTS_URL") or str(folder / "artifacts"),
            hosts=env.text("MLFLOW_HOSTS") or "localhost,127.0.0.1,127.0.0.1:5000",
        )
