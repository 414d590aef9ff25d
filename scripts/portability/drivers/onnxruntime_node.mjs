// ONNX Runtime in Node.js: onnxruntime-node, or WebAssembly, onnxruntime-web, by the package that is installed.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { answersWith } from "./answering.mjs";

const [model, questions, answers] = process.argv.slice(2);
const name = existsSync("node_modules/onnxruntime-node") ? "onnxruntime-node" : "onnxruntime-web";
const ort = createRequire(`${process.cwd()}/`)(name);
const session = await ort.InferenceSession.create(readFileSync(model));
for (const file of readdirSync(questions)) {
  const found = await answersWith(ort, session, file, readFileSync(join(questions, file)));
  for (const [name, bytes] of found) writeFileSync(join(answers, name), bytes);
}
console.log(JSON.stringify({ version: ort.env.versions.web ?? ort.env.versions.node }));
process.exit(0); // WebAssembly's worker threads would keep it open
