"""Prints the peak memory, in MB, of building, counting and comparing the two files given."""

import re
import sys
from pathlib import Path

from apps.monitoring import baselines, drift, histograms
from tests.benchmarks import drift_rows

baseline = baselines.build(Path(sys.argv[1]), drift_rows.signature())
drift.compare(baseline, histograms.count(Path(sys.argv[2]), baseline))
# Not getrusage: its peak begins with that of the process that started this one.
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024)
