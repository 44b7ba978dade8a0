"""Run by the interpreter of var/bench/evidently: seconds of Evidently's default drift preset."""

import sys
import time

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

started = time.perf_counter()
reference, current = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
Report([DataDriftPreset()]).run(current, reference).dict()
print(time.perf_counter() - started)
