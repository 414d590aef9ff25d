// ONNX Runtime in a real browser, by WebAssembly.

import { askInChromium } from "./chromium.mjs";

await askInChromium("ort.wasm.bundle.min.mjs", "wasm", ["--disable-gpu"]);
