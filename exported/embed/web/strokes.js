// @ts-check
/**
 * Strokes, ink that hangs together at a side or a corner: what capsonnx.runtime.strokes does, in the same words.
 *
 * @import { Raster, Windows } from "./reading.js"
 */

const SOLID = 128; // the least level of ink that joins strokes: where two digits barely touch, it is fainter
const ASIDE = 3; // pixels, left and right of the middle of a window, within which its stroke is looked for

/**
 * The stroke of any window of a page: found when it is first asked for, as few pages ever ask.
 * @param {Raster} raster
 * @param {Windows} windows
 * @returns {(row: number, col: number) => number} of a cell, the number of the stroke that has most pixels about the
 * vertical middle line of its window; 0 if there is none
 */
export function strokesOf(raster, { origin, stride, size }) {
  /** @type {Int32Array | undefined} */
  let numbers;
  return (row, col) => {
    numbers ??= numbered(raster);
    const [y, x] = [origin[0] + stride * row, origin[1] + stride * col].map(Math.trunc);
    const reach = Math.floor(size[0] / 2);
    /** @type {Map<number, number>} */
    const pixels = new Map();
    for (let line = Math.max(0, y - reach); line < Math.min(raster.height, y + reach); line++) {
      for (let column = Math.max(0, x - ASIDE); column < Math.min(raster.width, x + ASIDE); column++) {
        const number = numbers[line * raster.width + column];
        if (number) pixels.set(number, (pixels.get(number) ?? 0) + 1);
      }
    }
    const [most] = [...pixels].sort(([one, a], [other, b]) => b - a || one - other);
    return most ? most[0] : 0;
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
