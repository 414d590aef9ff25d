/** Runs the model, off the page's thread. In: {id, raster}. Out: {contract} or {failure} once, then {id, ...} each. */

import * as ort from "./node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
import { readMetadata } from "./metadata.js";
import { findSymbols, highest, inLines } from "./reading.js";

const MODELS = ["model.onnx", "../../mnist.onnx"]; // as 'capsonnx demo' serves it; in the folder tree of exported/

ort.env.wasm.wasmPaths = new URL("node_modules/onnxruntime-web/dist/", import.meta.url).href;
// One thread: rasters are so small that a second gains little, and costs dearly where other programs are at work,
// for threads in WebAssembly wait for each other by spinning. (SIMD is in every build of this version.)
ort.env.wasm.numThreads = 1;

const opening = open();
let last = opening; // a session runs one batch at a time: each waits for the one before

self.onmessage = ({ data: { id, raster } }) => {
  last = last
    .then(async () => self.postMessage({ id, ...(await read(await opening, raster)) }))
    .catch((error) => self.postMessage({ id, failure: error.message }));
};

opening.then(
  ({ contract }) => self.postMessage({ contract }),
  (error) => self.postMessage({ failure: error.message }),
);

/** The session, and all that is to be known of the file, read once. */
async function open() {
  const bytes = await fetchModel();
  const contract = contractOf(bytes);
  const session = await ort.InferenceSession.create(bytes);
  if (!session.outputNames.includes("field")) contract.windows = null;
  const outputs = contract.windows ? ["lengths", "field"] : ["lengths"];
  const isFloat = session.inputMetadata[0].type === "float32"; // a file made by 'capsonnx export --input float32'
  return { session, contract, outputs, isFloat };
}

async function fetchModel() {
  for (const name of MODELS) {
    const response = await fetch(new URL(name, import.meta.url));
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  }
  throw new Error(`no model at ${MODELS.join(" or ")}`);
}

/** What the page needs of the file's own metadata. Files that do not locate symbols have no windows. */
function contractOf(bytes) {
  const metadata = readMetadata(bytes);
  const value = (key) => {
    const text = metadata[`capsonnx.${key}`];
    if (text === undefined) throw new Error(`the model has no metadata key capsonnx.${key}`);
    return JSON.parse(text);
  };
  return {
    labels: value("labels"),
    threshold: value("threshold"),
    smallest: value("smallest"),
    windows: "capsonnx.windows" in metadata ? value("windows") : null,
    megabytes: bytes.length / 1e6,
  };
}

/**
 * Scores of one raster, one for each label, and the milliseconds of the run; if the file locates symbols, lines of them
 * too, with boxes in the raster's pixels, and the highest score of every cell.
 */
async function read({ session, contract: { labels, windows }, outputs, isFloat }, raster) {
  const { width, height, levels } = raster;
  const images = new ort.Tensor(isFloat ? Float32Array.from(levels) : levels, [1, height, width]);
  const start = performance.now();
  const { lengths, field } = await session.run({ images }, outputs);
  const milliseconds = performance.now() - start;
  const answer = { scores: Array.from(lengths.data), milliseconds, lines: null, heat: null };
  if (!field) return answer;
  const heat = highest(field);
  return { ...answer, heat, lines: inLines(findSymbols(heat, raster, labels, windows), windows.size[0]) };
}
