// What the drivers in a browser share: onnxruntime-web in headless Chromium, on a page served from here.

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";

const [model, questions, answers] = process.argv.slice(2);
const types = { ".mjs": "text/javascript", ".html": "text/html", ".wasm": "application/wasm" };

const pageFor = (bundle, provider) => `<!doctype html><script type="module">
import * as ort from "/dist/${bundle}";
import { answersWith } from "/answering.mjs";
const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
const post = (url, body) => fetch(url, { method: "POST", body });
try {
  const adapter = ${provider === "webgpu"} ? await navigator.gpu?.requestAdapter() : null;
  if (${provider === "webgpu"} && !adapter) throw new Error("no WebGPU device here");
  const session = await ort.InferenceSession.create(await bytes("/model"), { executionProviders: ["${provider}"] });
  for (const name of ${JSON.stringify(readdirSync(questions))}) {
    for (const [file, found] of await answersWith(ort, session, name, await bytes("/question/" + name))) {
      await post("/answer/" + file, found);
    }
  }
  const version = [ort.env.versions.web, navigator.userAgent.match(/Chrome\\/[\\d.]+/)[0]];
  if (adapter) version.push(adapter.info.vendor + " " + adapter.info.architecture);
  await post("/end", version.join(", "));
} catch (error) {
  await post("/failed", String(error));
}
</script>`;

function find(path) {
  const name = basename(path);
  if (path === "/model") return readFileSync(model);
  if (path === "/answering.mjs") return readFileSync(join(import.meta.dirname, name));
  if (path.startsWith("/question/")) return readFileSync(join(questions, name));
  if (path.startsWith("/dist/")) return readFileSync(join("node_modules/onnxruntime-web/dist", name));
  return null;
}

/** Answer all questions with one of onnxruntime-web's bundles and providers, in Chromium with more flags. */
export async function askInChromium(bundle, provider, more = []) {
  let browser = null;

  async function receive(request, path) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (path.startsWith("/answer/")) return writeFileSync(join(answers, basename(path)), body);
    browser.kill();
    if (path === "/end") console.log(JSON.stringify({ version: body.toString() }));
    else console.error(body.toString());
    return process.exit(path === "/end" ? 0 : 1);
  }

  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    if (request.method === "POST") await receive(request, path);
    const found = request.method === "POST" ? "" : path === "/" ? pageFor(bundle, provider) : find(path);
    const type = types[extname(path)] ?? (path === "/" ? "text/html" : "application/octet-stream");
    response.writeHead(found === null ? 404 : 200, { "content-type": type }).end(found);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const flags = ["--headless", "--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-sync"];
  const profile = `--user-data-dir=${mkdtempSync(join(tmpdir(), "chromium-"))}`;
  const address = `http://127.0.0.1:${server.address().port}/`;
  browser = spawn("chromium", [...flags, "--disable-component-update", ...more, profile, address]);
}
