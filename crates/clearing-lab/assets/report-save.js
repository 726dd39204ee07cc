"use strict";
// Gives each figure links that save it as SVG and its data as CSV, without a network.

(() => {
  const element = document.getElementById("figures");
  const data = new Map(JSON.parse(element.textContent).map(({ name, table }) => [name, table]));

  /** The name of a figure: of one that a library draws from its chart and the place of it. */
  function nameOf(chart) {
    const { figure, chart: drawn, place } = chart.dataset;
    if (figure !== undefined) return figure;
    const name = drawn.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return place === undefined ? name : `${name}-${Number(place) + 1}`;
  }

  function quoted(name) {
    return /[,"\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
  }

  /** A cell as the files of `clearing report --figures` have it. */
  function cell(kind, value, midnight) {
    if (kind === "time") return `${new Date(midnight + value * 1000).toISOString().slice(0, 19)}+08:00`;
    if (kind !== "yuan") return String(value);
    const fen = Math.abs(value);
    return `${value < 0 ? "-" : ""}${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
  }

  function csv({ midnight_ms, columns, groups }) {
    const lines = [columns.map(([name]) => name).join(",")];
    for (const { names, rows } of groups) {
      const kinds = columns.slice(names.length).map(([, kind]) => kind), before = names.map(quoted);
      for (const row of rows) lines.push([...before, ...row.map((value, place) => cell(kinds[place], value, midnight_ms))].join(","));
    }
    return `${lines.join("\n")}\n`;
  }

  /** The panels of a figure and its key in one picture, in the colours of paper, which they carry themselves. */
  function picture(chart) {
    const GAP = 16, KEY = 22, panels = [...chart.querySelectorAll("svg")];
    const sizes = panels.map((panel) => panel.viewBox.baseVal);
    const across = sizes[0].width > 400 ? (sizes[0].width > 500 ? 1 : 2) : Math.min(4, panels.length);
    const width = across * (sizes[0].width + GAP), body = [];
    let [x, y] = [0, 14];
    for (const entry of chart.parentElement.querySelectorAll(".key > span")) {
      const length = 28 + entry.textContent.trim().length * 6.2 + 14;
      if (x > 0 && x + length > width) [x, y] = [0, y + KEY];
      body.push(`<g transform="translate(${x} ${y - 10})">${entry.querySelector("svg").innerHTML}</g>`);
      body.push(`<text x="${x + 28}" y="${y}" font-size="11" fill="#1b2430">${new XMLSerializer().serializeToString(new Text(entry.textContent.trim()))}</text>`);
      x += length;
    }
    let top = y + (body.length > 0 ? 14 : -8);
    for (let first = 0; first < panels.length; first += across) {
      const row = panels.slice(first, first + across);
      row.forEach((panel, place) => body.push(`<g transform="translate(${place * (sizes[0].width + GAP)} ${top})">${panel.innerHTML}</g>`));
      top += Math.max(...sizes.slice(first, first + across).map(({ height }) => height)) + GAP;
    }
    const text = body.join("\n").replaceAll(' xmlns="http://www.w3.org/2000/svg"', "");
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="${-GAP / 2} 0 ${width} ${top}" font-family="sans-serif">\n<rect x="${-GAP / 2}" width="100%" height="100%" fill="#ffffff"/>\n${text}\n</svg>\n`;
  }

  function link(name, ending, type, content) {
    const link = document.createElement("a");
    link.textContent = ending.toUpperCase();
    link.href = "#";
    link.download = `${name}.${ending}`;
    link.setAttribute("aria-label", `Save ${name} as ${ending.toUpperCase()}`);
    // What is saved is made when it is asked for: the browser follows the address that the link has then.
    link.addEventListener("click", () => {
      const address = URL.createObjectURL(new Blob([content()], { type }));
      link.href = address;
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    });
    return link;
  }

  // On paper a page is light, whatever the screen is.
  addEventListener("beforeprint", () => document.documentElement.classList.add("printed"));
  addEventListener("afterprint", () => document.documentElement.classList.remove("printed"));

  for (const chart of document.querySelectorAll("figure > .chart")) {
    const name = nameOf(chart), table = data.get(name);
    if (chart.parentElement.hidden || table === undefined) continue;
    const svg = () => (chart.dataset.chart === undefined ? picture(chart) : globalThis.chartPicture(chart));
    const links = document.createElement("p");
    links.className = "save";
    links.append("Save: ", link(name, "svg", "image/svg+xml", svg), " ", link(name, "csv", "text/csv", () => csv(table)));
    chart.parentElement.append(links);
  }
})();
