"""Where this installation keeps its things, and where it listens, from the environment."""

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
    port: int
    address: str
    python: str
    mlflow_socket: Path | None

    @classmethod
    def from_environment(cls) -> "Installation":
        base = Path(__file__).resolve().parents[2]
        var = Path(env.text("VAR_DIR") or base / "var").absolute()
        port = env.number("PORTAL_PORT", 8000)
        socket = Path(env.text("MLFLOW_SOCKET") or var / "run" / "mlflow" / "mlflow.sock")
        elsewhere = bool(env.text("MLFLOW_URL"))
        address = env.text("PORTAL_URL") or f"http://localhost:{port}"
        return cls(base, var, port, address, sys.executable, None if elsewhere else socket)

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
        if self.mlflow_socket and len(str(self.mlflow_socket).encode()) > LONGEST_SOCKET_PATH:
            return (
                f"The path {self.mlflow_socket} is too long for a Unix socket "
                f"({LONGEST_SOCKET_PATH} bytes at most). Set MLFLOW_SOCKET to a shorter one "
                "in a folder of its own, or move the portal to a shorter path."
            )
        return None
