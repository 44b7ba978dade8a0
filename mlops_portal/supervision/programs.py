"""The programs that make up the portal on one machine, in the order in which they start."""

from mlops_portal.supervision import checks
from mlops_portal.supervision.installation import Installation
from mlops_portal.supervision.supervisor import Program

WEB_THREADS = 16
# Pages render in milliseconds; a slow upload may take a little.
WEB_GRACE_SECONDS = 8
WORKER_GRACE_SECONDS = 8
# The database is the truth about work, so workers need not find each other, nor be reached.
_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def all_of(here: Installation) -> list[Program]:
    """What `make run` starts: MLflow's server only where no other is named."""
    return [program for program in named(here) if program.name != "mlflow" or not here.mlflow.is_elsewhere]


def named(here: Installation) -> list[Program]:
    """Every program that there is."""
    return [
        _mlflow(here),
        _web(here),
        _manage(here, "relay"),
        _worker(here, "quick", processes=2),
        _worker(here, "long", processes=1),
        _manage(here, "keeper"),
    ]


def _web(here: Installation) -> Program:
    return Program(
        "web",
        [
            *(here.python, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--host", here.host, "--port", str(here.port)),
            *("--workers", "1", "--blocking-threads", str(WEB_THREADS)),
            *("--workers-kill-timeout", str(WEB_GRACE_SECONDS - 2)),
            "mlops_portal.wsgi:application",
        ],
        grace=WEB_GRACE_SECONDS,
        ready=checks.answers_http(here.port, "/accounts/login/"),
        greeting=f"The portal is at {here.address}",
    )


def _manage(here: Installation, command: str) -> Program:
    return Program(command, [here.python, str(here.base / "manage.py"), command])


def _worker(here: Installation, queue: str, *, processes: int) -> Program:
    return Program(
        f"worker-{queue}",
        [
            *(here.python, "-m", "celery", "-A", "mlops_portal", "worker"),
            *("-Q", queue, "-c", str(processes), "-n", f"{queue}@%h", "-l", "INFO"),
            *_ALONE,
        ],
        # What a training leaves undone after that, the next start takes up again.
        grace=WORKER_GRACE_SECONDS,
    )


def _mlflow(here: Installation) -> Program:
    server = here.mlflow
    host, _, port = server.listen.rpartition(":")
    where = ["--host", host, "--port", port] if host else ["--uvicorn-opts", f"--uds '{server.socket}'"]
    return Program(
        "mlflow",
        [
            *(here.python, "-m", "mlflow", "server", "--workers", "1", *where),
            *("--backend-store-uri", server.database),
            *("--serve-artifacts", "--artifacts-destination", server.artifacts),
            *("--static-prefix", "/mlflow", "--allowed-hosts", server.hosts),
        ],
        env={
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            # Else it runs jobs of its own in processes that nobody watches.
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        ready=checks.answers_http_on(server.socket, "/mlflow/health"),
    )


def make_folders(here: Installation) -> None:
    """uvicorn's socket is open to everybody, so the folder it lies in is not."""
    (here.var / "mlflow").mkdir(parents=True, exist_ok=True, mode=0o750)
    here.logs.mkdir(parents=True, exist_ok=True, mode=0o750)
    here.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not here.mlflow.is_elsewhere:
        here.mlflow.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        here.mlflow.socket.parent.chmod(0o700)
