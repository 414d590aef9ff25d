// What the JavaScript drivers share: the files of the questions, read and written. Runs in Node and in a browser.

/** The images of a .npy file: uint8 (batch, height, width), C order. */
export function readNpy(bytes) {
  const end = 10 + new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, end));
  const shape = /\(([^)]*)\)/.exec(header)[1].split(",").map(Number);
  return { data: bytes.slice(end), shape };
}

/** An output as the bytes of a .npy file: float32, C order. */
export function writeNpy({ data, dims }) {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims.join(", ")}), }`.padEnd(117) + "\n";
  const bytes = new Uint8Array(10 + 118 + 4 * data.length);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 118, 0]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 128);
  return bytes;
}

/** Run a session of ONNX Runtime on the bytes of a question, NAME.npy; give the answers: [file name, bytes] of each. */
export async function answersWith(ort, session, file, question) {
  const { data, shape } = readNpy(question);
  const isOfGrid = !file.startsWith("pairs-") && session.outputNames.includes("field");
  const images = new ort.Tensor("uint8", data, shape);
  const { lengths, field } = await session.run({ images }, isOfGrid ? ["lengths", "field"] : ["lengths"]);
  const answers = [[file, writeNpy(lengths)]];
  if (field) answers.push([file.replace(/\.npy$/, ".field.npy"), writeNpy(field)]);
  return answers;
}
