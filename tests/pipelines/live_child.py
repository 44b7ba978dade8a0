"""A child with a child of its own; both bear the folder in their command line and ignore SIGTERM."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from apps.core import child_protocol
from apps.core.said import Said

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    folder = json.loads(Path(sys.argv[1]).read_text())["folder"]
    stubborn = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", stubborn, folder])
    child_protocol.progress(0.5, Said("sleeping"))
    time.sleep(600)
