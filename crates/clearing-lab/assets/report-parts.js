"use strict";
// What the charts of the scenarios of a run show, as options of ECharts; report-options.js has what they share.

/** Money in few letters, for a label. */
function shortYuan(fen) {
  const [divisor, letter] = fen >= 1e11 ? [1e11, "bn"] : fen >= 1e8 ? [1e8, "m"] : fen >= 1e5 ? [1e5, "k"] : [100, ""];
  return `${(fen / divisor).toLocaleString("en-US", { maximumSignificantDigits: 3 })}${letter}`;
}

/** The names of scenarios: their numbers alone where there is no room. */
function partNames(data, look) {
  return data.article.parts.map(({ name }) => (look.narrow ? name.slice(0, 3) : name));
}

function timelineOption(data, look) {
  const { parts } = data.article;
  if (!parts.length) return null;
  const at = (day) => data.midnight_ms + day * 86400000, unit = unitOf(parts.map(({ value }) => value));
  const names = partNames(data, look), colour = (part) => look.colours[part.campaign ? 1 : 0];
  const split = look.narrow ? 58 : 68, labels = look.narrow ? 44 : 236;
  const span = (place) => `${instant(at(parts[place].days[0])).slice(0, 10)} to ${instant(at(parts[place].days[1] - 1)).slice(0, 10)}`;
  const draw = (params, api) => {
    const [x, y] = api.coord([api.value(1), api.value(0)]), [end] = api.coord([api.value(2), api.value(0)]);
    // A day of two years is thinner than a line; nobody would see its colour.
    const width = Math.max(7, end - x), thick = Math.min(14, api.size([0, 1])[1] * 0.6);
    return { type: "rect", shape: { x, y: y - thick / 2, width, height: thick, r: 3 }, style: { fill: api.value(3) ? look.colours[1] : look.colours[0] } };
  };
  const axis = (gridIndex, more) => nameAxis(names, look, { gridIndex, inverse: true, ...more });
  const lines = { show: true, lineStyle: { color: look.line, opacity: 0.5 } };
  return {
    height: 96 + parts.length * Math.min(24, 540 / parts.length), useUTC: true,
    grid: [{ top: 34, left: labels, width: `${split - (100 * labels) / look.width}%`, bottom: 30 },
      { top: 34, left: `${split + 3}%`, right: look.narrow ? 40 : 64, bottom: 30 }],
    xAxis: [timeAxis(data, look, { gridIndex: 0, splitLine: lines, splitNumber: look.narrow ? 2 : 8 }),
      valueAxis(unit.name, look, { gridIndex: 1, position: "top", nameLocation: "middle", nameGap: 8, axisLabel: { show: false }, nameTextStyle: { color: look.soft } })],
    yAxis: [axis(0, { axisLabel: { color: look.ink, interval: 0, width: labels - 14 }, splitLine: lines }), axis(1, { axisLabel: { show: false } })],
    tooltip: { ...itemTooltip(look), formatter: ({ dataIndex }) =>
      `${escaped(parts[dataIndex].name)}<br>${span(dataIndex)}<br>${count(parts[dataIndex].payments)} payments, ${yuan(parts[dataIndex].value)}` },
    series: [
      { type: "custom", renderItem: draw, xAxisIndex: 0, yAxisIndex: 0, encode: { x: [1, 2], y: 0 },
        data: parts.map((part, place) => [place, at(part.days[0]), at(part.days[1]), Number(part.campaign)]) },
      { type: "bar", xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 14, data: parts.map((part) => ({ value: unit.of(part.value), itemStyle: { color: colour(part), borderRadius: 3 } })),
        label: { show: true, position: "right", color: look.ink, fontSize: 11, formatter: ({ dataIndex }) => shortYuan(parts[dataIndex].value) } },
    ],
  };
}

function packetsOption(data, look) {
  const lines = data.article.packets, sums = lines.flat().map(([, fen]) => fen);
  if (!sums.some((fen) => fen !== 0)) return null;
  const unit = unitOf(sums), names = ["claimed", "spent", "given back"];
  const line = (points, place) => ({ name: names[place], type: "line", step: "end", showSymbol: false, color: look.colours[place],
    lineStyle: { width: 2 }, areaStyle: { opacity: place === 1 ? 0.12 : 0 }, data: steps(data, points, unit) });
  return {
    height: look.narrow ? 300 : 340, useUTC: true, legend: legend(look), dataZoom: zoom(look),
    grid: { top: 62, left: 8, right: 16, bottom: 34, containLabel: true },
    xAxis: timeAxis(data, look), yAxis: valueAxis(unit.name, look),
    tooltip: tooltipOverTime(look, (item) => yuan(item.value[2])),
    series: lines.map(line).filter(({ data: points }) => points.length > 0),
  };
}

function partNetsOption(data, look) {
  const { parts } = data.article, sums = parts.flatMap(({ nets }) => nets);
  if (!sums.some((fen) => fen !== 0)) return null;
  const names = partNames(data, look), few = !look.narrow && data.operators.length <= 12, most = sums.reduce((most, fen) => Math.max(most, Math.abs(fen)), 0);
  // Sums of some hundred and of a hundred thousand yuan in one picture: colours follow the root, numbers tell the sum.
  const tone = (fen) => Math.sign(fen) * Math.sqrt(Math.abs(fen) / most);
  const cell = (row, column, fen) => ({ value: [column, row, tone(fen), fen], label: { color: Math.abs(tone(fen)) > 0.6 ? look.page : look.ink } });
  const cells = parts.flatMap(({ nets }, row) => nets.map((fen, column) => [row, column, fen]).filter(([, , fen]) => fen !== 0));
  return {
    height: 104 + parts.length * Math.min(look.narrow ? 20 : 24, 520 / parts.length), grid: { top: 8, left: 8, right: 16, bottom: 62, containLabel: true },
    xAxis: nameAxis(data.operators, look, { position: "top", axisLabel: { color: look.ink, interval: 0, fontSize: few ? 12 : 9, rotate: few ? 0 : 90 } }),
    yAxis: nameAxis(names, look, { inverse: true }),
    visualMap: { ...scale(look, -1, 1, [look.colours[1], look.page, look.colours[0]], { name: "" }, 2),
      text: look.narrow ? [`+${shortYuan(most)}`, `−${shortYuan(most)}`] : [`receives ${shortYuan(most)} yuan on balance`, `pays ${shortYuan(most)}`] },
    tooltip: { ...itemTooltip(look), formatter: ({ value }) =>
      `${escaped(parts[value[1]].name)}: ${escaped(data.operators[value[0]])} ${value[3] < 0 ? "pays" : "receives"} ${yuan(Math.abs(value[3]))} on balance` },
    series: [{ type: "heatmap", data: cells.map(([row, column, fen]) => cell(row, column, fen)), itemStyle: { borderColor: look.page, borderWidth: 1 },
      label: { show: few, fontSize: 10, formatter: ({ value }) => `${value[3] < 0 ? "−" : ""}${shortYuan(Math.abs(value[3]))}` } }],
  };
}

function adoptionOption(data, look) {
  const { regions, months } = data.article;
  const cells = regions.flatMap(({ months: found }, row) => found.map(([column, payments, fen]) => [column, row, payments, fen]));
  if (!cells.length) return null;
  const most = cells.reduce((most, [, , payments]) => Math.max(most, payments), 0);
  return {
    height: 110 + regions.length * Math.min(look.narrow ? 16 : 20, 520 / regions.length), grid: { top: 8, left: 8, right: 30, bottom: 78, containLabel: true },
    xAxis: nameAxis(months, look, { axisLabel: { color: look.soft, interval: "auto", fontSize: 11 } }),
    yAxis: nameAxis(regions.map(({ name }) => name), look, { inverse: true, axisLabel: { fontSize: look.narrow ? 10 : 12 } }),
    visualMap: scale(look, 0, most, [look.low, look.high], { name: "payments" }, 2),
    tooltip: { ...itemTooltip(look), formatter: ({ value }) =>
      `${escaped(regions[value[1]].name)}, ${escaped(months[value[0]])}: ${count(value[2])} payments, ${yuan(value[3])}` },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: look.page, borderWidth: 1, borderRadius: 2 } }],
  };
}
