/** The page: wires the sheet, the model and what is shown. */

import { resizeByHandle } from "./handle.js";
import { loadImage } from "./image.js";
import { Latest } from "./latest.js";
import { Reader } from "./reader.js";
import { place } from "./reading.js";
import { say, showAnswer, showClasses, showFigures, showHeat, showNothing, showSymbols } from "./results.js";
import { BLANK, prepare } from "./scene.js";
import { Sheet } from "./sheet.js";

const byId = (id) => document.getElementById(id);

const reader = new Reader();
const sheet = new Sheet(byId("sheet"), byId("pen"), BLANK, { onStroke, onResize: showPlaces });
const latest = new Latest(read);
const past = []; // the scenes before this one
let contract = null; // what the model says of itself, once it is there
let version = 0; // counts the scenes, so that an answer that comes too late is dropped
let seen = null; // the last answer, its raster and the view it is in, or null

function onStroke(points, isFinished) {
  const scene = { ...sheet.scene, strokes: [...sheet.scene.strokes, points] };
  byId("hint").hidden = true;
  setBusy(true);
  if (isFinished) change(scene);
  else latest.give({ scene, mine: version, isFinal: false }); // read as far as it is
}

/** Put a scene on the sheet and read it. */
function change(scene) {
  past.push(sheet.scene);
  sheet.scene = scene;
  update();
}

function undo() {
  if (!past.length) return;
  sheet.scene = past.pop();
  update();
}

function clear() {
  if (sheet.scene !== BLANK) change(BLANK);
}

/** Read the sheet. */
function update() {
  const mine = ++version;
  const { scene } = sheet;
  setBusy(true);
  byId("hint").hidden = scene !== BLANK;
  byId("undo").disabled = !past.length;
  byId("clear").disabled = scene === BLANK;
  if (contract) latest.give({ scene, mine, isFinal: true, start: performance.now() });
}

/** Read a scene and show what is in it, unless there is another by then. */
async function read({ scene, mine, isFinal, start }) {
  if (!contract || mine !== version) return;
  const prepared = prepare(scene, contract);
  if (!prepared) return showBlank();
  try {
    // When the pen is lifted, what it drew has mostly been read already.
    const answer = seen && isSame(seen.raster, prepared.raster) ? seen.answer : await reader.read(prepared.raster);
    if (mine !== version) return;
    seen = { answer, ...prepared };
    showAnswer(contract, answer);
    showPlaces();
    if (!isFinal) return;
    showFigures(prepared.raster, answer.milliseconds);
    const { scores, milliseconds } = answer;
    performance.measure("answer", { start, detail: { scores, milliseconds } });
  } catch (error) {
    if (mine === version) say(error.message);
  }
  if (isFinal && mine === version) setBusy(false);
}

const isSame = (one, other) =>
  one.width === other.width && one.height === other.height && one.levels.every((level, i) => level === other.levels[i]);

/** While it is busy, a screen reader leaves the answer alone, and tells the last one only. */
function setBusy(isBusy) {
  byId("answer").setAttribute("aria-busy", isBusy);
}

function showBlank() {
  seen = null;
  showPlaces();
  showNothing();
  setBusy(false);
}

/** Show where the symbols are on the page, and the field, if it is asked for. */
function showPlaces() {
  const { scale, x, y } = sheet.view;
  const { answer: { lines, heat } = {}, view } = seen ?? {};
  const unit = view && scale / view.scale; // page pixels in a pixel of the raster
  const onPage = (pixels, from, offset) => pixels * unit + from * scale + offset;
  const boxes = (lines ?? []).flat().map(({ box, ...symbol }) => ({
    ...symbol,
    left: onPage(box.left, view.left, x),
    top: onPage(box.top, view.top, y),
    right: onPage(box.right, view.left, x),
    bottom: onPage(box.bottom, view.top, y),
  }));
  showSymbols(boxes);
  if (!heat || !byId("show").checked) return showHeat(null);
  const { origin, stride } = contract.windows;
  showHeat(heat, {
    left: onPage(origin[1] - stride / 2, view.left, x), // a cell is drawn around the centre of its window
    top: onPage(origin[0] - stride / 2, view.top, y),
    width: heat.cols * stride * unit,
    height: heat.rows * stride * unit,
  });
}

async function openImage(file) {
  try {
    change({ image: await loadImage(file), strokes: [] });
  } catch (error) {
    say(error.message);
  }
}

/** The image among the files of a drop or a paste, if there is one. */
const firstFile = (transfer) => [...(transfer?.files ?? [])][0];

function onKey(event) {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  if (isUndo) undo();
  else if (event.key === "Escape" || event.key === "Delete") clear();
  else return;
  event.preventDefault();
}

byId("undo").addEventListener("click", undo);
byId("clear").addEventListener("click", clear);
byId("open").addEventListener("click", () => byId("file").click());
byId("show").addEventListener("change", showPlaces);
byId("file").addEventListener("change", ({ target }) => {
  if (target.files[0]) openImage(target.files[0]);
  target.value = ""; // so that the same file can be chosen again
});
document.addEventListener("keydown", onKey);
document.addEventListener("paste", ({ clipboardData }) => {
  const file = firstFile(clipboardData);
  if (file) openImage(file);
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  byId("frame").classList.add("target");
});
document.addEventListener("dragleave", () => byId("frame").classList.remove("target"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  byId("frame").classList.remove("target");
  const file = firstFile(event.dataTransfer);
  if (file) openImage(file);
});
resizeByHandle(byId("handle"), byId("frame"));
reader.ready.then(
  (told) => {
    contract = told;
    showClasses(contract);
    update();
    // The first run is slow: let it be one that nobody waits for.
    if (sheet.scene === BLANK)
      reader.read(place({ width: 1, height: 1, levels: Uint8Array.of(255) }, contract.smallest).raster);
  },
  (error) => say(error.message),
);
