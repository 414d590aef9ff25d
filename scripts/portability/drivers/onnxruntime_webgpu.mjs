// ONNX Runtime in a real browser, by WebGPU, on whatever adapter Chromium offers; it may be a program on the processor.

import { askInChromium } from "./chromium.mjs";

await askInChromium("ort.webgpu.bundle.min.mjs", "webgpu", ["--enable-unsafe-webgpu"]);
