"use strict";
// Draws the charts into the page and draws them again when its colours or width change, and for print.

(() => {
  // A landscape A4 page between its margins, in pixels.
  const PRINT_WIDTH = 1000, NARROW = 640;
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = new Map();

  /** The colours that the style of the page has now. */
  function look(width) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
      width, narrow: width < NARROW, printed: document.documentElement.classList.contains("printed"),
      colours: colour("--colours").split(/\s+/), page: colour("--page"), panel: colour("--panel"),
      ink: colour("--ink"), soft: colour("--soft"), line: colour("--line"), link: colour("--link"), low: colour("--low"),
      high: colour("--high"), fault: colour("--fault"), faultArea: colour("--fault-area"),
    };
  }

  function description(element) {
    const section = element.closest("section");
    const sentences = [...section.querySelectorAll(":scope > p")].map((paragraph) => paragraph.textContent);
    return [element.parentElement.querySelector("figcaption").textContent, ...sentences].join(". ");
  }

  /** What a chart shows. Each page has the charts of its own kind; a script above has a function for each of them. */
  function optionOf(element, width) {
    return globalThis[`${element.dataset.chart}Option`](data, look(width), Number(element.dataset.place ?? 0));
  }

  function styled(option) {
    return { animation: false, textStyle: { fontFamily: getComputedStyle(document.documentElement).fontFamily }, ...option };
  }

  /** A chart as a picture of its own, in the colours of paper. */
  globalThis.chartPicture = (element) => {
    const classes = document.documentElement.classList, printed = classes.contains("printed");
    classes.add("printed");
    const { height, ...option } = optionOf(element, PRINT_WIDTH);
    const drawn = echarts.init(null, null, { renderer: "svg", ssr: true, width: PRINT_WIDTH, height });
    // The fonts of a page are a list with quotes in it, which a picture would break off at.
    drawn.setOption({ ...styled(option), textStyle: { fontFamily: "sans-serif" }, backgroundColor: "#ffffff" });
    const text = drawn.renderToSVGString();
    drawn.dispose();
    if (!printed) classes.remove("printed");
    return text;
  };

  function draw(element, width) {
    const option = optionOf(element, width);
    element.parentElement.hidden = option === null;
    if (option === null) return;
    const { height, ...rest } = option;
    element.style.height = `${height}px`;
    const chart = charts.get(element) ?? echarts.init(element, null, { renderer: "svg", width, height });
    charts.set(element, chart);
    chart.resize({ width, height });
    chart.setOption(styled(rest), { notMerge: true });
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", description(element));
  }

  function drawAll(width) {
    for (const element of document.querySelectorAll(".chart[data-chart]")) {
      draw(element, width ?? element.parentElement.parentElement.clientWidth);
    }
  }

  let drawn = 0;
  addEventListener("resize", () => {
    if (drawn === document.documentElement.clientWidth) return;
    drawn = document.documentElement.clientWidth;
    requestAnimationFrame(() => drawAll());
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
  // On paper the page is light, whatever the screen is.
  addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printed");
    drawAll(PRINT_WIDTH);
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printed");
    drawAll();
  });
  drawAll();
})();
