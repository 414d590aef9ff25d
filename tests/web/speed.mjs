/** How quick the page is: the first answer of a cold page, and the answer to a stroke. Medians, printed; run it idle. */

import { answer, draw, launch, layOut, measures, median, serve, settled } from "./browser.mjs";

const [COLD_STARTS, ROUNDS] = [5, 10];
const AIMS = { first: 2000, stroke: 50 }; // milliseconds
const VIEWPORT = { viewport: { width: 1120, height: 720 } };

/** Milliseconds from asking for the page to the answer to a digit that is drawn while the model is still loading. */
async function firstAnswer(url) {
  const browser = await launch(); // a new one: nothing is cached or compiled
  try {
    const page = await browser.newPage(VIEWPORT);
    await page.goto(url);
    const [[strokes]] = await layOut(page, "1");
    await draw(page, [[strokes[0], strokes.at(-1)]]); // in two points: the page is measured, not the hand
    const found = await answer(page);
    if (found.join() !== "1") throw new Error(`read ${found} for a 1`);
    const [{ startTime, duration }] = await measures(page, "answer");
    return startTime + duration;
  } finally {
    await browser.close();
  }
}

/** The page's own measures of strokes that are drawn one after the other, three digits to a sheet. */
async function strokes(url) {
  const browser = await launch();
  try {
    const page = await browser.newPage(VIEWPORT);
    await page.goto(url);
    await page.locator("#bars li").first().waitFor();
    for (let round = 0; round <= ROUNDS; round++) {
      if (round === 1) await page.evaluate(() => performance.clearMeasures()); // the first round is to warm up
      for (const digit of await layOut(page, "472")) {
        await draw(page, digit);
        await settled(page);
      }
      await page.keyboard.press("Escape");
    }
    return await measures(page, "answer");
  } finally {
    await browser.close();
  }
}

const server = await serve();
try {
  const firsts = [];
  for (let i = 0; i < COLD_STARTS; i++) firsts.push(await firstAnswer(server.url));
  const answers = await strokes(server.url);
  const times = answers.map(({ duration }) => duration);
  const runs = answers.map(({ detail }) => detail.milliseconds).filter(Boolean);
  const told = (milliseconds) => `${milliseconds.toFixed(0)} ms`;
  console.log(`first answer of a cold page: ${told(median(firsts))} (median of ${firsts.length}, at most`
    + ` ${told(Math.max(...firsts))}); aim ${told(AIMS.first)}`); // prettier-ignore
  console.log(`from pen-up to the answer: ${told(median(times))} (median of ${times.length} strokes, at most`
    + ` ${told(Math.max(...times))}); aim ${told(AIMS.stroke)}; a run of the network ${told(median(runs))}`); // prettier-ignore
} finally {
  server.stop();
}
