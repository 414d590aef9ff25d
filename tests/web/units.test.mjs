/** The parts of the page that need no browser: metadata out of the file, groups of ink, reading, grey levels. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { lightOnBlack, overGround } from "../../exported/embed/web/image.js";
import { findGroups, inkBox, writingHeight } from "../../exported/embed/web/ink.js";
import { Latest } from "../../exported/embed/web/latest.js";
import { readMetadata } from "../../exported/embed/web/metadata.js";
import { findSymbols, highest, inLines, place, textOf } from "../../exported/embed/web/reading.js";

const MODEL = new URL("../../exported/mnist.onnx", import.meta.url);

/** A raster out of a picture: # is ink, + is faint, everything else is black. */
function raster(...rows) {
  const level = { "#": 255, "+": 20 };
  const levels = Uint8Array.from(rows.join(""), (character) => level[character] ?? 0);
  return { width: rows[0].length, height: rows.length, levels };
}

const corners = ({ left, top, right, bottom }) => [left, top, right, bottom];

test("the metadata of the shipped model is read from its bytes", async () => {
  const metadata = readMetadata(new Uint8Array(await readFile(MODEL)));
  assert.deepEqual(JSON.parse(metadata["capsonnx.labels"]), [..."0123456789"]);
  assert.equal(typeof JSON.parse(metadata["capsonnx.threshold"]), "number");
  assert.equal(JSON.parse(metadata["capsonnx.smallest"]), 22);
});

test("a file that is cut off or no model at all is an error", async () => {
  const bytes = new Uint8Array(await readFile(MODEL));
  for (const wrong of [bytes.subarray(0, 1000), new TextEncoder().encode("<!doctype html>")]) {
    assert.throws(() => readMetadata(wrong), /not an ONNX file/);
  }
});

test("ink a gap of two apart is one group, three apart two, and a speck is none", () => {
  const picture = raster(
    "                    ",
    " ##  ##   ##     #  ",
    " ##  ##   ##        ",
    " ##  ##   ##        ",
    " ##  ##   ##        ",
    " ##  ##   ##        ",
    "                    ",
  );
  assert.deepEqual(findGroups(picture).map(corners), [
    [1, 1, 7, 6],
    [10, 1, 12, 6],
  ]);
});

test("a group inside the box of another belongs to it", () => {
  const side = " #           # ";
  const dash = " #   #####   # ";
  const picture = raster(
    " ############# ",
    ...[side, side, side, side, dash, side, side, side, side],
    " ############# ",
  );
  assert.deepEqual(findGroups(picture).map(corners), [[1, 0, 14, 11]]);
});

test("the height of the writing goes by the high groups", () => {
  const box = (height) => ({ left: 0, top: 0, right: 9, bottom: height });
  assert.equal(writingHeight([box(20)]), 20);
  assert.equal(writingHeight([box(5), box(6), box(30), box(32)]), 30);
});

test("the box of the ink counts faint ink, and a black raster has none", () => {
  assert.deepEqual(corners(inkBox(raster("    ", " +# ", "    "))), [1, 1, 3, 2]);
  assert.equal(inkBox(raster("   ")), null);
});

// Reading. The cases and their answers are those of capsonnx.runtime.page and .reading; numbers are the file's to tell.

const WINDOWS = {
  origin: [6, 7],
  stride: 2,
  size: [28, 22],
  threshold: 0.5,
  apart: [20, 12],
  silent_black: true,
};
const LABELS = [..."abc"];

/** A black page of a size, with white boxes [left, top, right, bottom]. */
function page(width, height, ...boxes) {
  const levels = new Uint8Array(width * height);
  for (const [left, top, right, bottom] of boxes) {
    for (let y = top; y < bottom; y++) levels.fill(255, y * width + left, y * width + right);
  }
  return { width, height, levels };
}

/** A field of LABELS on a raster that is 0 but for some cells: [class, row, col, score]. */
function heatOf({ width, height }, ...cells) {
  const [rows, cols] = [Math.floor((height - 12) / 2) + 1, Math.floor((width - 12) / 2)];
  const data = new Float32Array(LABELS.length * rows * cols);
  for (const [j, row, col, score] of cells) data[(j * rows + row) * cols + col] = score;
  return highest({ data, dims: [1, LABELS.length, rows, cols] });
}

const found = (raster, ...cells) => foundBy(WINDOWS, raster, ...cells);
const foundBy = (windows, raster, ...cells) =>
  findSymbols(heatOf(raster, ...cells), raster, LABELS, windows).map(({ label, score, box }) => [
    label,
    score,
    ...corners(box),
  ]);
const symbol = (label, ...[left, top, right, bottom]) => ({ label, score: 1, box: { left, top, right, bottom } });

test("a page is cut to its ink and placed, always alike", () => {
  const { raster: placed, origin } = place(page(300, 200, [100, 50, 115, 70]), 14);
  assert.deepEqual([placed.height, placed.width, origin], [32, 40, [90, 44]]);
  assert.deepEqual(corners(inkBox(placed)), [10, 6, 25, 26]);
  const elsewhere = place(page(120, 80, [3, 0, 18, 20]), 14);
  assert.deepEqual(elsewhere.raster, placed);
  assert.deepEqual(elsewhere.origin, [-7, -6]);
});

test("a blank page is placed as the smallest one", () => {
  const { raster: placed, origin } = place(page(50, 50), 14);
  assert.deepEqual([placed.height, placed.width, origin], [16, 24, [-10, -6]]);
});

test("peaks are picked from the highest down; what is too near or too low is none", () => {
  const raster = page(64, 40, [20, 10, 26, 30], [46, 10, 52, 30]);
  const cells = [[1, 7, 8, 0.75], [2, 7, 10, 0.625], [0, 7, 21, 0.875], [2, 7, 15, 0.5]]; // prettier-ignore
  assert.deepEqual(found(raster, ...cells), [
    ["a", 0.875, 46, 10, 52, 30],
    ["b", 0.75, 20, 10, 26, 30],
  ]);
});

test("among equals the upper left one is taken, and six cells on there is another", () => {
  const raster = page(64, 40, [20, 10, 40, 30]);
  const cells = [7, 8, 9, 13].map((col) => [0, 7, col, 0.75]);
  assert.deepEqual(
    found(raster, ...cells).map(([, , left, , right]) => [left, right]),
    [
      [20, 32],
      [22, 40],
    ],
  );
});

test("nearer than apart only a sure peak is another symbol", () => {
  const raster = page(64, 40, [20, 10, 40, 30]);
  const windows = { ...WINDOWS, touching: [20, 8], sure: 0.75 };
  for (const [score, across, count] of [[0.875, 3, 1], [0.875, 4, 2], [0.75, 5, 1], [0.875, 5, 2]]) { // prettier-ignore
    const cells = [[0, 7, 8, 0.9375], [1, 7, 8 + across, score]]; // prettier-ignore
    assert.equal(foundBy(windows, raster, ...cells).length, count);
    assert.equal(found(raster, ...cells).length, 1);
  }
});

test("sure peaks on strokes of their own may be as near as they like", () => {
  const windows = { ...WINDOWS, touching: [20, 8], sure: 0.75 };
  const [x, y] = [windows.origin[1] + 16, 10];
  const strokes = [[x - 1, y, x + 1, y + 20], [x + 5, y, x + 7, y + 20]]; // prettier-ignore
  const bridge = [x + 1, y + 6, x + 5, y + 7];
  for (const [score, boxes, count] of [[0.875, strokes, 2], [0.875, [...strokes, bridge], 1], [0.75, strokes, 1]]) { // prettier-ignore
    const cells = [[0, 7, 8, 0.9375], [1, 7, 11, score]]; // prettier-ignore
    assert.equal(foundBy(windows, page(64, 40, ...boxes), ...cells).length, count);
    assert.equal(found(page(64, 40, ...boxes), ...cells).length, 1);
  }
});

test("a broad peak on two strokes is two equal symbols, and any other is one", () => {
  const windows = { ...WINDOWS, touching: [20, 8], sure: 0.75 };
  const x = windows.origin[1] + 20;
  const strokes = [[x - 1, 10, x + 1, 30], [x + 5, 10, x + 7, 30]]; // prettier-ignore
  const bridge = [x + 1, 16, x + 5, 17];
  const plateau = (first, last, slope) =>
    Array.from({ length: last + 1 - first }, (_, i) => [0, 7, first + i, 0.9375 - Math.abs(first + i - 11) * slope]);
  const boxes = (...all) => foundBy(windows, ...all).map(([, , ...box]) => box);
  assert.deepEqual(boxes(page(64, 40, ...strokes), ...plateau(8, 15, 0.03)).sort(), strokes);
  assert.equal(boxes(page(64, 40, ...strokes), ...plateau(9, 14, 0.03)).length, 1); // no broader than that of one symbol
  assert.equal(boxes(page(64, 40, ...strokes), ...plateau(8, 15, 0.08)).length, 1); // not sure at its ends
  assert.equal(boxes(page(64, 40, ...strokes, bridge), ...plateau(8, 15, 0.03)).length, 1); // the strokes hang together
  assert.equal(found(page(64, 40, ...strokes), ...plateau(8, 15, 0.03)).length, 1); // as in older files
});

test("a box leaves out a neighbour's ink that does not reach the middle, and is the window where there is no ink", () => {
  const raster = page(64, 40, [12, 10, 14, 30], [18, 12, 26, 28]);
  assert.deepEqual(found(raster, [0, 7, 8, 0.75]), [["a", 0.75, 18, 12, 26, 28]]);
  assert.deepEqual(found(raster, [0, 7, 20, 0.75]), [["a", 0.75, 36, 6, 58, 34]]);
});

test("the class of a symbol is the highest of its cell", () => {
  const raster = page(40, 40, [18, 12, 26, 28]);
  assert.deepEqual(
    found(raster, [0, 7, 7, 0.625], [2, 7, 7, 0.75]).map(([label]) => label),
    ["c"],
  );
});

test("symbols in lines: from left to right, from top to bottom, and a line may slope", () => {
  const labels = (symbols) => inLines(symbols, 28).map((line) => line.map(({ label }) => label).join(""));
  const boxes = [symbol("b", 30, 4, 50, 24), symbol("c", 5, 40, 25, 60), symbol("a", 0, 0, 20, 20)];
  assert.deepEqual(labels(boxes), ["ab", "c"]);
  const slope = [..."abcdef"].map((label, i) => symbol(label, 24 * i, 12 * i, 24 * i + 20, 12 * i + 20));
  assert.deepEqual(labels(slope.toReversed()), ["abcdef"]);
  assert.deepEqual(labels([]), []);
});

test("the text has line breaks, and spaces only between labels of several letters", () => {
  const line = (...labels) => labels.map((label) => symbol(label, 0, 0, 1, 1));
  assert.equal(textOf([line("4", "2"), line("7")], ["2", "4", "7"]), "42\n7");
  assert.equal(textOf([line("cat", "b")], ["b", "cat"]), "cat b");
  assert.equal(textOf([line("b", "b")], ["b", "cat"]), "b b");
  assert.equal(textOf([], ["b"]), "");
});

test("the latest thing is done, one at a time and one a frame, and what a newer one replaced is not", async () => {
  const [done, frames] = [[], []];
  let end;
  const latest = new Latest(
    (thing) => {
      done.push(thing);
      return new Promise((resolve) => (end = resolve));
    },
    (begin) => frames.push(begin),
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  for (const thing of [1, 2, 3]) latest.give(thing);
  assert.deepEqual(done, [1]);
  end();
  await settle();
  assert.deepEqual(done, [1]); // this frame has had its run
  frames.pop()();
  await settle();
  assert.deepEqual(done, [1, 3]);
  frames.pop()();
  end();
  await settle();
  assert.deepEqual([done, frames], [[1, 3], []]);
});

test("luma is ITU-R 601", () => {
  const rgba = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255);
  assert.deepEqual([...overGround(rgba)], [76, 150, 29]);
});

test("transparent pixels are ground: opposite to a little ink, alike to a page", () => {
  const [black, white, none] = [
    [0, 0, 0, 255],
    [255, 255, 255, 255],
    [0, 0, 0, 0],
  ];
  assert.deepEqual([...overGround(Uint8Array.from([black, none, none].flat()))], [0, 255, 255]);
  assert.deepEqual([...overGround(Uint8Array.from([white, none, none].flat()))], [255, 0, 0]);
  assert.deepEqual([...overGround(Uint8Array.from([white, white, black, none].flat()))], [255, 255, 0, 255]);
  assert.deepEqual([...overGround(Uint8Array.from([none, none].flat()))], [0, 0]);
});

test("a light border means dark ink, and one single level no ink", () => {
  const page = Uint8Array.of(255, 255, 255, 255, 9, 255, 255, 255, 255);
  assert.deepEqual([...lightOnBlack(page, 3)], [0, 0, 0, 0, 246, 0, 0, 0, 0]);
  assert.deepEqual([...lightOnBlack(Uint8Array.of(0, 0, 0, 0, 9, 0, 0, 0, 0), 3)], [0, 0, 0, 0, 9, 0, 0, 0, 0]);
  assert.deepEqual([...lightOnBlack(new Uint8Array(9).fill(200), 3)], [...new Uint8Array(9)]);
});
