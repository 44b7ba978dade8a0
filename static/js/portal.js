// What every page does beyond plain HTML. Everything works without it, only less comfortably.
(function () {
  "use strict";

  const root = document.documentElement;
  const words = JSON.parse(document.getElementById("portal-words")?.textContent || "{}");

  // htmx ------------------------------------------------------------------------------------
  // Its settings stand in <meta name="htmx-config">; here is where answers that say no go to.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = event.detail;
    const status = detail.xhr.status;
    if (status < 400) return;
    const form = detail.requestConfig?.elt?.closest?.("[data-errors='inline']");
    if ((status === 422 || status === 400) && form) return; // the part comes back with its errors
    detail.target = document.getElementById("messages") || detail.target;
    detail.swapOverride = "innerHTML";
    if (!/data-message/.test(detail.serverResponse || "")) {
      detail.shouldSwap = false;
      say(status >= 500 ? words.broken : words.refused, status >= 500 ? "bad" : "warn");
    }
  });
  document.addEventListener("htmx:sendError", () => say(words.offline, "bad"));
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "messages") return;
    event.detail.target.scrollIntoView({ block: "nearest" });
  });

  function say(text, tone) {
    const place = document.getElementById("messages");
    if (!place || !text) return;
    const line = document.createElement("div");
    line.className = "message tone-" + (tone || "info");
    line.textContent = text;
    place.replaceChildren(line);
    place.scrollIntoView({ block: "nearest" });
  }

  // Forms: once is enough; what cannot be undone asks first --------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // data-again: a form whose answer is a file leaves the page standing.
    if (form.matches("[method='dialog'], [method='get'], [data-again]")) return;
    if (form.dataset.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sending = "yes";
    // The button's own name and value must still be sent: disable it after the browser read it.
    window.setTimeout(() => hold(form, true));
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt?.closest?.("form");
    if (form) hold(form, false);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sending]").forEach((form) => hold(form, false));
  });

  function hold(form, on) {
    if (!on) delete form.dataset.sending;
    form.querySelectorAll("button:not([type]), button[type='submit']").forEach((button) => {
      if (on && !button.disabled) {
        button.disabled = true;
        button.dataset.held = "yes";
        button.setAttribute("aria-busy", "true");
      } else if (!on && button.dataset.held) {
        button.disabled = false;
        delete button.dataset.held;
        button.removeAttribute("aria-busy");
      }
    });
  }

  // One listener for every click that is ours --------------------------------------------------
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    closeMenus(event.target);
    if (!button) return;
    if (button.dataset.copy !== undefined) return copy(button);
    if (button.dataset.copyFrom || button.dataset.copyAddress !== undefined) return copy(button);
    if (button.dataset.back !== undefined) return goBack(event);
    if (button.dataset.open) return openDialog(button.dataset.open, event);
    if (button.dataset.close !== undefined) return button.closest("dialog")?.close();
    if (button.dataset.view) return switchView(button);
    if (button.dataset.tab) return selectTab(button);
    if (button.matches(".nav-toggle")) return toggleNav(button, event);
    if (button.dataset.print !== undefined) return window.print();
    if (button.dataset.dismiss !== undefined) button.closest(".message")?.remove();
  });

  // data-copy is the text itself; data-copy-from names the element whose text is copied;
  // data-copy-address stands for the address of the page as it is now.
  async function copy(button) {
    const from = document.getElementById(button.dataset.copyFrom || "");
    const text = from ? from.textContent : button.dataset.copy ?? window.location.href;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text);
    }
    button.classList.add("copied");
    announce(words.copied);
    window.setTimeout(() => button.classList.remove("copied"), 1600);
  }

  // The clipboard API needs HTTPS or localhost; a portal on a plain intranet address has neither.
  function copyBySelection(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  // The link alone would load the page anew, without what was typed there.
  function goBack(event) {
    if (window.history.length < 2) return;
    event.preventDefault();
    window.history.back();
  }

  function announce(text) {
    const place = document.getElementById("announcer");
    if (place) place.textContent = text || "";
  }

  function openDialog(id, event) {
    const dialog = document.getElementById(id);
    if (!dialog?.showModal || dialog.open) return;
    event?.preventDefault();
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    // A click beside a dialog closes it: its backdrop is the dialog element itself.
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(except)) menu.open = false;
    });
  }

  function toggleNav(button, event) {
    event.preventDefault();
    const open = document.body.classList.toggle("nav-open");
    button.setAttribute("aria-expanded", String(open));
  }

  // Chart or table ------------------------------------------------------------------------------
  function switchView(button) {
    const holder = button.closest("[data-views]");
    holder.querySelectorAll("[data-view]").forEach((other) => {
      other.setAttribute("aria-pressed", String(other === button));
    });
    holder.querySelectorAll("[data-view-of]").forEach((part) => {
      part.hidden = part.dataset.viewOf !== button.dataset.view;
    });
    holder.dispatchEvent(new CustomEvent("portal:shown", { bubbles: true }));
  }

  // Tabs: one is chosen, arrows move ------------------------------------------------------------
  function selectTab(tab) {
    const list = tab.closest("[role='tablist']");
    list.querySelectorAll("[role='tab']").forEach((other) => {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(other.dataset.tab);
      if (panel) panel.hidden = !chosen;
    });
  }

  function moveTab(event) {
    const tab = event.target.closest?.("[role='tab']");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.closest("[role='tablist']").querySelectorAll("[role='tab']")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    selectTab(next);
  }

  // Times in the reader's zone ---------------------------------------------------------------------
  const zone = root.dataset.timeZone || undefined;
  const language = root.lang || undefined;
  const styles = {
    short: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
    date: { day: "numeric", month: "short", year: "numeric" },
    exact: { dateStyle: "medium", timeStyle: "long" },
  };

  function localTimes(scope) {
    scope.querySelectorAll("time[data-local]").forEach((element) => {
      const moment = new Date(element.dateTime);
      if (Number.isNaN(moment.getTime())) return;
      element.title = new Intl.DateTimeFormat(language, { ...styles.exact, timeZone: zone })
        .format(moment);
      element.textContent = timeWords(moment, element.dataset.local);
    });
  }

  function timeWords(moment, style) {
    if (style === "relative") return relative(moment);
    const options = { ...(styles[style] || styles.short), timeZone: zone };
    return new Intl.DateTimeFormat(language, options).format(moment);
  }

  function relative(moment) {
    const seconds = (moment - Date.now()) / 1000;
    const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
    const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
    const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) || ["second", 1];
    if (unit === "day" && Math.abs(seconds) > 30 * 86400) return timeWords(moment, "date");
    return format.format(Math.round(seconds / size), unit);
  }

  // Keyboard ----------------------------------------------------------------------------------------
  let leader = 0;
  document.addEventListener("keydown", (event) => {
    moveTab(event);
    if (event.key === "Escape") closeMenusByKey(event);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return openDialog("palette");
    }
    if (event.target.closest?.(".palette")) movePalette(event);
    if (isTyping(event)) return;
    if (event.key === "?") return openDialog("shortcuts");
    if (event.key === "g") return (leader = Date.now());
    if (Date.now() - leader < 1500) jump(event.key);
    leader = 0;
  });

  function isTyping(event) {
    const inField = event.target.closest?.("input, textarea, select, [contenteditable]");
    return inField || event.ctrlKey || event.metaKey || event.altKey
      || document.querySelector("dialog[open]");
  }

  function jump(letter) {
    document.querySelector(`[data-jump="${CSS.escape(letter)}"]`)?.click();
  }

  function closeMenusByKey(event) {
    const menu = event.target.closest?.("details.menu[open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
  }

  function movePalette(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = [...event.target.closest(".palette").querySelectorAll("input, a[href]")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }

  // A line in a table that leads somewhere keeps its selection visible: forms that send themselves.
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-autosubmit]");
    if (form) form.requestSubmit();
  });

  // On paper nothing is folded away, and "an hour ago" says nothing.
  const relativeTimes = () => document.querySelectorAll("time[data-local='relative']");
  window.addEventListener("beforeprint", () => {
    relativeTimes().forEach((element) => (element.textContent = element.title));
    document.querySelectorAll("main details:not([open])").forEach((part) => {
      part.open = true;
      part.dataset.folded = "yes";
    });
  });
  window.addEventListener("afterprint", () => {
    relativeTimes().forEach((element) => {
      element.textContent = timeWords(new Date(element.dateTime), "relative");
    });
    document.querySelectorAll("details[data-folded]").forEach((part) => {
      part.open = false;
      delete part.dataset.folded;
    });
  });

  function ready(scope) {
    localTimes(scope);
    // Without this script tables stand under their charts and confirmations on their own page.
    scope.querySelectorAll("[data-needs-script]").forEach((part) => (part.hidden = false));
    scope.querySelectorAll("[data-view-of='table'][data-start-hidden]").forEach((part) => {
      part.hidden = true;
    });
    scope.querySelectorAll("[role='tablist'] [role='tab'][aria-selected='true']").forEach(selectTab);
  }
  ready(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) ready(event.detail.elt);
  });
})();
