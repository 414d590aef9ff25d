// @ts-check
/**
 * Strokes, ink that hangs together at a side or a corner: what capsonnx.runtime.strokes does, in the same words.
 *
 * @import { Raster, Windows } from "./reading.js"
 */

const SOLID = 128; // the least level of ink that joins strokes: where two digits barely touch, it is fainter
const ASIDE = 3; // pixels, left and right of the middle of a window, within which its stroke is looked for

/**
 * The strokes of a page, found when they are first asked for, as few pages ever ask.
 * @param {Raster} raster
 * @param {Windows} windows
 */
export function strokesOf(raster, { origin, stride, size }) {
  /** @type {Int32Array | undefined} */
  let numbers;
  /** @type {Map<string, {left: number, top: number, right: number, bottom: number}>} */
  const boxes = new Map();

  /** Of a window, the pixels of strokes that lie so many pixels to either side of its middle: stroke, line, column. */
  function* pixelsAbout([row, col], aside) {
    numbers ??= numbered(raster);
    const [y, x] = [origin[0] + stride * row, origin[1] + stride * col].map(Math.trunc);
    const reach = Math.floor(size[0] / 2);
    for (let line = Math.max(0, y - reach); line < Math.min(raster.height, y + reach); line++) {
      for (let column = Math.max(0, x - aside); column < Math.min(raster.width, x + aside); column++) {
        const number = numbers[line * raster.width + column];
        if (number) yield [number, line, column];
      }
    }
  }

  /** The number of the stroke that has most pixels about the vertical middle line of a window; 0 if there is none. */
  function strokeOf(cell) {
    /** @type {Map<number, number>} */
    const pixels = new Map();
    for (const [number] of pixelsAbout(cell, ASIDE)) pixels.set(number, (pixels.get(number) ?? 0) + 1);
    const [most] = [...pixels].sort(([one, a], [other, b]) => b - a || one - other);
    return most ? most[0] : 0;
  }

  /** What a window holds of a stroke. */
  function inside(cell, stroke) {
    const box = { left: Infinity, top: Infinity, right: 0, bottom: 0 };
    for (const [number, line, column] of pixelsAbout(cell, Math.floor(size[1] / 2))) {
      if (number !== stroke) continue;
      [box.left, box.top] = [Math.min(box.left, column), Math.min(box.top, line)];
      [box.right, box.bottom] = [Math.max(box.right, column + 1), Math.max(box.bottom, line + 1)];
    }
    return box;
  }

  return {
    /**
     * Whether each of some windows has a stroke, and the first one its own.
     * @param {[number, number]} cell its row and column
     * @param {[number, number][]} others
     */
    differ(cell, others) {
      const cells = [cell, ...others];
      const [own, ...around] = cells.map(strokeOf);
      if (!own || around.some((stroke) => !stroke || stroke === own)) return false;
      cells.forEach((one, i) => boxes.set(String(one), inside(one, [own, ...around][i])));
      return true;
    },
    /** What a window holds of its stroke, if that was told apart from another window's. */
    box: (cell) => boxes.get(String(cell)),
  };
}

/**
 * The number, from 1 on, of the stroke that each pixel is of; 0: of none. In the order of their first pixels.
 * @param {Raster} raster
 */
function numbered({ width, height, levels }) {
  const numbers = new Int32Array(width * height);
  let count = 0;
  for (let start = 0; start < numbers.length; start++) {
    if (levels[start] < SOLID || numbers[start]) continue;
    numbers[start] = ++count;
    for (const stack = [start]; stack.length; ) {
      const pixel = /** @type {number} */ (stack.pop());
      const [row, col] = [Math.floor(pixel / width), pixel % width];
      for (let y = Math.max(0, row - 1); y < Math.min(height, row + 2); y++) {
        for (let x = Math.max(0, col - 1); x < Math.min(width, col + 2); x++) {
          const next = y * width + x;
          if (levels[next] < SOLID || numbers[next]) continue;
          numbers[next] = count;
          stack.push(next);
        }
      }
    }
  }
  return numbers;
}
