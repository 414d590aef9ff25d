// @ts-check
// Print the labels that an exported file sees in an image: node read.js MODEL IMAGE
// The image has light ink on black, digits about 20 pixels high, and both sides at least 22 pixels.

import { readFile } from "node:fs/promises";
import { argv, exit } from "node:process";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { readMetadata } from "./metadata.js";

const [model, image] = argv.slice(2);
if (!image) {
  console.error("usage: node read.js MODEL IMAGE");
  exit(2);
}
const file = await readFile(model);
const session = await InferenceSession.create(file);

const metadata = readMetadata(file);
const format = metadata["capsonnx.format"];
if (format !== "1") {
  console.error(`${model}: format ${format}; expected format 1; use a reader made for it`);
  exit(1);
}
const labels = /** @type {string[]} */ (JSON.parse(metadata["capsonnx.labels"]));
const threshold = /** @type {number} */ (JSON.parse(metadata["capsonnx.threshold"]));

const grey = sharp(image).removeAlpha().toColourspace("b-w").raw();
const { data, info } = await grey.toBuffer({ resolveWithObject: true });
const { lengths } = await session.run({ images: new Tensor("uint8", data, [1, info.height, info.width]) }, ["lengths"]);

const scores = /** @type {Float32Array} */ (lengths.data);
const found = labels.map((label, j) => ({ label, score: scores[j] })).filter(({ score }) => score > threshold);
found.sort((one, other) => other.score - one.score);
console.log(found.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join("  "));
