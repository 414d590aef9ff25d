/** The page in headless Chromium, as people use it: mouse, finger, keys, files, a phone, a dark room. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { answer, draw, infer, launch, layOut, locates, measures, serve, settled, touch } from "./browser.mjs";

const SAMPLES = new URL("../../exported/samples/", import.meta.url);
const SCREENSHOT = fileURLToPath(new URL("../../exported/embed/web/screenshot.png", import.meta.url));

let server;
let browser;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.stop();
});

/** Run a test on a fresh page; it must raise no error and ask nobody but the server for anything. */
async function withPage(options, body) {
  const context = await browser.newContext({ viewport: { width: 1120, height: 720 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !/^(blob|data):/.test(request.url())) troubles.push(request.url());
  });
  await page.goto(server.url);
  try {
    await body(page);
    assert.deepEqual(troubles, []);
  } finally {
    await context.close();
  }
}

const withReadyPage = (options, body) =>
  withPage(options, async (page) => {
    await page.locator("#bars li").first().waitFor();
    await body(page);
  });

async function drawDigits(page, digits, options) {
  for (const strokes of await layOut(page, digits, options)) await draw(page, strokes);
}

/** Draw two lines of digits, above and below the sheet's middle by as much as they are to be apart from it; give them. */
async function drawLines(page, lines, { apart, ...options }) {
  for (const [i, digits] of lines.entries()) {
    for (const strokes of await layOut(page, digits, options)) {
      await draw(page, strokes.map((points) => points.map(({ x, y }) => ({ x, y: y + (i ? apart : -apart) })))); // prettier-ignore
    }
  }
  await settled(page);
  return lines;
}

describe("drawing", () => {
  test("two digits drawn with the mouse are read, and each is seen where it stands", () =>
    withReadyPage({}, async (page) => {
      const strokes = await layOut(page, "38");
      for (const digit of strokes) await draw(page, digit);
      assert.deepEqual(await answer(page), ["3", "8"]);
      const ticked = await page.locator("#bars .found .label").allTextContents();
      if (locates) assert.deepEqual(ticked, ["3", "8"]);
      else assert.ok(ticked.includes("3") && ticked.includes("8"), `${ticked}`);
      const { detail } = (await measures(page, "answer")).at(-1);
      const ranks = detail.scores.map((score, label) => [score, label]).sort((a, b) => b[0] - a[0]);
      assert.deepEqual(
        ranks
          .slice(0, 2)
          .map(([, label]) => label)
          .sort(),
        [3, 8],
      );
      if (!locates) return;
      const texts = await page.locator(".symbol").allTextContents();
      assert.deepEqual(
        texts.map((text) => text.split(" ")[0]),
        ["3", "8"],
      );
      for (const [i, digit] of strokes.entries()) {
        const box = await page.locator(".symbol").nth(i).boundingBox();
        for (const { x, y } of digit.flat()) {
          assert.ok(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height, `${x} ${y}`);
        }
      }
    }));

  test("two lines with a digit that comes again are read line by line", { skip: !locates && "no field" }, () =>
    withReadyPage({ viewport: { width: 1280, height: 900 } }, async (page) => {
      const lines = await drawLines(page, ["3703", "28"], { height: 110, step: 150, apart: 90 });
      assert.deepEqual(await page.locator("#read .line").allTextContents(), lines);
    }),
  );

  test("the field is shown over the drawing when asked for", { skip: !locates && "no field" }, () =>
    withReadyPage({}, async (page) => {
      await drawDigits(page, "38");
      await settled(page);
      assert.equal(await page.locator("#heat").isVisible(), false);
      await page.getByLabel("Show how sure").check();
      const [heat, symbols] = [page.locator("#heat"), page.locator(".symbol")];
      const [all, first, last] = [
        await heat.boundingBox(),
        await symbols.first().boundingBox(),
        await symbols.last().boundingBox(),
      ];
      assert.ok(all.x < first.x + first.width / 2 && all.x + all.width > last.x + last.width / 2);
      await page.keyboard.press("Escape");
      await settled(page);
      assert.equal(await heat.isVisible(), false);
    }),
  );

  for (const [digits, options] of [
    ["25", { height: 80, step: 120 }],
    ["07", { height: 300, step: 320, slant: 0 }],
    ["149", { height: 130, step: 170 }],
  ]) {
    test(`${digits}, ${options.height} px high, are read`, () =>
      withReadyPage({ viewport: { width: 1280, height: 900 } }, async (page) => {
        await drawDigits(page, digits, options);
        assert.deepEqual(await answer(page), [...digits]);
      }));
  }

  test("undo takes a stroke back, clear everything, and undo brings it again", () =>
    withReadyPage({}, async (page) => {
      await drawDigits(page, "72");
      await page.getByRole("button", { name: "Undo" }).click();
      assert.deepEqual(await answer(page), ["7"]);
      await page.getByRole("button", { name: "Clear" }).click();
      await settled(page);
      assert.equal(await page.locator("#read").textContent(), "Nothing drawn yet");
      assert.equal(await page.locator(".symbol").count(), 0);
      await page.getByRole("button", { name: "Undo" }).click();
      assert.deepEqual(await answer(page), ["7"]);
    }));

  test("the sheet is resized by its handle, and what is drawn stays", () =>
    withReadyPage({}, async (page) => {
      await drawDigits(page, "3");
      const height = async () => (await page.locator("#frame").boundingBox()).height;
      const [before, handle] = [await height(), await page.locator("#handle").boundingBox()];
      await page.mouse.move(handle.x + 20, handle.y + 8);
      await page.mouse.down();
      await page.mouse.move(handle.x + 20, handle.y + 88);
      await page.mouse.up();
      assert.equal(await height(), Math.round(before + 80));
      assert.deepEqual(await answer(page), ["3"]);
    }));
});

describe("homes", () => {
  test("a phone: no scrolling sideways, and a finger draws", () =>
    withReadyPage({ viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true }, async (page) => {
      for (const strokes of await layOut(page, "38", { height: 120, step: 130 })) await touch(page, strokes);
      assert.deepEqual(await answer(page), ["3", "8"]);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button, label")].filter((one) => one.offsetHeight < 40).map((one) => one.id),
      );
      assert.deepEqual(small, []);
    }));

  for (const colorScheme of ["light", "dark"]) {
    test(`${colorScheme}: text stands out from its ground`, () =>
      withReadyPage({ colorScheme }, async (page) => {
        await drawDigits(page, "38");
        await settled(page);
        const pairs = await page.evaluate(() => {
          const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
          const probe = document.body.appendChild(document.createElement("p"));
          const colour = (name) => Object.assign(probe.style, { color: style(name) }) && getComputedStyle(probe).color;
          return [["--text", "--ground"], ["--soft", "--ground"], ["--soft", "--card"], ["--accent", "--card"], ["--on-accent", "--accent"]]
            .map((pair) => pair.map(colour)); // prettier-ignore
        });
        const luminance = (colour) => {
          const [r, g, b] = colour
            .match(/\d+/g)
            .map((value) => value / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        for (const pair of pairs) {
          const [low, high] = pair.map(luminance).sort((a, b) => a - b);
          assert.ok((high + 0.05) / (low + 0.05) >= 4.5, `${pair}`);
        }
        const isDark = luminance(pairs[0][1]) < 0.2;
        assert.equal(isDark, colorScheme === "dark");
      }));
  }
});

describe("keyboard", () => {
  test("every control is reached by Tab, in order, with a focus that shows", () =>
    withReadyPage({}, async (page) => {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Space"); // a dot, so that undo and clear can be used
      await page.keyboard.press("Space");
      await settled(page);
      const reached = [];
      const expected = ["sheet", "handle", "undo", "clear", "open", ...(locates ? ["show"] : [])];
      for (let i = 0; i < expected.length; i++) {
        reached.push(
          await page.evaluate(() => {
            const { activeElement: one } = document;
            const shown = one.id === "sheet" ? one.parentElement : one;
            return `${one.id} ${getComputedStyle(shown).outlineStyle}`;
          }),
        );
        await page.keyboard.press("Tab");
      }
      assert.deepEqual(
        reached,
        expected.map((id) => `${id} solid`),
      );
    }));

  test("a 1 is drawn, taken back, drawn again and cleared by keys alone", () =>
    withReadyPage({}, async (page) => {
      const press = async (key, times) => {
        for (let i = 0; i < times; i++) await page.keyboard.press(key);
      };
      await press("Tab", 1);
      await press("ArrowUp", 8);
      await press("Space", 1);
      await press("ArrowDown", 18);
      await press("Space", 1);
      assert.deepEqual(await answer(page), ["1"]);
      await press("Control+z", 1);
      await settled(page);
      assert.equal(await page.locator("#read").textContent(), "Nothing drawn yet");
      await press("Control+z", 1); // nothing left to undo: nothing happens
      await press("Space", 1);
      await press("ArrowUp", 18);
      await press("Tab", 1); // leaving the sheet lifts the pen
      assert.deepEqual(await answer(page), ["1"]);
      await press("Delete", 1);
      await settled(page);
      assert.equal(await page.locator("#read").textContent(), "Nothing drawn yet");
    }));

  test("the handle takes arrow keys and tells its value", () =>
    withReadyPage({}, async (page) => {
      const handle = page.getByRole("separator", { name: "Height of the sheet" });
      await handle.focus();
      const before = Number(await handle.getAttribute("aria-valuenow"));
      await page.keyboard.press("ArrowDown");
      assert.equal(Number(await handle.getAttribute("aria-valuenow")), before + 24);
    }));
});

describe("images", () => {
  for (const name of ["3-8-side-by-side.png", "7-3-blue-ink.jpg", "4-0-transparent.png", "9-alone-on-a-page.png"]) {
    test(`${name} chosen, dropped and pasted has the scores that 'capsonnx infer' gives`, () =>
      withReadyPage({}, async (page) => {
        const path = fileURLToPath(new URL(name, SAMPLES));
        const expected = infer(path);
        const labels = expected.text === null ? expected.labels.toSorted() : [...expected.text.replace("\n", "")];
        const chooser = page.waitForEvent("filechooser");
        await page.getByRole("button", { name: "Open image…" }).click();
        await (await chooser).setFiles(path);
        await page.waitForFunction(() => !document.getElementById("clear").disabled);
        assert.deepEqual(await answer(page), labels);
        for (const type of ["drop", "paste"]) {
          await page.keyboard.press("Escape");
          await hand(page, type, await readFile(path), name);
          assert.deepEqual(await answer(page), labels);
        }
        if (locates && name.endsWith(".jpg")) return; // 'capsonnx infer' takes its ground away first; the page does not
        const { detail } = (await measures(page, "answer")).at(-1);
        const differences = Object.values(expected.scores).map((score, i) => Math.abs(score - detail.scores[i]));
        assert.ok(Math.max(...differences) < (name.endsWith(".jpg") ? 0.05 : 1e-4), `${differences}`); // decoders differ
      }));
  }

  test("a file that is no image is said to be none", () =>
    withReadyPage({}, async (page) => {
      await hand(page, "drop", Buffer.from("hello"), "notes.txt");
      await page.getByText("notes.txt is no image that the browser can read").waitFor();
    }));

  test("a blank image holds nothing", () =>
    withReadyPage({}, async (page) => {
      await hand(page, "drop", await readFile(new URL("blank.png", SAMPLES)), "blank.png");
      await settled(page);
      assert.equal(await page.locator("#read b").count(), 0);
    }));
});

/** Drop or paste a file, as the browser would. */
async function hand(page, type, content, name) {
  await page.evaluate(
    ([type, base64, name]) => {
      document.getElementById("answer").setAttribute("aria-busy", true); // until it is read
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      const options = { bubbles: true, cancelable: true };
      const event =
        type === "drop"
          ? new DragEvent("drop", { ...options, dataTransfer: transfer })
          : new ClipboardEvent("paste", { ...options, clipboardData: transfer });
      document.getElementById("sheet").dispatchEvent(event);
    },
    [type, content.toString("base64"), name],
  );
}

test("a missing model is said to be missing", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await context.route("**/*.onnx", (route) => route.fulfill({ status: 404 }));
  await page.goto(server.url);
  await page.getByText("no model at").waitFor();
  await context.close();
});

test(
  "the screenshot for the README",
  { skip: !process.env.SCREENSHOT && "made by scripts/test_web --screenshot" },
  () =>
    withReadyPage({ viewport: { width: 1040, height: 700 }, deviceScaleFactor: 2 }, async (page) => {
      const lines = await drawLines(page, ["2026", "314"], { height: 92, step: 120, apart: 77 });
      assert.deepEqual(await page.locator("#read .line").allTextContents(), lines);
      await page.mouse.move(0, 0);
      await page.waitForTimeout(300); // the bars move
      await page.screenshot({ path: SCREENSHOT, fullPage: true });
    }),
);
