// Opens a page in a browser without a network and checks that nothing fails, that it loads nothing, that every chart
// drew something, that no label lies over another, and that nothing is wider than the page, on screens and on paper.
// Arguments: the browser, the page, how many charts it has, and perhaps a folder with each figure as SVG and CSV, whose
// tables must be those that the links of the page save. NODE_PATH leads to playwright-core.
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const [browserPath, report, expected, figures] = process.argv.slice(2);
const SIZES = [1280, 400].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme })));
// An A4 page across, between margins of 12 mm, at 96 pixels an inch.
const PAPER = { width: 1031, height: 703 };

/** What each visible chart drew, and where. */
function charts() {
  return [...document.querySelectorAll("figure:not([hidden])")].map((figure) => {
    const chart = figure.querySelector(".chart"), panels = chart.classList.contains("panels");
    const box = (panels ? chart : chart.querySelector("svg"))?.getBoundingClientRect();
    // What has an area is no line of an axis; legends lie above it and sliders and scales below. Panels have neither.
    const [above, below] = panels ? [0, 0] : [34, 20];
    const drawn = ({ top, bottom, width, height }) => width > 0 && height > 0 && top > box.top + above && bottom < box.bottom - below;
    const shapes = [...chart.querySelectorAll("svg path")].filter((path) => drawn(path.getBoundingClientRect()));
    // A legend of several pages shows one of them through a clip.
    const shown = [...chart.querySelectorAll("svg text")].filter((text) => !text.closest("[clip-path]"));
    const texts = shown.map((text) => text.getBoundingClientRect());
    const labels = shown.map((text, place) => ({ text: text.textContent, box: texts[place] })).filter(({ text }) => text.trim());
    // Boxes of letters have some air above and below, so a pixel or two in common is nothing that is seen.
    const over = ({ box: one }, { box: other }) =>
      Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4;
    const overlaps = labels.flatMap((one, place) => labels.slice(place + 1).filter((other) => over(one, other)).map((other) => `${one.text} | ${other.text}`));
    const outside = texts.filter((text) => text.left < box.left - 1 || text.right > box.right + 1).length;
    return { name: chart.dataset.chart ?? chart.dataset.figure, label: chart.getAttribute("aria-label"), shapes: shapes.length, texts: texts.length,
      outside, overlaps, right: box?.right, width: box?.width, figureHeight: figure.getBoundingClientRect().height };
  });
}

function checkCharts(found, width) {
  assert.equal(found.length, Number(expected), `charts: ${found.map((chart) => chart.name)}`);
  for (const chart of found) {
    const told = JSON.stringify(chart);
    assert(chart.shapes >= 1 && chart.texts >= 3, `a chart is empty: ${told}`);
    assert(chart.right <= width && chart.outside === 0, `a chart is cut: ${told}`);
    assert.deepEqual(chart.overlaps, [], `labels lie over each other at ${width}: ${told}`);
    assert(chart.label.length > 40, `a chart does not describe itself: ${told}`);
  }
}

/** What a link of the page saves, and under which name: it is taken before the browser, which may hold back the last of
    many files, so that no test would be sure of them. */
function saved(link) {
  return link.evaluate(async (element) => {
    const made = URL.createObjectURL;
    let blob = null;
    URL.createObjectURL = (given) => {
      blob = given;
      return "#saved";
    };
    element.addEventListener("click", (event) => event.preventDefault(), { once: true });
    element.click();
    URL.createObjectURL = made;
    return [element.download, await blob.text()];
  });
}

/** Saves every figure and compares its table with that of the folder, and its picture with what a picture is. */
async function checkSaved(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "dark", offline: true });
  const page = await context.newPage();
  await page.goto(pathToFileURL(report).href);
  const links = await page.locator("p.save a").all(), names = new Set();
  for (const link of links) {
    const [name, text] = await saved(link), written = fs.readFileSync(path.join(figures, name), "utf8");
    names.add(name);
    if (name.endsWith(".csv")) assert.equal(text, written, `${name} is another table than that of the page`);
    for (const svg of name.endsWith(".svg") ? [text, written] : []) {
      const drawn = await page.evaluate((text) => {
        const picture = new DOMParser().parseFromString(text, "image/svg+xml");
        return { root: picture.documentElement.tagName, shapes: picture.querySelectorAll("path").length, error: picture.querySelector("parsererror")?.textContent };
      }, svg);
      assert(drawn.root === "svg" && drawn.shapes > 0 && !drawn.error, `${name}: ${JSON.stringify(drawn)}`);
      assert(!/var\(|NaN|Infinity|<script|href/.test(svg), `${name} needs something beside itself`);
    }
  }
  assert.deepEqual([...names].sort(), fs.readdirSync(figures).sort(), "the page saves other figures than the folder has");
  assert.equal(links.length, 2 * Number(expected), "a figure cannot be saved");
  await context.close();
}

async function check(browser, { width, colorScheme }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
  const page = await context.newPage(), problems = [], url = pathToFileURL(report).href;
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => request.url() === url || problems.push(`loads ${request.url()}`));
  await page.goto(url);
  checkCharts(await page.evaluate(charts), width);
  assert((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "the page is wider than the screen");
  await page.setViewportSize({ width: PAPER.width, height: PAPER.height });
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const printed = await page.evaluate(charts);
  checkCharts(printed, PAPER.width);
  for (const chart of printed) assert(chart.figureHeight <= PAPER.height, `${chart.name} is cut by the end of a page`);
  const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(paper, "rgb(255, 255, 255)");
  assert.deepEqual(problems, []);
  await context.close();
}

(async () => {
  const browser = await chromium.launch({ executablePath: browserPath });
  try {
    for (const size of SIZES) await check(browser, size);
    if (figures !== undefined) await checkSaved(browser);
  } finally {
    await browser.close();
  }
  console.log(`${expected} charts drew at ${SIZES.length} sizes and on paper`);
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
