"use strict";
// What each chart shows, as options of ECharts. A chart without anything to show gives null.
// `look` has the colours of the page, and whether it is narrow or printed.

/** More rows of labels would hide what is drawn; the table of faults lists all. */
const LABEL_ROWS_MAX = 10;
const NAMES = ["yuan", "thousand yuan", "million yuan", "billion yuan"];

/** The unit in which the largest of some sums of fen has at most six digits before the point. */
function unitOf(sums) {
  const most = sums.reduce((most, fen) => Math.max(most, Math.abs(fen)), 0) / 100;
  const step = most < 1e4 ? 0 : most < 1e6 ? 1 : most < 1e10 ? 2 : 3;
  return { name: NAMES[step], of: (fen) => fen / 100 / 1000 ** step };
}

function yuan(fen) {
  return (fen / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }) + " yuan";
}

function count(number) {
  return number.toLocaleString("en-US");
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function instant(ms) {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function timeAxis(data, look, more) {
  const days = data.end_s / 86400;
  const label = (ms) => {
    const text = new Date(ms).toISOString();
    if (text.slice(11, 16) !== "00:00") return text.slice(11, 16);
    if (ms - data.midnight_ms === 86400000 && days <= 1) return "24:00";
    return days > 300 ? text.slice(0, 10) : text.slice(5, 10);
  };
  return {
    type: "time", min: data.midnight_ms, max: data.midnight_ms + data.end_s * 1000,
    splitNumber: look.narrow ? 4 : 12, axisLabel: { formatter: label, hideOverlap: true, color: look.soft, fontSize: 12 },
    axisLine: { onZero: false, lineStyle: { color: look.line } }, splitLine: { show: false }, ...more,
  };
}

function valueAxis(name, look, more) {
  return {
    type: "value", name, nameLocation: "end", nameTextStyle: { color: look.soft, align: "left" },
    axisLabel: { color: look.soft, hideOverlap: true }, splitLine: { lineStyle: { color: look.line } }, ...more,
  };
}

/** The height of a row for each operator; all of them fit on a printed page. */
function rows(data, most) {
  return data.operators.length * Math.max(11, Math.min(most, 540 / data.operators.length));
}

function nameAxis(names, look, more) {
  const { axisLabel, ...rest } = more;
  return {
    type: "category", data: names, axisTick: { show: false },
    // A long name would leave no room for what is drawn; the tables and tooltips have all of it.
    axisLabel: { color: look.ink, interval: 0, fontSize: names.length > 20 ? 9 : 12, width: look.narrow ? 96 : 220, overflow: "truncate", ...axisLabel },
    axisLine: { onZero: false, lineStyle: { color: look.line } }, ...rest,
  };
}

/** In which row each of some labels stands, so that none lies over another; -1 where there are too many. */
function labelRows(labels) {
  const ends = [];
  return labels.map(({ from, to }) => {
    const row = ends.findIndex((end) => end < from);
    const place = row < 0 ? ends.length : row;
    if (place >= LABEL_ROWS_MAX) return -1;
    ends[place] = to;
    return place;
  });
}

/** Marks the faults of the run: an area while one lasts, a line when its end is not told; and the changes of its mode,
    each by a line. Labels that would meet stand one below the other, and those near the end of the run are written
    towards it from the left. */
function faultMarks(data, look) {
  const at = (seconds) => data.midnight_ms + seconds * 1000, width = Math.max(100, look.width - 90);
  const modes = data.modes.map(([at_s, mode]) => ({ at_s, until_s: null, name: mode, mode: true }));
  const faults = [...data.faults, ...modes].toSorted((one, other) => one.at_s - other.at_s);
  const labels = faults.map((fault) => {
    const begin = (width * fault.at_s) / data.end_s, end = (width * (fault.until_s ?? fault.at_s)) / data.end_s;
    const length = fault.name.length * 6.6 + 10;
    return begin + length <= width ? { from: begin, to: begin + length, side: "insideTopLeft" } : { from: end - length, to: end, side: "insideTopRight" };
  });
  const rows = labelRows(labels);
  const lines = { color: "transparent", borderColor: look.ink, borderWidth: 1, borderType: "dashed" };
  const label = (place) => ({ show: rows[place] >= 0, color: faults[place].mode ? look.ink : look.fault, position: labels[place].side, distance: 3,
    offset: [0, 14 * Math.max(0, rows[place])], formatter: "{b}", fontSize: 11 });
  return {
    markArea: {
      silent: true, itemStyle: { color: look.faultArea, borderColor: look.fault, borderWidth: 1 },
      data: faults.map((fault, place) => [{ name: fault.name, xAxis: at(fault.at_s), label: label(place), ...(fault.mode ? { itemStyle: lines } : {}) }, { xAxis: at(fault.until_s ?? fault.at_s) }]),
    },
    markLine: { silent: true, symbol: "none", data: [] },
  };
}

function legend(look, more) {
  return { type: "scroll", top: 0, left: 0, right: 0, textStyle: { color: look.ink }, pageIconColor: look.link,
    pageIconInactiveColor: look.line, pageTextStyle: { color: look.soft }, itemWidth: 20, itemGap: 14, ...more };
}

function zoom(look) {
  return look.printed ? [] : [{
    type: "slider", filterMode: "none", height: 18, bottom: 4, showDataShadow: false, brushSelect: false,
    textStyle: { color: look.soft }, borderColor: look.line, labelFormatter: (ms) => instant(ms).slice(5, 16),
  }];
}

function tooltipOverTime(look, show) {
  return {
    trigger: "axis", confine: true, backgroundColor: look.panel, borderColor: look.line,
    textStyle: { color: look.ink, fontSize: 12 },
    formatter: (items) => {
      const shown = items.filter((item) => item.seriesName);
      const rows = shown.map((item) => `${item.marker} ${escaped(item.seriesName)}: ${show(item)}`);
      return [instant(items[0].axisValue), ...rows].join("<br>");
    },
  };
}

function steps(data, points, unit) {
  return points.map(([seconds, fen]) => [data.midnight_ms + seconds * 1000, unit.of(fen), fen]);
}

/** Upright dotted lines at the cut-offs, without labels: the caption tells what they are. */
function cutOffLines(data, look) {
  const lineStyle = { color: look.soft, type: "dotted", width: 1, opacity: 0.7 };
  return data.cut_offs.map((seconds) => ({ xAxis: data.midnight_ms + seconds * 1000, label: { show: false }, lineStyle }));
}

/** Level lines at the caps that lie near enough to the positions to be seen; caps too near to each other for a label
    of their own share one, and the chart of caps shows all. */
function capLines(data, look, unit, sums) {
  const lowest = sums.reduce((least, fen) => Math.min(least, fen), 0), highest = sums.reduce((most, fen) => Math.max(most, fen), 0);
  const shown = data.caps.map((cap, place) => ({ cap, code: data.operators[place] }))
    .filter(({ cap }) => !data.gross && cap !== null && -lowest * 2 >= cap).sort((one, other) => one.cap - other.cap);
  if (!shown.length) return [];
  // A label takes some 16 pixels of the height of the chart.
  const near = ((highest + Math.max(shown.at(-1).cap, -lowest)) * 18) / 300, groups = [];
  for (const one of shown) {
    const group = groups.at(-1);
    if (group && one.cap - group[0].cap < near) group.push(one);
    else groups.push([one]);
  }
  const name = (group) => `${group.length > 1 ? "caps" : "cap"} of ${group.length > 3 ? `${group.length} operators` : group.map(({ code }) => code).join(", ")}`;
  return groups.flatMap((group) => [...new Set(group.map(({ cap }) => cap))].map((cap, place) => ({
    yAxis: unit.of(-cap), name: name(group), lineStyle: { color: look.soft, type: "dashed" },
    label: { show: place === 0, formatter: "{b}", position: "insideStartTop", color: look.soft },
  })));
}

function positionsOption(data, look) {
  const sums = data.positions.flat().map(([, fen]) => fen);
  if (!sums.length) return null;
  const unit = unitOf(sums), caps = capLines(data, look, unit, sums);
  const series = data.positions.map((points, place) => ({
    name: data.operators[place], type: "line", step: "end", showSymbol: false, data: steps(data, points, unit),
    color: look.colours[place % look.colours.length], emphasis: { focus: "series" },
    lineStyle: { width: 1.5, type: ["solid", "dashed", "dotted"][Math.floor(place / look.colours.length) % 3] },
  }));
  const faults = faultMarks(data, look);
  // A line that is not seen carries the marks, and makes room for the caps.
  const marks = { name: "", type: "line", showSymbol: false, lineStyle: { opacity: 0 }, markArea: faults.markArea,
    data: caps.map((cap) => [data.midnight_ms, cap.yAxis]),
    markLine: { ...faults.markLine, data: [...faults.markLine.data, ...caps, ...cutOffLines(data, look)] } };
  return {
    height: look.narrow ? 380 : 440, useUTC: true, legend: legend(look, { data: data.operators }), dataZoom: zoom(look),
    grid: { top: 62, left: 8, right: 16, bottom: 34, containLabel: true },
    xAxis: timeAxis(data, look), yAxis: valueAxis(unit.name, look),
    tooltip: tooltipOverTime(look, (item) => yuan(item.value[2])),
    series: [...series, marks],
  };
}

/** The most that each owed beside its cap, as shares of the cap, so that a large cap does not hide a small one. */
function capsOption(data, look) {
  const capped = data.operators.map((name, place) => ({ name, cap: data.caps[place], peak: data.peaks[place] }));
  const drawn = capped.filter(({ cap }) => cap !== null && cap > 0);
  if (data.gross || !drawn.length) return null;
  const share = ({ cap, peak }) => (100 * peak) / cap;
  const most = Math.max(100, ...drawn.map(share));
  return {
    height: 96 + drawn.length * Math.max(11, Math.min(26, 540 / drawn.length)),
    grid: { top: 44, left: 8, right: 64, bottom: 12, containLabel: true },
    xAxis: valueAxis("peak net debit, % of the cap", look, { position: "top", nameGap: 24, nameLocation: "middle", min: 0, max: Math.ceil(most / 10) * 10,
      nameTextStyle: { color: look.soft }, splitNumber: look.narrow ? 3 : 8 }),
    yAxis: nameAxis(drawn.map(({ name }) => name), look, { inverse: true }),
    tooltip: { ...itemTooltip(look), formatter: ({ dataIndex }) => {
      const { name, cap, peak } = drawn[dataIndex];
      return `${escaped(name)}: ${yuan(peak)} of a cap of ${yuan(cap)}`;
    } },
    series: [{ type: "bar", color: look.colours[0], barMaxWidth: 16, data: drawn.map(share), showBackground: true,
      backgroundStyle: { color: look.panel },
      label: { show: true, position: "right", color: look.ink, fontSize: 11, formatter: ({ value }) => (value > 0 && value < 0.001 ? "< 0.001 %" : `${Number(value.toPrecision(3))} %`) },
      markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: look.fault, type: "dashed" }, data: [{ xAxis: 100 }] } }],
  };
}

function cyclesOption(data, look) {
  const sums = data.cycles.flatMap((cycle) => cycle.nets);
  if (!sums.some((fen) => fen !== 0)) return null;
  return data.cycles.length > 6 || data.operators.length > 15 ? manyCycles(data, look, unitOf(sums)) : fewCycles(data, look, unitOf(sums));
}

function fewCycles(data, look, unit) {
  const bar = (cycle, place) => ({
    name: `cycle ${cycle.name}`, type: "bar", color: look.colours[place], barGap: "10%", barCategoryGap: "28%",
    data: cycle.nets.map((fen) => ({ value: unit.of(fen), fen })),
  });
  return {
    height: 90 + rows(data, 14 + data.cycles.length * 9), legend: legend(look),
    grid: { top: 58, left: 8, right: 16, bottom: 8, containLabel: true },
    xAxis: valueAxis(unit.name, look, { position: "top", nameGap: 22, nameLocation: "middle", nameTextStyle: { color: look.soft },
      splitNumber: look.narrow ? 3 : 8 }),
    yAxis: nameAxis(data.operators, look, { inverse: true }),
    tooltip: { ...itemTooltip(look), formatter: (item) => `${escaped(item.name)}, ${escaped(item.seriesName)}: ${yuan(item.data.fen)}` },
    series: data.cycles.map(bar),
  };
}

function manyCycles(data, look, unit) {
  const cells = data.cycles.flatMap((cycle, column) => cycle.nets.map((fen, row) => [column, row, unit.of(fen), fen]));
  const most = cells.reduce((most, cell) => Math.max(most, Math.abs(cell[2])), 0);
  return {
    height: 130 + rows(data, 22), grid: { top: 8, left: 8, right: 16, bottom: 76, containLabel: true },
    xAxis: nameAxis(data.cycles.map((cycle) => cycle.name), look, { axisLabel: { color: look.soft, interval: "auto" }, name: "cycle",
      nameLocation: "middle", nameGap: 26, nameTextStyle: { color: look.soft } }),
    yAxis: nameAxis(data.operators, look, { inverse: true }),
    visualMap: scale(look, -most, most, [look.colours[1], look.page, look.colours[0]], unit, 2),
    tooltip: { ...itemTooltip(look), formatter: ({ value }) =>
      `${escaped(data.operators[value[1]])}, cycle ${escaped(data.cycles[value[0]].name)}: ${yuan(value[3])}` },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: look.page, borderWidth: 1 } }],
  };
}

function itemTooltip(look) {
  return { trigger: "item", confine: true, backgroundColor: look.panel, borderColor: look.line,
    textStyle: { color: look.ink, fontSize: 12 } };
}

function scale(look, min, max, colours, unit, dimension) {
  const text = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
  return { type: "continuous", min, max, dimension, calculable: false, orient: "horizontal", left: "center", bottom: 0,
    itemWidth: 14, itemHeight: 140, inRange: { color: colours }, textStyle: { color: look.ink },
    text: [`${text(max)} ${unit.name}`, text(min)] };
}

function flowsOption(data, look) {
  const cells = data.flows.flatMap((row, payer) => row.map((fen, payee) => [payee, payer, fen])).filter(([x, y]) => x !== y);
  const most = cells.reduce((most, [, , fen]) => Math.max(most, fen), 0);
  if (most === 0) return null;
  const unit = unitOf([most]), names = data.operators, few = names.length <= 12 && !look.narrow;
  const bright = (fen) => fen > most / 2;
  const show = (fen) => unit.of(fen).toLocaleString("en-US", { maximumSignificantDigits: 3 });
  const cell = ([x, y, fen]) => ({ value: [x, y, unit.of(fen), fen], label: { color: bright(fen) ? look.page : look.ink } });
  return {
    height: 130 + rows(data, look.narrow ? 26 : 34), grid: { top: 8, left: 8, right: 16, bottom: 62, containLabel: true },
    xAxis: nameAxis(names, look, { position: "top", axisLabel: { color: look.ink, interval: 0, fontSize: few ? 12 : 9, rotate: few ? 0 : 90,
      width: few ? Math.max(40, (look.width - 240) / names.length - 8) : 96 } }),
    yAxis: nameAxis(names, look, { inverse: true }),
    visualMap: scale(look, 0, unit.of(most), [look.low, look.high], unit, 2),
    tooltip: { ...itemTooltip(look), formatter: ({ value }) =>
      `${escaped(names[value[1]])} pays ${escaped(names[value[0]])}: ${yuan(value[3])}` },
    series: [{ type: "heatmap", data: cells.map(cell), itemStyle: { borderColor: look.page, borderWidth: 1 },
      label: { show: few, formatter: ({ value }) => show(value[3]), fontSize: 11 } }],
  };
}

function waitingOption(data, look) {
  const sums = [...data.unsettled, ...data.queued].map(([, fen]) => fen);
  if (!sums.some((fen) => fen !== 0)) return null;
  const unit = unitOf(sums);
  const area = (name, points, color) => ({ name, type: "line", step: "end", showSymbol: false, color, lineStyle: { width: 1.5 },
    areaStyle: { opacity: 0.25 }, data: steps(data, points, unit) });
  const lines = [["cleared, not settled", data.unsettled, 0], [data.gross ? "waiting for cover" : "missed a cut-off", data.queued, 1]];
  const drawn = lines.filter(([, points]) => points.some(([, fen]) => fen !== 0));
  const series = drawn.map(([name, points, colour]) => area(name, points, look.colours[colour]));
  const marks = faultMarks(data, look);
  marks.markLine.data.push(...cutOffLines(data, look));
  Object.assign(series[0], marks);
  return {
    height: look.narrow ? 300 : 340, useUTC: true, legend: legend(look), dataZoom: zoom(look),
    grid: { top: 62, left: 8, right: 16, bottom: 34, containLabel: true },
    xAxis: timeAxis(data, look), yAxis: valueAxis(unit.name, look),
    tooltip: tooltipOverTime(look, (item) => yuan(item.value[2])),
    series,
  };
}

function campaignOption(data, look, place) {
  const { lines } = data.campaigns[place], sums = lines.flat().map(([, fen]) => fen);
  if (!sums.some((fen) => fen !== 0)) return null;
  const unit = unitOf(sums), names = ["in the pool", "claimed", "spent", "given back"];
  const drawn = names.map((name, line) => [name, lines[line], look.colours[line]]).filter(([, points]) => points.length > 0);
  const line = ([name, points, color]) => ({ name, type: "line", step: "end", showSymbol: false, color, lineStyle: { width: 2 },
    data: steps(data, points, unit) });
  return {
    height: look.narrow ? 300 : 340, useUTC: true, legend: legend(look), dataZoom: zoom(look),
    grid: { top: 62, left: 8, right: 16, bottom: 34, containLabel: true },
    xAxis: timeAxis(data, look), yAxis: valueAxis(unit.name, look),
    tooltip: tooltipOverTime(look, (item) => yuan(item.value[2])),
    series: drawn.map(line),
  };
}

function campaignNetsOption(data, look, place) {
  const { nets } = data.campaigns[place];
  if (!nets.some(([, on, off]) => on !== off)) return null;
  const unit = unitOf(nets.flatMap(([, on, off]) => [on, off]));
  const bar = (name, index, color) => ({ name, type: "bar", color, barGap: "10%", barCategoryGap: "28%",
    data: nets.map((net) => ({ value: unit.of(net[index]), fen: net[index] })) });
  return {
    height: 90 + nets.length * Math.min(26, 540 / nets.length), legend: legend(look), grid: { top: 58, left: 8, right: 16, bottom: 8, containLabel: true },
    xAxis: valueAxis(unit.name, look, { position: "top", nameGap: 22, nameLocation: "middle", nameTextStyle: { color: look.soft },
      splitNumber: look.narrow ? 3 : 8 }),
    yAxis: nameAxis(nets.map(([name]) => `cycle ${name}`), look, { inverse: true }),
    tooltip: { ...itemTooltip(look), formatter: (item) => `${escaped(item.name)}, ${escaped(item.seriesName)}: ${yuan(item.data.fen)}` },
    series: [bar("with its payments", 1, look.colours[0]), bar("without them", 2, look.colours[1])],
  };
}

function boundsOption(data, look) {
  const sums = data.bounds.flat();
  if (!sums.some((fen) => fen > 0)) return null;
  const unit = unitOf(sums);
  const bar = (name, place, color) => ({ name, type: "bar", color, barGap: "10%", barCategoryGap: "30%",
    data: data.bounds.map((bounds) => ({ value: unit.of(bounds[place]), fen: bounds[place] })) });
  return {
    height: 90 + rows(data, 40), legend: legend(look),
    grid: { top: 58, left: 8, right: 24, bottom: 8, containLabel: true },
    xAxis: valueAxis(unit.name, look, { position: "top", nameGap: 22, nameLocation: "middle", nameTextStyle: { color: look.soft },
      splitNumber: look.narrow ? 3 : 8 }),
    yAxis: nameAxis(data.operators, look, { inverse: true }),
    tooltip: { ...itemTooltip(look), formatter: (item) => `${escaped(item.name)}, ${escaped(item.seriesName)}: ${yuan(item.data.fen)}` },
    series: [bar("upper bound", 0, look.colours[0]), bar("would have sufficed", 1, look.colours[2]), bar("lower bound", 2, look.colours[1])],
  };
}

function throughputOption(data, look) {
  const { bars, hours } = data.throughput;
  if (!bars.length) return null;
  const unit = unitOf(bars.map((bar) => bar[1] + bar[3])), middle = hours * 1800;
  const at = (bar) => data.midnight_ms + (bar[0] + middle) * 1000;
  const bar = (name, grid, place, color, of, more) => ({ name, type: "bar", stack: `stack ${grid}`, xAxisIndex: grid, yAxisIndex: grid, color,
    barWidth: "80%", data: bars.map((bar) => [at(bar), of(bar[place]), bar[place]]), ...more });
  const same = (number) => number, axes = [0, 1];
  return {
    height: look.narrow ? 460 : 500, useUTC: true, legend: legend(look),
    dataZoom: zoom(look).map((one) => ({ ...one, xAxisIndex: axes })),
    grid: [{ top: 62, left: 62, right: 16, height: "30%" }, { top: "57%", left: 62, right: 16, bottom: 58 }],
    xAxis: axes.map((gridIndex) => timeAxis(data, look, { gridIndex })),
    yAxis: [valueAxis(unit.name, look, { gridIndex: 0 }), valueAxis("payments", look, { gridIndex: 1 })],
    tooltip: tooltipOverTime(look, (item) => (item.seriesIndex < 2 ? yuan(item.value[2]) : count(item.value[2]))),
    series: [
      bar("between operators", 0, 1, look.colours[0], unit.of, faultMarks(data, look)), bar("on-us", 0, 3, look.colours[1], unit.of),
      bar("between operators", 1, 2, look.colours[0], same, faultMarks(data, look)), bar("on-us", 1, 4, look.colours[1], same),
    ],
  };
}

function refusedOption(data, look) {
  if (!data.refused.length) return null;
  return {
    height: 72 + data.refused.length * 34, grid: { top: 40, left: 8, right: 64, bottom: 16, containLabel: true },
    xAxis: valueAxis("payments", look, { position: "top", nameGap: 22, nameLocation: "middle", nameTextStyle: { color: look.soft },
      minInterval: 1, splitNumber: look.narrow ? 2 : 8 }),
    yAxis: nameAxis(data.refused.map(([reason]) => reason), look, { inverse: true, axisLabel: { color: look.ink, interval: 0, fontSize: look.narrow ? 10 : 12 } }),
    tooltip: { ...itemTooltip(look), formatter: (item) => `${escaped(item.name)}: ${count(item.value)} payments` },
    series: [{ type: "bar", color: look.colours[0], barMaxWidth: 18, data: data.refused.map(([, number]) => number),
      label: { show: true, position: "right", color: look.ink, formatter: ({ value }) => count(value) } }],
  };
}
