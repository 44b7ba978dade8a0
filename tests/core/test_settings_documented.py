import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {"text", "number", "flag", "words", "secret"}


def _variables(path: Path) -> set[str]:
    """The first argument of each `env.text("NAME")` in a file."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in READERS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_variable_is_listed_in_the_documentation():
    files = [path for path in (ROOT / "mlops_portal").rglob("*.py") if path.name != "settings_test.py"]
    read = set().union(*(_variables(path) for path in files))
    listed = {
        line.split("`")[1]
        for line in (ROOT / "docs" / "settings.md").read_text().splitlines()
        if line.startswith("| `")
    }

    assert len(read) > 30
    assert read == listed
