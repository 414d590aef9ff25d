/** What the tests of the page need: the server as a user starts it, Chromium, and a hand that draws. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { readMetadata } from "../../exported/embed/web/metadata.js";
import { strokesOf } from "./digits.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MODEL = process.env.MODEL ?? `${ROOT}exported/mnist.onnx`;

/** Whether the model tells where symbols stand. */
export const locates = (readMetadata(readFileSync(MODEL))["capsonnx.windows"] ?? "null") !== "null";

const FLAGS = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // as root Chromium has no sandbox
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Start 'capsonnx demo': {url, stop}. */
export async function serve() {
  const server = spawn(`${ROOT}.venv/bin/capsonnx`, ["demo", "--no-browser", "--port", "0", "--model", MODEL], {
    env: { ...process.env, PYTHONUNBUFFERED: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await Promise.race([
    once(server.stdout, "data"),
    once(server, "exit").then(([code]) => Promise.reject(new Error(`capsonnx demo ended with ${code}`))),
  ]);
  return { url: String(line).trim(), stop: () => server.kill("SIGINT") };
}

/** What 'capsonnx infer' reads in an image: {labels, scores, text}, scores being an object by label. */
export function infer(path) {
  const options = ["--model", MODEL, "--provider", "cpu", "--format", "jsonl"];
  const run = spawnSync(`${ROOT}.venv/bin/capsonnx`, ["infer", ...options, path]);
  return JSON.parse(run.stdout);
}

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** Draw strokes with the mouse: real pointer events, one for every point. */
export async function draw(page, strokes) {
  for (const [first, ...rest] of strokes) {
    await page.mouse.move(first.x, first.y);
    await page.mouse.down();
    for (const { x, y } of rest) await page.mouse.move(x, y);
    await page.mouse.up();
  }
}

/** The strokes of digits side by side on the sheet, centred. */
export async function layOut(page, digits, { height = 190, step = 200, slant = 0.1 } = {}) {
  const sheet = await page.locator("#sheet").boundingBox();
  const left = sheet.x + (sheet.width - step * (digits.length - 1) - 0.6 * height) / 2;
  const top = sheet.y + (sheet.height - height) / 2 + 6;
  return [...digits].map((digit, i) => strokesOf(digit, { left: left + i * step, top, height, slant }));
}

/** Draw with a finger. */
export async function touch(page, strokes) {
  const client = await page.context().newCDPSession(page);
  const send = (type, touchPoints) => client.send("Input.dispatchTouchEvent", { type, touchPoints });
  for (const [first, ...rest] of strokes) {
    await send("touchStart", [first]);
    for (const point of rest) await send("touchMove", [point]);
    await send("touchEnd", []);
  }
}

/** The labels that the page shows, when it has read what is on the sheet: in reading order, where it locates them. */
export async function answer(page) {
  await settled(page);
  return page.locator("#read b").allTextContents();
}

/** Wait until everything that is on the sheet has been read. */
export async function settled(page) {
  await page.waitForFunction(() => document.getElementById("answer").getAttribute("aria-busy") === "false", null, {
    timeout: 60_000,
  });
}

/** What the page measured: [{duration, startTime, detail}] under a name. */
export const measures = (page, name) =>
  page.evaluate(
    (name) =>
      performance.getEntriesByName(name).map(({ startTime, duration, detail }) => ({ startTime, duration, detail })),
    name,
  );

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
