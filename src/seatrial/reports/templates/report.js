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
    margin: { l: 8, r: 8, t: own.annotations && own.annotations.length && own.showlegend === false ? 24 : own.showlegend === false ? 6 : 34, b: 8 }, showlegend: true, dragmode: coarse.matches ? false : "zoom",
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

  // Filter: by words, all of which must be there, and by verdicts, of which any will do.
  const filter = document.querySelector(".filter");
  const show = () => {
    const words = filter.querySelector("input[type=search]").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = [...filter.querySelectorAll("input:checked")].map((box) => box.value);
    const active = words.length + verdicts.length > 0;
    let count = 0;
    for (const row of document.querySelectorAll("[data-verdict]")) {
      const group = row.closest("[data-group]");
      const text = `${group ? group.querySelector("summary").textContent : ""} ${row.textContent}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word)) || (verdicts.length > 0 && !verdicts.includes(row.dataset.verdict));
      if (group && !row.hidden) count += 1;
    }
    for (const group of document.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("[data-verdict]:not([hidden])");
      if (!("was" in group.dataset)) group.dataset.was = group.open ? "open" : "";
      group.open = active ? !group.hidden : group.dataset.was === "open";
    }
    for (const section of document.querySelectorAll("main > section")) {
      section.hidden = active && !section.querySelector("[data-verdict]:not([hidden])");
    }
    filter.querySelector("output").textContent = active ? `${count} of ${document.querySelectorAll("[data-group] [data-verdict]").length} checks` : "";
  };
  if (filter) {
    filter.hidden = false;
    filter.addEventListener("input", show);
  }

  // A command is there to be run.
  for (const code of document.querySelectorAll(".rerun code, pre.curl")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy: ${code.textContent.slice(0, 60)}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    code.after(button);
  }

  // What scrolls sideways says so, while there is more to be seen.
  const more = (box) => {
    const left = box.scrollWidth - box.clientWidth - box.scrollLeft;
    box.parentElement.classList.toggle("scrolls", box.scrollWidth > box.clientWidth + 4);
    box.parentElement.classList.toggle("has-more", left > 4);
  };
  const sized = new ResizeObserver((entries) => entries.forEach((entry) => more(entry.target.closest(".scroll"))));
  for (const box of document.querySelectorAll(".scroll")) {
    const frame = document.createElement("div");
    frame.className = "frame";
    box.replaceWith(frame);
    frame.append(box);
    box.addEventListener("scroll", () => more(box), { passive: true });
    sized.observe(box);
    sized.observe(box.firstElementChild);
  }

  // A link may lead into something folded, or filtered out.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && filter && target.closest("[hidden]")) {
      filter.querySelectorAll("input").forEach((box) => (box.type === "checkbox" ? (box.checked = false) : (box.value = "")));
      show();
    }
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
