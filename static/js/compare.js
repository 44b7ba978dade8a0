// Runs beside each other: whatever belongs to one run lights up together, and ranges on the axes of
// the parallel coordinates leave only the runs between them. Without it everything is still there.
(function () {
  "use strict";

  const figures = new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: 3 });
  const parts = (run) => document.querySelectorAll(`[data-run="${CSS.escape(run)}"]`);

  function follow(event, on) {
    const run = event.target.closest?.("[data-run]")?.dataset.run;
    if (run) parts(run).forEach((part) => part.classList.toggle("followed", on));
  }
  ["pointerover", "focusin"].forEach((name) =>
    document.addEventListener(name, (event) => follow(event, true)));
  ["pointerout", "focusout"].forEach((name) =>
    document.addEventListener(name, (event) => follow(event, false)));

  document.querySelectorAll("[data-parallel]").forEach((picture) => {
    picture.addEventListener("input", () => leave(picture));
    leave(picture);
  });

  function leave(picture) {
    if (!picture.querySelector("fieldset")) return;
    const ranges = [...picture.querySelectorAll("fieldset")].map(range);
    const runs = [...picture.querySelectorAll("g[data-run]")];
    const left = runs.filter((run) => {
      const isIn = run.dataset.at.split(",").every((at, i) => within(at, ranges[i]));
      parts(run.dataset.run).forEach((part) => part.classList.toggle("left-out", !isIn));
      return isIn;
    });
    picture.querySelector("[data-parallel-left]").textContent =
      left.length < runs.length ? `${left.length} / ${runs.length}` : "";
  }

  // Of two handles that cross, the one that is moved takes the other along.
  function range(fieldset) {
    const [from, to] = ["from", "to"].map((end) => fieldset.querySelector(`[data-end="${end}"]`));
    if (Number(from.value) > Number(to.value)) {
      const moved = document.activeElement === from ? from : to;
      from.value = to.value = moved.value;
    }
    const words = [from, to].map((handle) => word(fieldset, Number(handle.value) / 100));
    [from, to].forEach((handle, i) => handle.setAttribute("aria-valuetext", words[i]));
    fieldset.querySelector("output").textContent = words.join(" – ");
    return [Number(from.value) / 100, Number(to.value) / 100];
  }

  function word(fieldset, share) {
    const levels = fieldset.querySelectorAll("data");
    if (levels.length) return levels[Math.round(share * (levels.length - 1))].value;
    const [start, stop] = [Number(fieldset.dataset.start), Number(fieldset.dataset.stop)];
    return figures.format(start + share * (stop - start));
  }

  function within(at, [from, to]) {
    if (from === 0 && to === 1) return true;
    return at !== "" && Number(at) >= from - 1e-9 && Number(at) <= to + 1e-9;
  }
})();
