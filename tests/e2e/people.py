"""People who use the portal over HTTP: a browser's session for pages, a token for the API."""

import html
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

PASSWORD = "seven green bottles on a wall"
PATIENCE_SECONDS = 120.0
T = TypeVar("T")
TOKEN = re.compile(r"\bmlp_[\w-]{20,}")
LINK = re.compile(r"http://[^\s<\"']+/people/welcome/[\w-]+/")


class Refused(AssertionError):
    """An answer other than the expected one."""

    def __init__(self, answer: httpx.Response) -> None:
        text = re.sub(r"<(head|script).*?</\1>|<[^>]*>|\s+", " ", answer.text, flags=re.DOTALL)
        super().__init__(f"{answer.request.method} {answer.request.url}: {answer.status_code} {text[:3000]}")
        self.answer = answer


class Person:
    """One account. `page` is the browser, `api` a program with the person's token."""

    def __init__(self, url: str, email: str, name: str) -> None:
        self.url, self.email, self.name = url, email, name
        self.page = httpx.Client(base_url=url, timeout=60, follow_redirects=True)
        self.api = httpx.Client(base_url=f"{url}/api/v1", timeout=60)

    def close(self) -> None:
        self.page.close()
        self.api.close()

    def open(self, path: str) -> str:
        """A page's HTML; it must be there."""
        answer = self.page.get(path)
        if answer.status_code != httpx.codes.OK:
            raise Refused(answer)
        return answer.text

    def submit(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """POST a form as the browser does: with the token against forgery that the portal set."""
        if "csrftoken" not in self.page.cookies:
            self.page.get("/accounts/login/")
        form = {**(data or {}), "csrfmiddlewaretoken": self.page.cookies["csrftoken"]}
        return self.page.post(path, data=form, headers={"Referer": self.url + path}, **more)

    def accept(self, link: str, *, first: bool = False) -> None:
        """Use a one-time link, and be signed in by it."""
        self.open(link)
        form = {"name": self.name, "password": PASSWORD, "repeated": PASSWORD}
        answer = self.submit(link.removeprefix(self.url), form | ({"email": self.email} if first else {}))
        assert answer.status_code == httpx.codes.OK and "/welcome/" not in str(answer.url), errors_in(
            answer.text
        )

    def make_token(self, scope: str = "write") -> str:
        """On the page, the only place where tokens are made; shown once."""
        answer = self.submit("/people/me/tokens/", {"label": "end to end", "scope": scope, "days": "7"})
        found = TOKEN.search(answer.text)
        assert found, errors_in(answer.text)
        return found[0]

    def use_token(self) -> None:
        self.api.headers["Authorization"] = f"Bearer {self.make_token()}"

    def pass_on(self) -> dict[str, Any]:
        """What another process needs in order to be this person too."""
        cookies = [(cookie.name, cookie.value, cookie.domain) for cookie in self.page.cookies.jar]
        return {"cookies": cookies, "authorization": self.api.headers["Authorization"]}

    def take_over(self, passed: dict[str, Any]) -> None:
        self.page.cookies.clear()
        for name, value, domain in passed["cookies"]:
            self.page.cookies.set(name, value, domain)
        self.api.headers["Authorization"] = passed["authorization"]

    def get(self, path: str, **query: Any) -> Any:
        return _document(self.api.get(path, params=query))

    def list(self, path: str, **query: Any) -> list[Any]:
        found = self.get(path, **query)
        return list(found["results"] if isinstance(found, dict) else found)

    def post(self, path: str, document: Any = None, **more: Any) -> Any:
        return _document(self.api.post(path, json={} if document is None else document, **more))

    def is_refused(self, status: int, path: str, document: Any = None) -> str:
        """The sentence of a refusal with that status, as a problem document."""
        return sentence(self.api.post(path, json=document or {}), status)


def sentence(answer: httpx.Response, status: int) -> str:
    """What a problem document says to a person."""
    if answer.status_code != status:
        raise Refused(answer)
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers
    problem = answer.json()
    assert problem["status"] == status, problem
    assert problem["detail"], problem
    assert problem["instance"].startswith("urn:request:"), problem
    return str(problem["detail"])


def invite(administrator: Person, person: Person) -> Person:
    """Invited on the page, let in by the link that it shows, with a token."""
    answer = administrator.submit("/people/invite/", {"email": person.email, "global_role": ""})
    link = LINK.search(html.unescape(answer.text))
    assert link, errors_in(answer.text)
    person.accept(link[0])
    person.use_token()
    return person


def eventually(what: str, ask: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """The first true answer. A wait without end would hide what is broken."""
    until = time.monotonic() + seconds
    while not (found := ask()):
        if time.monotonic() > until:
            raise TimeoutError(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(0.6)
    return found


def errors_in(page: str) -> list[str]:
    """What a form's page complains of."""
    found = re.findall(r'<div class="error"[^>]*>.*?<span>(.*?)</span>', page, re.DOTALL)
    return [html.unescape(one).strip() for one in found]


def _document(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise Refused(answer)
    return answer.json() if answer.content else None
