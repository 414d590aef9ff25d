/** The parts of the page that need no browser: metadata out of the file, groups of ink, grey levels. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { lightOnBlack, overGround } from "../../exported/embed/web/image.js";
import { alone, findGroups, inkBox, writingHeight } from "../../exported/embed/web/ink.js";
import { readMetadata } from "../../exported/embed/web/metadata.js";

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
  assert.equal(JSON.parse(metadata["capsonnx.smallest"]), 14);
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
  const { groups, marks } = findGroups(picture);
  assert.deepEqual(groups.map(corners), [
    [1, 1, 7, 6],
    [10, 1, 12, 6],
  ]);
  assert.deepEqual([...marks.subarray(20, 40)].join(""), "01100110002200000000");
});

test("a group inside the box of another belongs to it", () => {
  const side = " #           # ";
  const dash = " #   #####   # ";
  const picture = raster(
    " ############# ",
    ...[side, side, side, side, dash, side, side, side, side],
    " ############# ",
  );
  assert.deepEqual(findGroups(picture).groups.map(corners), [[1, 0, 14, 11]]);
});

test("the height of the writing goes by the high groups", () => {
  const box = (height) => ({ left: 0, top: 0, right: 9, bottom: height });
  assert.equal(writingHeight([box(20)]), 20);
  assert.equal(writingHeight([box(5), box(6), box(30), box(32)]), 30);
});

test("one group alone has the others blacked out and a margin of black", () => {
  const picture = raster("#  # ", "#  # ", "#  # ", "#  ##", "#  # ");
  const { width, height, levels } = alone(
    picture,
    picture.levels.map((level, index) => level && (index % 5 ? 2 : 1)),
    { left: 3, top: 0, right: 5, bottom: 5 },
    2,
    3,
  );
  assert.deepEqual([width, height], [8, 11]);
  assert.equal(levels.filter((level) => level === 255).length, 6);
  assert.equal(levels[0], 0);
});

test("the box of the ink counts faint ink, and a black raster has none", () => {
  assert.deepEqual(corners(inkBox(raster("    ", " +# ", "    "))), [1, 1, 3, 2]);
  assert.equal(inkBox(raster("   ")), null);
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
