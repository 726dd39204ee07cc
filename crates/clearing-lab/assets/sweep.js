"use strict";
// Draws the figures of a sweep, again when colours or width change, and for print.

(() => {
  const PRINT_WIDTH = 1000;
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = new Map();
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "emptyCircle"];

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function short(number) {
    const size = Math.abs(number);
    if (size >= 1e4) return number.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 2 });
    return String(Number(number.toPrecision(3)));
  }

  function axis(name, place, type) {
    return {
      type, name, nameLocation: place === "x" ? "middle" : "end", nameGap: place === "x" ? 30 : 12, scale: type === "log",
      nameTextStyle: { color: colour("--soft"), align: place === "x" ? "center" : "left" },
      axisLabel: { color: colour("--soft"), hideOverlap: true, formatter: short }, splitLine: { lineStyle: { color: colour("--line") } },
      axisLine: { onZero: false, lineStyle: { color: colour("--line") } },
    };
  }

  function series(line, index, colours) {
    const look = { itemStyle: { color: colours[index % colours.length] }, lineStyle: { width: 2 } };
    const mean = { type: "line", name: line.name, data: line.points.map(([x, y]) => [x, y]), symbol: SYMBOLS[index % SYMBOLS.length], symbolSize: 8, ...look };
    const law = { type: "line", name: line.name, data: line.law, symbol: "none", ...look, lineStyle: { width: 1.5, type: "dashed" } };
    return line.law.length > 0 ? [mean, law] : [mean];
  }

  function draw(element, width) {
    const chart = data.charts[Number(element.dataset.chart)];
    const colours = colour("--colours").split(/\s+/);
    const legend = Math.ceil((chart.lines.length * 260) / width) * 24;
    const height = 400 + legend;
    element.style.height = `${height}px`;
    const drawn = charts.get(element) ?? echarts.init(element, null, { renderer: "svg", width, height });
    charts.set(element, drawn);
    drawn.resize({ width, height });
    // A law of powers is a line on two logarithmic axes; zero has no place on one.
    const powers = data.logarithmic && chart.lines.every((line) => line.points.every(([x, y]) => x > 0 && y > 0));
    drawn.setOption({
      animation: false, textStyle: { fontFamily: getComputedStyle(document.documentElement).fontFamily },
      legend: { data: chart.lines.map((line) => line.name), top: 0, left: 0, textStyle: { color: colour("--ink") } },
      grid: { left: 12, right: 24, top: legend + 34, bottom: 44, containLabel: true },
      tooltip: { trigger: "item", backgroundColor: colour("--panel"), borderColor: colour("--line"), textStyle: { color: colour("--ink") },
        formatter: (item) => `${item.seriesName.replace(/[&<>]/g, "")}<br>${short(item.value[0])}: ${short(item.value[1])}` },
      xAxis: axis(data.x, "x", powers ? "log" : "value"), yAxis: axis(chart.indicator, "y", powers ? "log" : "value"),
      series: chart.lines.flatMap((line, index) => series(line, index, colours)),
    }, { notMerge: true });
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", chart.title);
  }

  function drawAll(width) {
    for (const element of document.querySelectorAll(".chart")) draw(element, width ?? element.parentElement.parentElement.clientWidth);
  }

  addEventListener("resize", () => requestAnimationFrame(() => drawAll()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
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
