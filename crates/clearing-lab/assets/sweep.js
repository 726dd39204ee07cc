"use strict";
// Draws the figures of a sweep, again when colours or width change, and for print.

(() => {
  const PRINT_WIDTH = 1000;
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = new Map();
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "emptyCircle"];
  const ruler = document.createElement("canvas").getContext("2d");

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function font() {
    return getComputedStyle(document.documentElement).fontFamily;
  }

  function short(number) {
    const size = Math.abs(number);
    if (size >= 1e4) return number.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 2 });
    return String(Number(number.toPrecision(3)));
  }

  function widthOf(text) {
    ruler.font = `12px ${font()}`;
    return ruler.measureText(text).width;
  }

  /** How many rows of a legend some names take. */
  function legendRows(names, width) {
    let rows = 1, used = 0;
    for (const name of names) {
      const item = widthOf(name) + 48;
      if (used > 0 && used + item > width - 10) [rows, used] = [rows + 1, 0];
      used += item;
    }
    return rows;
  }

  function axis(name, place, type, width) {
    const text = { color: colour("--soft"), hideOverlap: true };
    const line = { axisLine: { onZero: false, lineStyle: { color: colour("--line") } }, splitLine: { lineStyle: { color: colour("--line") } } };
    const named = { name, nameLocation: place === "x" ? "middle" : "end", nameGap: place === "x" ? 30 : 14,
      nameTextStyle: { color: colour("--soft"), align: place === "x" ? "center" : "left" } };
    if (place === "x" && data.categories) {
      const narrow = data.categories.some((text) => widthOf(text) > (width - 80) / data.categories.length - 8);
      return { type: "category", data: data.categories, ...named, nameGap: narrow ? 110 : 30, ...line,
        axisLabel: { ...text, hideOverlap: false, interval: 0, rotate: narrow ? 90 : 0, ...(narrow ? { width: 100, overflow: "truncate" } : {}) } };
    }
    // Parameters are doubled more often than they are taken times ten.
    const base = type === "log" && place === "x" ? { logBase: 2 } : {};
    return { type, ...base, ...named, ...line, scale: type === "log", splitNumber: place === "x" && width < 600 ? 4 : 6, axisLabel: { ...text, formatter: short } };
  }

  /** The area of the 95 % intervals of a line. */
  function band(line, color) {
    const sure = line.points.filter(([, , low]) => low !== null);
    if (sure.length < 2) return [];
    const outline = [...sure.map(([x, , low]) => [x, low]), ...sure.toReversed().map(([x, , , high]) => [x, high])];
    const shape = (params, api) => ({
      type: "polygon", silent: true, shape: { points: outline.map((point) => api.coord(point)) }, style: { fill: color, opacity: 0.18 },
    });
    // The extents of the axes follow the data, of which the first alone draws.
    return [{ type: "custom", name: line.name, silent: true, tooltip: { show: false }, z: 1, itemStyle: { color }, clip: true,
      data: outline, encode: { x: 0, y: 1 }, renderItem: (params, api) => (params.dataIndex === 0 ? shape(params, api) : null) }];
  }

  /** The 95 % interval of a single point, where a band has no width. */
  function whiskers(line, color) {
    if (!data.categories && line.points.filter(([, , low]) => low !== null).length > 1) return [];
    const sure = line.points.filter(([, , low]) => low !== null);
    return sure.map(([x, , low, high]) => ({ type: "line", name: line.name, silent: true, tooltip: { show: false }, symbol: "none",
      itemStyle: { color }, lineStyle: { width: 4, opacity: 0.4, color }, data: [[x, low], [x, high]] }));
  }

  function series(line, index, colours) {
    const color = colours[index % colours.length], look = { itemStyle: { color }, lineStyle: { width: data.categories ? 0 : 2 } };
    const mean = { type: "line", name: line.name, data: line.points.map(([x, y]) => [x, y]), symbol: SYMBOLS[index % SYMBOLS.length], symbolSize: 8, z: 3, ...look };
    const law = { type: "line", name: line.name, data: line.law, symbol: "none", ...look, lineStyle: { width: 1.5, type: "dashed" } };
    const spread = data.categories ? whiskers(line, color) : [...band(line, color), ...whiskers(line, color)];
    return [...spread, mean, ...(line.law.length > 0 ? [law] : [])];
  }

  function describe(chart) {
    return `${chart.title}, in ${chart.unit}, against ${data.x}; ${chart.lines.length} lines, which the table below lists`;
  }

  function draw(element, width) {
    const chart = data.charts[Number(element.dataset.chart)];
    const colours = colour("--colours").split(/\s+/);
    const names = chart.lines.length > 1 ? chart.lines.map((line) => line.name) : [], legend = names.length ? legendRows(names, width) * 24 : 0;
    const rotated = data.categories?.some((text) => widthOf(text) > (width - 80) / data.categories.length - 8);
    const height = 400 + legend + (rotated ? 80 : 0);
    element.style.height = `${height}px`;
    const drawn = charts.get(element) ?? echarts.init(element, null, { renderer: "svg", width, height });
    charts.set(element, drawn);
    drawn.resize({ width, height });
    // A law of powers is a line on two logarithmic axes; zero has no place on one.
    const wide = data.logarithmic && chart.lines.every((line) => line.points.every(([x]) => x > 0));
    const powers = wide && chart.lines.every((line) => line.points.every(([x, y, low]) => x > 0 && (low ?? y) > 0));
    drawn.setOption({
      animation: false, textStyle: { fontFamily: font() },
      legend: { show: names.length > 0, data: names, top: 0, left: 0, itemGap: 14, textStyle: { color: colour("--ink"), fontSize: 12 } },
      grid: { left: 12, right: 24, top: legend + 40, bottom: rotated ? 128 : 48, containLabel: !rotated },
      tooltip: { trigger: "item", confine: true, backgroundColor: colour("--panel"), borderColor: colour("--line"), textStyle: { color: colour("--ink") },
        formatter: (item) => `${item.seriesName.replace(/[&<>]/g, "")}<br>${data.categories?.[item.value[0]]?.replace(/[&<>]/g, "") ?? short(item.value[0])}: ${short(item.value[1])} ${chart.unit}` },
      xAxis: axis(data.x, "x", wide ? "log" : "value", width), yAxis: axis(chart.unit, "y", powers ? "log" : "value", width),
      series: chart.lines.flatMap((line, index) => series(line, index, colours)),
    }, { notMerge: true });
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", describe(chart));
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
