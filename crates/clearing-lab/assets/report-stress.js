"use strict";
// What the heat maps of a stress test show, as options of ECharts; report-options.js has what they share.

function stressOption(data, look, place) {
  // What is drawn later lies over its neighbours, as the frames must.
  const cells = data.maps[place].toSorted((one, other) => one[3] - other[3]), names = data.operators, few = !look.narrow && names.length <= 12;
  const most = cells.reduce((most, [, , fen]) => Math.max(most, Math.abs(fen)), 1);
  // Who is hit falls a hundred times deeper than the others: colours follow the root, numbers tell the sum.
  const tone = (fen) => Math.sign(fen) * Math.sqrt(Math.abs(fen) / most);
  const cell = ([row, column, fen, short]) => ({ value: [column, row, tone(fen), fen, Number(short)],
    label: { color: Math.abs(tone(fen)) > 0.6 ? look.page : look.ink },
    itemStyle: short ? { borderColor: look.fault, borderWidth: 3 } : {} });
  const told = (fen, short) => `${fen < 0 ? "rises by" : "falls by"} ${yuan(Math.abs(fen))}${short ? " and becomes short" : ""}`;
  return {
    height: 104 + rows(data, look.narrow ? 24 : 32), grid: { top: 8, left: 8, right: 16, bottom: 62, containLabel: true },
    xAxis: nameAxis(names, look, { position: "top", axisLabel: { color: look.ink, interval: 0, fontSize: few ? 12 : 9, rotate: few ? 0 : 90,
      width: few ? Math.max(40, (look.width - 240) / names.length - 8) : 96 } }),
    yAxis: nameAxis(names, look, { inverse: true }),
    visualMap: { ...scale(look, -1, 1, [look.colours[0], look.page, look.colours[1]], { name: "" }, 2),
      text: look.narrow ? [`−${shortYuan(most)}`, `+${shortYuan(most)}`] : [`falls by ${shortYuan(most)} yuan`, `rises by ${shortYuan(most)}`] },
    tooltip: { ...itemTooltip(look), formatter: ({ value }) =>
      `${escaped(names[value[1]])} hit: ${escaped(names[value[0]])} ${told(value[3], value[4])}` },
    series: [{ type: "heatmap", data: cells.map(cell), itemStyle: { borderColor: look.page, borderWidth: 1 },
      label: { show: few, fontSize: 10, formatter: ({ value }) => (value[3] === 0 ? "" : `${value[3] < 0 ? "+" : "−"}${shortYuan(Math.abs(value[3]))}`) } }],
  };
}
