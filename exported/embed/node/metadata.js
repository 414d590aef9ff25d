// @ts-check
import { PbfReader } from "pbf";

const METADATA_PROPS = 14;

/**
 * The metadata of an ONNX file, by key.
 *
 * ONNX Runtime's JavaScript API does not give it (microsoft/onnxruntime#16547), so it is read from the file itself:
 * one protobuf message, ModelProto, whose field 14 holds the pairs, key in field 1 and value in field 2. Everything
 * else, the weights too, is stepped over.
 * @param {Uint8Array} file
 * @returns {Record<string, string>}
 */
export function readMetadata(file) {
  /** @type {string[][]} */
  const pairs = [];
  new PbfReader(file).readFields((field, _, message) => {
    if (field === METADATA_PROPS) pairs.push(message.readMessage(readPair, ["", ""]));
  }, null);
  return Object.fromEntries(pairs);
}

/**
 * @param {number} field
 * @param {string[]} pair
 * @param {PbfReader} message
 */
function readPair(field, pair, message) {
  pair[field - 1] = message.readString();
}
