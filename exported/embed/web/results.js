/** Shows what was read: the labels found, a bar for every class, boxes around groups of ink, and figures. */

import { greyImage } from "./image.js";

const byId = (id) => document.getElementById(id);
const twoDigits = (score) => score.toFixed(2);

/** Labels found with their scores, in the order of the model's labels: the network tells classes, not their order. */
function found({ labels, threshold }, scores) {
  const pairs = labels.map((label, index) => ({ label, score: scores[index] }));
  return pairs.filter(({ score }) => score > threshold);
}

/** One row for every class, and the threshold as a line across all of them. */
export function showClasses({ labels, threshold, megabytes }) {
  const rows = labels.map((label) => {
    const row = element("li");
    row.append(element("span", "label", label), bar(), element("span", "score", "–"));
    return row;
  });
  byId("bars").replaceChildren(...rows);
  byId("bars").style.setProperty("--threshold", threshold);
  byId("legend").textContent =
    `The line is the model’s threshold, ${threshold}: the classes above it are in the image.`;
  byId("legend").hidden = false;
  byId("figures").dataset.model = `WebAssembly, ${megabytes.toFixed(1)} MB model`;
  byId("figures").textContent = byId("figures").dataset.model;
}

/** The answer for the whole sheet. While a stroke goes on it is shown, and not yet announced. */
export function showAnswer(contract, scores) {
  const hits = found(contract, scores);
  [...byId("bars").children].forEach((row, index) => {
    row.classList.toggle("found", scores[index] > contract.threshold);
    row.style.setProperty("--score", scores[index]);
    row.querySelector(".score").textContent = twoDigits(scores[index]);
  });
  byId("read").classList.toggle("nothing", !hits.length);
  byId("read").replaceChildren(...hits.map(({ label }) => element("b", "", label)));
  if (!hits.length) byId("read").textContent = `No class is above ${contract.threshold}`;
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
  byId("read").classList.add("nothing");
  byId("read").textContent = sentence;
}

/** What the network saw, and how long it took. */
export function showFigures(raster, milliseconds) {
  const { width, height } = raster;
  Object.assign(byId("seen"), { width, height });
  byId("seen").getContext("2d").putImageData(greyImage(raster), 0, 0);
  byId("figures").replaceChildren(
    element("strong", "", `${milliseconds.toFixed(1)} ms`),
    ` for ${width} × ${height} pixels`,
    element("br"),
    byId("figures").dataset.model,
  );
}

/** A box around each group of ink with what is read there: [{left, top, right, bottom, scores}] in page pixels. */
export function showGroups(contract, boxes) {
  byId("groups").replaceChildren(...boxes.map((box) => groupBox(contract, box)));
}

function groupBox(contract, { left, top, right, bottom, scores }) {
  const hits = found(contract, scores);
  const text = hits.map(({ label, score }) => `${label} ${twoDigits(score)}`).join("  ");
  const box = element("div", hits.length ? "group found" : "group");
  box.append(element("span", top < 30 ? "inside" : "", text || "?"));
  const [width, height] = [right - left, bottom - top].map((side) => `${side}px`);
  Object.assign(box.style, { left: `${left}px`, top: `${top}px`, width, height });
  return box;
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
