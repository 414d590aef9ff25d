/**
 * The metadata of an ONNX file, read from its bytes: ONNX Runtime for the web does not hand it out.
 *
 * An ONNX file is a protocol buffer, a row of fields. Each begins with a number, field * 8 + kind, where kind 0 is a
 * number, 1 eight bytes, 5 four bytes and 2 a length and so many bytes. Field 14 of a model is one pair of metadata:
 * field 1 is its key, field 2 its value. All else, the graph above all, is stepped over.
 */

const METADATA = 14;

/** A model file's bytes (Uint8Array) to its metadata, an object of strings. */
export function readMetadata(bytes) {
  const text = new TextDecoder();
  const pairs = [...fields(bytes)].filter(([field]) => field === METADATA);
  return Object.fromEntries(
    pairs.map(([, pair]) => {
      const parts = Object.fromEntries(fields(pair));
      return [text.decode(parts[1]), text.decode(parts[2])];
    }),
  );
}

/** The fields of a message: [number, bytes], for those of kind 2. */
function* fields(bytes) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      if (at >= bytes.length) throw new Error("not an ONNX file, or damaged");
      value += (bytes[at] % 128) * factor;
      if (bytes[at++] < 128) return value; // the last byte of a number has no eighth bit
    }
  };
  while (at < bytes.length) {
    const tag = number();
    const kind = tag % 8;
    if (kind === 0) number();
    else if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4;
    else if (kind === 2) {
      const end = number() + at;
      if (end > bytes.length) throw new Error("not an ONNX file, or damaged");
      yield [Math.floor(tag / 8), bytes.subarray(at, end)];
      at = end;
    } else throw new Error("not an ONNX file, or damaged");
  }
}
