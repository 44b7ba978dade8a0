// Runs beside each other: whatever belongs to one run lights up together, and ranges on the axes of
// the parallel coordinates leave only the runs between them. Without it everything is still there.
(function () {
  "use strict";

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

  // The later of two handles that cross decides.
  function range(fieldset) {
    const [from, to] = ["from", "to"].map((end) =>
      fieldset.querySelector(`[data-end="${end}"]`));
    if (Number(from.value) > Number(to.value)) {
      (document.activeElement === from ? to : from).value = (document.activeElement || to).value;
    }
    [from, to].forEach((end) => {
      const { low, high } = fieldset.dataset;
      end.setAttribute("aria-valuetext", end.value === "0" ? low : end.value === "100" ? high : `${end.value} %`);
    });
    return [Number(from.value) / 100, Number(to.value) / 100];
  }

  function within(at, [from, to]) {
    if (from === 0 && to === 1) return true;
    return at !== "" && Number(at) >= from - 1e-9 && Number(at) <= to + 1e-9;
  }
})();
