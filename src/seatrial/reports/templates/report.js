"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("plots").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const coarse = matchMedia("(pointer: coarse)");
  const style = getComputedStyle(document.documentElement);
  const role = { failed: "bad" };

  // "@good" in a figure is the page's colour --good, in light and dark.
  const coloured = (value) => {
    if (typeof value === "string" && /^@[a-z0-9]+$/.test(value)) {
      const name = value.slice(1);
      return style.getPropertyValue(`--${role[name] || name}`).trim();
    }
    if (Array.isArray(value)) return value.map(coloured);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item)]));
  };
  const axis = (own) => ({
    gridcolor: "@line", linecolor: "@line", zeroline: false, automargin: true, ticks: "", ...own,
    title: { font: { size: 12, color: "@quiet" }, standoff: 8, ...own.title },
  });
  const layout = (own) => coloured({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: "@ink" },
    margin: { l: 8, r: 8, t: own.showlegend === false ? 6 : 34, b: 8 }, showlegend: true, dragmode: coarse.matches ? false : "zoom",
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { size: 12, color: "@quiet" } },
    hoverlabel: { bgcolor: "@surface", bordercolor: "@line", align: "left", font: { size: 13, color: "@ink" } },
    ...own, xaxis: axis(own.xaxis), yaxis: axis(own.yaxis),
  });
  const drawn = new Set();
  const draw = (box) => {
    const figure = figures[Number(box.dataset.figure)];
    drawn.add(box);
    Plotly.react(box, coloured(figure.data), layout(figure.layout), { displayModeBar: false, responsive: true });
  };

  // The library is large: the page opens first, and pictures come when the browser has time.
  const library = new Promise((resolve) => {
    const load = () => {
      const script = document.createElement("script");
      script.textContent = document.getElementById("plotly").textContent;
      document.head.append(script);
      resolve();
    };
    const idle = window.requestIdleCallback || setTimeout;
    if (figures.length > 0) addEventListener("load", () => setTimeout(() => idle(load)));
  });

  const boxes = [...document.querySelectorAll(".plot")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      library.then(() => draw(entry.target));
    }
  }, { rootMargin: "600px" });
  boxes.forEach((box) => {
    box.style.height = `${figures[Number(box.dataset.figure)].layout.height}px`;
    seen.observe(box);
  });
  dark.addEventListener("change", () => drawn.forEach(draw));
  addEventListener("beforeprint", () => boxes.filter((box) => !drawn.has(box)).forEach(draw));

  // A link may lead into something folded.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
