/** Shows what was read: the text, a bar for every class, a box around every symbol, the field, and figures. */

import { greyImage } from "./image.js";
import { textOf } from "./reading.js";

const byId = (id) => document.getElementById(id);
const HEAT = [230, 159, 0]; // orange: it stands out from ink, paper and the blue of the boxes
const MOST_HEAT = 0.65; // how opaque it is at most, so that the ink shows through
const twoDigits = (score) => score.toFixed(2);

/** Labels found with their scores, in the order of the model's labels: the network tells classes, not their order. */
function found({ labels, threshold }, scores) {
  const pairs = labels.map((label, index) => ({ label, score: scores[index] }));
  return pairs.filter(({ score }) => score > threshold);
}

/** One row for every class, and the threshold as a line across all of them. */
export function showClasses({ labels, threshold, windows, megabytes }) {
  const rows = labels.map((label) => {
    const row = element("li");
    row.append(element("span", "label", label), bar(), element("span", "score", "–"));
    return row;
  });
  byId("bars").replaceChildren(...rows);
  byId("bars").style.setProperty("--threshold", threshold);
  byId("legend").textContent = windows
    ? `Bars score each class over the whole sheet: as it fills, all creep towards the line at ${threshold}. Ticked are those that were read.`
    : `The line is the model’s threshold, ${threshold}: the classes above it are in the image.`;
  byId("legend").hidden = false;
  byId("title").textContent = windows ? "Read" : "Found";
  byId("show").parentElement.hidden = !windows;
  byId("figures").dataset.model = `WebAssembly, ${megabytes.toFixed(1)} MB model`;
  byId("figures").textContent = byId("figures").dataset.model;
}

/** The answer for the whole sheet. While a stroke goes on it is shown, and not yet announced. */
export function showAnswer(contract, { scores, lines }) {
  const isFound = lines
    ? (label) => lines.flat().some((symbol) => symbol.label === label)
    : (_, index) => scores[index] > contract.threshold;
  [...byId("bars").children].forEach((row, index) => {
    row.classList.toggle("found", isFound(contract.labels[index], index));
    row.style.setProperty("--score", scores[index]);
    row.querySelector(".score").textContent = twoDigits(scores[index]);
  });
  if (lines) showText(lines, contract.labels);
  else showLabels(contract, scores);
}

/** The text that was read, line by line; small, where there is much of it. */
function showText(lines, labels) {
  if (!lines.length) return say("No symbol is seen");
  const text = textOf(lines, labels);
  const isLong = lines.length > 2 || text.split("\n").some((line) => line.length > 8);
  byId("read").className = isLong ? "text long" : "text";
  byId("read").replaceChildren(
    ...lines.map((line) => {
      const row = element("span", "line");
      row.append(
        ...line.flatMap(({ label }, i) => [...(i && text.includes(" ") ? [" "] : []), element("b", "", label)]),
      );
      return row;
    }),
  );
}

/** The classes found, where a model tells them but not their places. */
function showLabels(contract, scores) {
  const hits = found(contract, scores);
  if (!hits.length) return say(`No class is above ${contract.threshold}`);
  byId("read").className = "";
  byId("read").replaceChildren(...hits.map(({ label }) => element("b", "", label)));
}

/** An empty sheet. */
export function showNothing() {
  for (const row of byId("bars").children) {
    row.classList.remove("found");
    row.style.setProperty("--score", 0);
    row.querySelector(".score").textContent = "–";
  }
  say("Nothing drawn yet");
  byId("figures").textContent = byId("figures").dataset.model ?? "";
  Object.assign(byId("seen"), { width: 1, height: 1 });
}

/** A sentence in place of an answer. */
export function say(sentence) {
  byId("read").className = "nothing";
  byId("read").textContent = sentence;
}

/** What the network saw, and how long it took. */
export function showFigures(raster, milliseconds) {
  const { width, height } = raster;
  Object.assign(byId("seen"), { width, height });
  byId("seen").getContext("2d").putImageData(greyImage(raster), 0, 0);
  byId("figures").replaceChildren(
    element("strong", "", `${milliseconds.toFixed(1)} ms`),
    ` for ${width}\u00a0×\u00a0${height}\u00a0px`,
    element("br"),
    byId("figures").dataset.model,
  );
}

/** A box around every symbol, with what it is: [{label, score, left, top, right, bottom}] in page pixels. */
export function showSymbols(symbols) {
  byId("symbols").replaceChildren(...symbols.map(symbolBox));
}

function symbolBox({ label, score, left, top, right, bottom }) {
  const box = element("div", "symbol");
  box.append(element("span", top < 34 ? "inside" : "", `${label} ${twoDigits(score)}`));
  const [width, height] = [right - left, bottom - top].map((side) => `${side}px`);
  Object.assign(box.style, { left: `${left}px`, top: `${top}px`, width, height });
  return box;
}

/** The highest score of every cell, laid over the sheet: {left, top, width, height} in page pixels. Or nothing. */
export function showHeat(heat, place) {
  const canvas = byId("heat");
  canvas.hidden = !heat;
  if (!heat) return;
  const { rows, cols, values } = heat;
  Object.assign(canvas, { width: cols, height: rows });
  const image = new ImageData(cols, rows);
  values.forEach((value, i) => image.data.set([...HEAT, 255 * MOST_HEAT * value], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
  const styles = Object.entries(place).map(([name, value]) => [name, `${value}px`]);
  Object.assign(canvas.style, Object.fromEntries(styles));
}

function bar() {
  const track = element("span", "track");
  track.ariaHidden = true;
  track.append(element("i"));
  return track;
}

function element(name, className = "", text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}
