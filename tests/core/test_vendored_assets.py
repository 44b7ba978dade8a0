import importlib.util
import sys
from pathlib import Path

from plotly.offline import get_plotlyjs_version

ROOT = Path(__file__).resolve().parents[2]


def vendoring():
    spec = importlib.util.spec_from_file_location("vendoring", ROOT / "tools/vendor_assets.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendoring"] = module
    spec.loader.exec_module(module)
    return module


def test_the_files_on_disk_are_the_locked_ones():
    assert vendoring().differing() == []


def test_plotly_js_is_the_version_that_plotly_py_writes_for():
    versions = {p.name: p.version for p in vendoring().PACKAGES}
    assert versions["plotly.js-cartesian-dist-min"] == versions["plotly.js"]
    assert versions["plotly.js"] == get_plotlyjs_version()


def test_no_vendored_file_names_a_source_map():
    for path in (ROOT / "static/vendor").glob("*.*"):
        assert b"sourceMappingURL" not in path.read_bytes(), path.name


def test_the_map_styles_that_plotly_js_would_inject_are_headed_off():
    bundle = (ROOT / "static/vendor/plotly-cartesian.min.js").read_text()
    identity = bundle.split(".textContent='.maplibregl")[0].rsplit('.id="', 1)[1].split('"')[0]
    assert f'id="{identity}"' in (ROOT / "templates/_document.html").read_text()
