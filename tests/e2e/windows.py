"""A browser window for each person, which keeps account of what went wrong on its pages."""

from re import Pattern

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

PATIENCE_MS = 90_000
# Violations of the content security policy are said to the page alone: put them where we listen.
LISTEN = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP violation: " + event.violatedDirective + " " + event.blockedURI));
"""


class Window:
    """One person's pages. `faults`: errors of scripts, violations, and answers above 499."""

    def __init__(self, browser: Browser, url: str, name: str, email: str) -> None:
        self.name, self.email, self.faults = name, email, list[str]()
        self.context: BrowserContext = browser.new_context(base_url=url, locale="en-GB")
        self.context.add_init_script(LISTEN)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self._blame(str(error)))
        self.page.on("console", lambda said: self._blame(said.text) if said.type == "error" else None)
        self.page.on(
            "response",
            lambda got: self._blame(f"{got.status} {got.url}") if got.status >= 500 else None,
        )

    def close(self) -> None:
        self.context.close()

    def open(self, path: str) -> Page:
        answer = self.page.goto(path)
        assert answer is not None, path
        assert answer.ok, f"{answer.status} {path}"
        return self.page

    def press(self, name: str, within: Locator | None = None) -> None:
        (within or self.page).get_by_role("button", name=name, exact=True).first.click()

    def confirm(self, name: str) -> None:
        """A button that asks first: press it, then its like in the dialog."""
        self.press(name)
        self.press(name, self.page.locator("dialog[open]"))

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def sees(self, text: str | Pattern[str]) -> None:
        expect(self.page.locator("#main")).to_contain_text(text, timeout=PATIENCE_MS)

    def reload_until(self, selector: str, *, goes: int = 60) -> Locator:
        """For pages that do not ask for themselves: as a person does who waits."""
        for _go in range(goes):
            found = self.page.locator(selector)
            if found.count():
                return found.first
            self.page.wait_for_timeout(1500)
            try:
                self.page.reload()
            except Error as error:
                if "ERR_ABORTED" not in error.message:
                    raise
                self.page.wait_for_load_state()  # It was on its way by itself.
        raise AssertionError(f"{selector} did not appear on {self.page.url} for {self.name}.")

    def _blame(self, what: str) -> None:
        self.faults.append(f"{self.name} on {self.page.url}: {what}")
