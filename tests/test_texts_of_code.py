"""
Every sentence that Python says to people can be translated, also long after it was said.

No module has a sentence outside of gettext; and every code that a computing module says has its
words, with a place for each of its facts.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.core import saying

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path
    for package in ("apps", "mlops_portal")
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)

GETTEXT = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"})
PROGRAMMERS = frozenset(
    {"TypeError", "LookupError", "RuntimeError", "KeyError", "FileNotFoundError", "OtherBaseline"}
)
"""What these are raised with is read in a traceback."""
LOGS = frozenset({"log", "context"})
"""The log of the installation and of a run: technical, in English, as its libraries write."""

NOT_FOR_READERS = {
    "management/commands/": "whoever installs reads it at the command line",
    "mlops_portal/supervision/": "whoever runs `make run` reads it at the command line",
    "mlops_portal/settings.py": "names and formats; the API's title is the product's name",
    "audit/standalone/": "a program of its own, without Django",
    "core/checks.py": "Django's checks of the settings, read when the portal is installed",
    "home/database_roles.py": "SQL, and a command's answers",
    "home/preparing.py": "the first start's words at the command line",
}
PROGRAMMERS_MATHS = (
    "core/graphs.py",
    "datasets/kind_finding.py",
    "datasets/preview.py",
    "deployments/conversion.py",
    "deployments/keys.py",
    "home/demo_data.py",
    "monitoring/columns.py",
    "monitoring/drift.py",
    "monitoring/histograms.py",
    "monitoring/performance.py",
    "monitoring/windows.py",
    "pipelines/children.py",
)
"""A ValueError here is a wrong call, not a wrong input."""

NO_SENTENCES = {
    "Another keeper runs on this machine.": "a command's answer at the command line",
    "No message can be put into {}: {}": "kombu's own kind of error, read in the log",
    "The deployment to put back.": "the API's schema, in English like its docstrings",
    "Shown this once.": "the API's schema",
    "Shown this once; it is e-mailed too.": "the API's schema",
    "The page where it is done.": "the API's schema",
    "A few letters of what is looked for.": "the API's schema",
    "The end of it.": "the API's schema",
    "What a client would get.": "the API's schema",
    "Credit risk": "a name in an example of a call",
    "A decision stands.": "the database's refusal, for who goes around the portal",
    "With a text/csv body.": "the API's schema",
    "The event log is only added to.": "the database's refusal, for who goes around the portal",
    "X does not have valid feature names": "scikit-learn's own words, looked for in its warnings",
    "unexpected end of data": "the csv module's own words, looked for in its errors",
    "rows that fit into the limit": "salt of a hash",
}
CODE = re.compile(
    r"^\s*(curl|import|export |headers=|mlflow\.|print\(|SELECT|CREATE|DROP|DELETE OR|BEGIN|SET|PRAGMA|GET|-H|-c|,\n|text/csv|"
    r"default-src|name = '|\{\}\\n\\nrow|Path \||\(\^)|<\w+ |raise_for_status"
)
"""SQL, snippets, markup and headers."""
PEOPLE = re.compile(r"^(Dana|Sam|Olu|Vera|Anna|Vic|Ada|Otto) [A-Z]\w+$")
"""The demo's people."""


def sentences_in(source: str, *, values_are_wrong_calls: bool = False) -> list[str]:
    finder = _Finder(values_are_wrong_calls)
    finder.visit(ast.parse(source))
    return [text for text in finder.found if not CODE.search(text) and not PEOPLE.match(text)]


class _Finder(ast.NodeVisitor):
    def __init__(self, values_are_wrong_calls: bool) -> None:
        self.found: list[str] = []
        self.programmers = PROGRAMMERS | ({"ValueError"} if values_are_wrong_calls else set())

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Call(self, node):
        if _name(node.func) in GETTEXT:
            for keyword in node.keywords:
                self.visit(keyword)
        elif not _logs(node.func):
            self.generic_visit(node)

    def visit_Raise(self, node):
        if not (isinstance(node.exc, ast.Call) and _name(node.exc.func) in self.programmers):
            self.generic_visit(node)

    def visit_JoinedStr(self, node):
        self._look("".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values))
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self.visit(value.value)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self._look(node.value)

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit(node.value)

    def visit_arg(self, node):
        pass

    def _look(self, text):
        if _reads_like_a_sentence(text):
            self.found.append(text)


def _name(node) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _logs(node) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in LOGS


def _reads_like_a_sentence(text: str) -> bool:
    text, words = text.strip(), re.findall(r"[A-Za-z]{2,}", text)
    if " " not in text or len(words) < 2:
        return False
    return text[0].isupper() or text[0] in "“{" or text.endswith(".") or len(words) > 3


def _is_for_readers(path: Path) -> bool:
    return not any(part in path.as_posix() for part in NOT_FOR_READERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_no_sentence_of_its_own(path):
    if _is_for_readers(path):
        wrong_calls = path.as_posix().endswith(PROGRAMMERS_MATHS)
        found = sentences_in(path.read_text(), values_are_wrong_calls=wrong_calls)
        assert [text for text in found if text not in NO_SENTENCES] == []


@pytest.mark.parametrize(
    "source",
    [
        'title = "Rows compared"',
        'raise StepFailed("The rows are gone.")',
        'f"{name} has no values."',
        'messages.error(request, "no such column: " + name + " is not there.")',
        'NOTE = {"late": f"Only {share} of the outcomes have come"}',
    ],
)
def test_a_bare_sentence_is_found(source):
    assert len(sentences_in(f"x = [{source}]" if source.startswith("f") else source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring of a module."""',
        'def f():\n    """What it does."""\n    log.info("It is done now.")',
        'raise WrongState(_("The rows are gone."))',
        'later = _("%(version)s is live there already.", version=version)',
        'raise TypeError("A training is started by a person.")',
        'said("datasets.no_values", column=name)',
    ],
)
def test_what_may_be_there_is_let_be(source):
    assert sentences_in(source) == []


def test_the_exceptions_are_all_needed():
    every = "\n".join(path.read_text() for path in MODULES)
    assert [text for text in NO_SENTENCES if re.split(r"\{\}", text)[0] not in every] == []


# Codes and their words


def _said() -> Iterator[tuple[str, frozenset[str] | None]]:
    """Every code that is said, with the names of its facts where the call names them all."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) == "said" and node.args:
                first, names = node.args[0], [keyword.arg for keyword in node.keywords]
                if isinstance(first, ast.Constant):
                    yield first.value, None if None in names else frozenset(names)


def _codes_anywhere() -> set[str]:
    """Codes that are chosen before they are said stand in the same modules as plain texts."""
    code = re.compile(r"[a-z]+\.[a-z0-9_]+")
    return {
        node.value
        for path in MODULES
        if not path.stem.endswith("words")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and code.fullmatch(node.value)
    }


def test_every_code_that_is_said_has_words():
    assert {code for code, _facts in _said()} - saying.sentences().keys() == set()


def test_all_words_are_said_somewhere():
    said = {code for code, _facts in _said()}
    assert saying.sentences().keys() - said - _codes_anywhere() == set()


def test_each_place_in_a_sentence_is_filled_by_a_fact():
    for code, facts in _said():
        if facts is not None:
            assert _places(code) - facts == set(), code


def _places(code: str) -> set[str]:
    asked = _Asked()
    str(saying.sentences()[code].text % asked)
    return set(asked)


class _Asked(dict[str, int]):
    """Notes what it is asked for."""

    def __missing__(self, name: str) -> int:
        self[name] = 1
        return 1
