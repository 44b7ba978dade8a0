// Draws every <div class="chart" data-chart-id="…"> from the JSON beside it, in the page's colours.
(function () {
  "use strict";

  const own = document.currentScript.dataset;
  const config = {
    showSendToCloud: false, // on by default since plotly.js 4: it would upload what is drawn
    displaylogo: false,
    responsive: true,
    typesetMath: false,
    locale: document.documentElement.lang === "de" ? "de" : "en-US",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };
  let loading;

  // 1.5 MB: asked for when the first chart of a page comes into being, not before.
  function plotly() {
    loading ||= script(own.plotly).then(() =>
      config.locale === "de" ? script(own.plotlyDe) : undefined);
    return loading;
  }

  function script(source) {
    return new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = source;
      element.onload = resolve;
      element.onerror = reject;
      document.head.append(element);
    });
  }

  // plotly.js writes some style attributes as text, which the page's policy refuses; the same
  // declarations through the style object are allowed. Only inside charts.
  const setAttribute = Element.prototype.setAttribute;
  SVGElement.prototype.setAttribute = function (name, value) {
    if (name === "style" && (!this.isConnected || this.closest(".js-plotly-plot, #js-plotly-tester"))) {
      this.style.cssText = value;
      return;
    }
    setAttribute.call(this, name, value);
  };

  function resolved(value, style) {
    if (typeof value === "string") {
      const name = value.match(/^\s*var\((--[\w-]+)\)\s*$/);
      return name ? style.getPropertyValue(name[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map((item) => resolved(item, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, resolved(item, style)]));
    }
    return value;
  }

  function themed(figure, element) {
    const style = getComputedStyle(element);
    const token = (name) => style.getPropertyValue(name).trim();
    const drawn = resolved(figure, style);
    const layout = drawn.layout || {};
    layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.font = { family: style.fontFamily, size: 12, color: token("--chart-text"), ...layout.font };
    layout.colorway ||= [1, 2, 3, 4, 5, 6, 7, 8].map((i) => token("--chart-" + i));
    layout.hoverlabel = {
      bgcolor: token("--chart-surface"),
      bordercolor: token("--chart-grid"),
      font: { color: token("--chart-text"), family: style.fontFamily },
      ...layout.hoverlabel,
    };
    layout.modebar = {
      bgcolor: "rgba(0,0,0,0)",
      color: token("--chart-axis"),
      activecolor: token("--chart-text"),
      ...layout.modebar,
    };
    for (const key of Object.keys(layout)) {
      if (!/^[xy]axis\d*$/.test(key)) continue;
      layout[key] = {
        gridcolor: token("--chart-grid"),
        linecolor: token("--chart-axis"),
        tickcolor: token("--chart-axis"),
        zerolinecolor: token("--chart-axis"),
        ...layout[key],
      };
    }
    layout.autosize = true;
    delete layout.width;
    delete layout.height; // the box's class gives the height, so that nothing jumps
    return { data: drawn.data, layout };
  }

  async function draw(element) {
    const source = document.getElementById(element.dataset.chartId);
    if (!source || element.closest("[hidden]")) return;
    try {
      await plotly();
    } catch {
      element.textContent = own.failed;
      return;
    }
    const { data, layout } = themed(JSON.parse(source.textContent), element);
    await window.Plotly.react(element, data, layout, config);
    element.removeAttribute("aria-busy");
  }

  function drawAll(scope) {
    const found = [...scope.querySelectorAll(".chart[data-chart-id]")];
    if (scope.matches?.(".chart[data-chart-id]")) found.push(scope);
    found.forEach(draw);
  }

  drawAll(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) drawAll(event.detail.elt);
  });
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (window.Plotly && event.detail.elt.matches?.(".js-plotly-plot")) {
      window.Plotly.purge(event.detail.elt);
    }
  });
  document.addEventListener("portal:shown", (event) => drawAll(event.target));
  new MutationObserver(() => drawAll(document)).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-bs-theme"],
  });
  window.addEventListener("beforeprint", () => {
    if (window.Plotly) document.querySelectorAll(".js-plotly-plot").forEach(window.Plotly.Plots.resize);
  });
})();
