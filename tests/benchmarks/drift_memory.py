"""Prints the peak memory, in MB, of building, counting and comparing the two files given."""

import resource
import sys
from pathlib import Path

from apps.monitoring import baselines, drift, histograms
from tests.benchmarks import drift_rows

baseline = baselines.build(Path(sys.argv[1]), drift_rows.signature())
drift.compare(baseline, histograms.count(Path(sys.argv[2]), baseline))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
