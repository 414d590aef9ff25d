/** The page: wires the sheet, the model and what is shown. */

import { resizeByHandle } from "./handle.js";
import { loadImage } from "./image.js";
import { Reader } from "./reader.js";
import { say, showAnswer, showClasses, showFigures, showGroups, showNothing } from "./results.js";
import { BLANK, prepare } from "./scene.js";
import { Sheet } from "./sheet.js";

const byId = (id) => document.getElementById(id);

const reader = new Reader();
const sheet = new Sheet(byId("sheet"), byId("pen"), BLANK, { onStroke, onResize: placeGroups });
const past = []; // the scenes before this one
let contract = null; // what the model says of itself, once it is there
let version = 0; // counts the scenes, so that an answer that comes too late is dropped
let groups = []; // [{left, top, right, bottom, scores}] in the scene's units
let isGlancing = false;

function onStroke(points, isFinished) {
  const scene = { ...sheet.scene, strokes: [...sheet.scene.strokes, points] };
  byId("hint").hidden = true;
  setBusy(true);
  if (isFinished) change(scene);
  else glance(scene);
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

/** Read while a stroke goes on, whenever the model is free. */
async function glance(scene) {
  const prepared = contract && !isGlancing && prepare(scene);
  if (!prepared) return;
  isGlancing = true;
  const mine = version;
  const { scores } = await reader.read(prepared.raster).finally(() => (isGlancing = false));
  if (mine === version) showAnswer(contract, scores);
}

/** Read the sheet, then each group of ink alone. */
async function update() {
  const mine = ++version;
  const start = performance.now();
  const { scene } = sheet;
  setBusy(true);
  byId("hint").hidden = scene !== BLANK;
  byId("undo").disabled = !past.length;
  byId("clear").disabled = scene === BLANK;
  if (!contract) return;
  const prepared = prepare(scene);
  if (!prepared) return showBlank();
  try {
    const { scores, milliseconds } = await reader.read(prepared.raster);
    if (mine !== version) return;
    showAnswer(contract, scores);
    showFigures(prepared.raster, milliseconds);
    performance.measure("answer", { start, detail: { scores, milliseconds } });
    const alone = byId("show").checked ? await readAlone(prepared) : [];
    if (mine !== version) return;
    groups = alone;
    placeGroups();
    performance.measure("groups", { start });
  } catch (error) {
    if (mine === version) say(error.message);
  }
  if (mine === version) setBusy(false);
}

/** While it is busy, a screen reader leaves the answer alone, and tells the last one only. */
function setBusy(isBusy) {
  byId("answer").setAttribute("aria-busy", isBusy);
}

function showBlank() {
  groups = [];
  placeGroups();
  showNothing();
  setBusy(false);
}

/** What is read in each group of ink, with its place in the scene's units. */
async function readAlone({ groups, view }) {
  const results = await Promise.all(groups.map(({ raster }) => reader.read(raster)));
  const place = (pixel, offset) => pixel / view.scale + offset;
  return groups.map(({ box }, index) => ({
    left: place(box.left, view.left),
    top: place(box.top, view.top),
    right: place(box.right, view.left),
    bottom: place(box.bottom, view.top),
    scores: results[index].scores,
  }));
}

/** Show the groups where they are on the page. */
function placeGroups() {
  if (!contract) return;
  const { scale, x, y } = sheet.view;
  const boxes = groups.map(({ left, top, right, bottom, scores }) => ({
    left: left * scale + x,
    top: top * scale + y,
    right: right * scale + x,
    bottom: bottom * scale + y,
    scores,
  }));
  showGroups(contract, boxes);
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
byId("show").addEventListener("change", update);
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
    const side = contract.smallest; // the first run is slow: let it be one that nobody waits for
    if (sheet.scene === BLANK) reader.read({ width: side, height: side, levels: new Uint8Array(side * side) });
  },
  (error) => say(error.message),
);
