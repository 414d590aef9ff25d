// @ts-check
/**
 * Reading a page by the output `field`: what capsonnx.runtime (picking, reading, page) does, in the same words.
 * Everything is in pixels, vertical first where it is a pair; nothing here touches the page, so that Node.js can test it.
 *
 * @typedef {{width: number, height: number, levels: Uint8Array}} Raster one byte a pixel, row by row, light on black
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box right and bottom exclusive
 * @typedef {{label: string, score: number, box: Box}} Symbol
 * @typedef {object} Windows the file's metadata key capsonnx.windows
 * @property {[number, number]} origin from the upper left edge to the centre of the window of cell (0, 0)
 * @property {number} stride between neighbouring windows
 * @property {[number, number]} size height and width of a window
 * @property {number} threshold the score above which a window may hold a symbol
 * @property {[number, number]} apart two symbols' centres are at least so far apart, in the one direction or the other
 * @property {[number, number]} [touching] the same of two that both score above `sure`
 * @property {number} [sure] 1 if left out: never
 * @property {boolean} silent_black whether black gives nothing, so that it may be padded and cropped
 * @typedef {{rows: number, cols: number, values: Float32Array, classes: Int32Array}} Heat the highest class of each cell
 */

import { strokesOf } from "./strokes.js";

const MARGINS = [6, 10]; // rows above and below the ink, columns left and right of it
const STEP = 8; // sides are rounded up to multiples of this
const FAINT = 64; // levels below this do not count for where a symbol begins and ends

/**
 * Cut a raster down to its ink and lay it on black, always at the same place, with room around it.
 * @param {Raster} raster
 * @param {number} smallest the least side of what is placed
 * @returns {{raster: Raster, origin: [number, number]}} origin: x and y, on the given raster, of the new upper left corner
 */
export function place({ width, height, levels }, smallest) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!levels[i]) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  if (!right) left = top = 0;
  const [down, across] = MARGINS;
  const side = (ink, margin) => Math.ceil(Math.max(smallest, ink + 2 * margin) / STEP) * STEP;
  const placed = { width: side(right - left, across), height: side(bottom - top, down) };
  const found = new Uint8Array(placed.width * placed.height);
  for (let y = top; y < bottom; y++) {
    const row = levels.subarray(y * width + left, y * width + right);
    found.set(row, (y - top + down) * placed.width + across);
  }
  return { raster: { ...placed, levels: found }, origin: [left - across, top - down] };
}

/**
 * The highest score of every cell of a field, and its class.
 * @param {{data: Float32Array, dims: readonly number[]}} field (1, class, rows, cols)
 * @returns {Heat}
 */
export function highest({ data, dims }) {
  const [count, rows, cols] = dims.slice(-3);
  const area = rows * cols;
  const values = data.slice(0, area);
  const classes = new Int32Array(area);
  for (let j = 1; j < count; j++) {
    for (let i = 0; i < area; i++) {
      if (data[j * area + i] <= values[i]) continue;
      values[i] = data[j * area + i];
      classes[i] = j;
    }
  }
  return { rows, cols, values, classes };
}

/**
 * Pick the peaks: windows from the highest score down, the upper left one first among equals; each taken one rules out
 * those within `apart` of it, but of such as score above `sure` only those within `touching`, and of these not such as
 * lie on ink of their own. Two equal symbols side by side, as in 11, may have one peak between them, which is told by its
 * breadth. The box of a symbol is the ink inside its window, or its stroke alone where that tells it from one nearby.
 * @param {Heat} heat
 * @param {Raster} raster the page that it is of
 * @param {string[]} labels
 * @param {Windows} windows
 * @returns {Symbol[]} the highest score first
 */
export function findSymbols(heat, raster, labels, windows) {
  const { cols, values, classes } = heat;
  const strokes = strokesOf(raster, windows);
  const picked = pick(heat, strokes, windows);
  const taken = picked.flatMap((cell) => parted(cell, picked, heat, strokes, windows));
  return taken
    .map(([row, col]) => ({
      label: labels[classes[row * cols + col]],
      score: values[row * cols + col],
      box: strokes.box([row, col]) ?? inkBox(raster, row, col, windows),
    }))
    .sort((one, other) => other.score - one.score);
}

/**
 * The cells that hold a symbol, row and column, the highest first.
 * @returns {[number, number][]}
 */
function pick({ rows, cols, values }, strokes, windows) {
  const least = Math.fround(windows.threshold);
  const free = values.map((value) => Number(value > least));
  const candidates = [...values.keys()].filter((cell) => free[cell] && isPeak(values, rows, cols, cell));
  candidates.sort((one, other) => values[other] - values[one]);
  const sure = Math.fround(windows.sure ?? 1);
  const [down, across] = reach(windows.apart, windows);
  const [downTouching, acrossTouching] = reach(windows.touching ?? [0, 0], windows);
  /** @type {[number, number][]} */
  const taken = [];
  const touches = ([row, col], [y, x]) => Math.abs(y - row) <= downTouching && Math.abs(x - col) <= acrossTouching;
  const hasOwnStroke = (cell) => strokes.differ(cell, taken.filter((other) => touches(cell, other))); // prettier-ignore
  for (const cell of candidates) {
    const [row, col] = [Math.floor(cell / cols), cell % cols];
    if (!free[cell] && !(values[cell] > sure && hasOwnStroke([row, col]))) continue;
    for (let y = Math.max(0, row - down); y < Math.min(rows, row + down + 1); y++) {
      for (let x = Math.max(0, col - across); x < Math.min(cols, col + across + 1); x++) {
        if (touches([row, col], [y, x]) || values[y * cols + x] <= sure) free[y * cols + x] = 0;
      }
    }
    taken.push([row, col]);
  }
  return taken;
}

/**
 * The cell itself, but a third in from either end of a plateau that it has to itself and that is of two symbols: of
 * windows in a row that all tell one class surely, whose ends stand apart, as those of one symbol do not, with a stroke
 * for either.
 * @returns {[number, number][]}
 */
function parted([row, col], taken, { cols, values, classes }, strokes, windows) {
  const [down, across] = reach(windows.apart, windows);
  const furthest = Math.floor(windows.size[1] / windows.stride);
  const isOn = (x) => {
    const cell = row * cols + x;
    const isSure = values[cell] > Math.fround(windows.sure ?? 1);
    return x >= 0 && x < cols && Math.abs(x - col) <= furthest && isSure && classes[cell] === classes[row * cols + col];
  };
  let [first, last] = [col, col];
  while (isOn(first - 1)) first--;
  while (isOn(last + 1)) last++;
  const others = taken.filter(([y, x]) => Math.abs(y - row) <= down && x >= first && x <= last);
  if (last - first <= across || others.length > 1) return [[row, col]];
  const inset = Math.floor((last - first) / 3);
  /** @type {[number, number][]} */
  const [left, right] = [first + inset, last - inset].map((x) => [row, x]);
  return strokes.differ(left, [right]) ? [left, right] : [[row, col]];
}

/** How many cells down and to the side are nearer than so many pixels. */
const reach = (distances, { stride }) => distances.map((distance) => Math.ceil(distance / stride) - 1);

/**
 * Put symbols into reading order. From left to right, each goes on the line whose last symbol is nearest in height, if
 * their centres are less than half a symbol apart there, or else begins a line: so lines may slope.
 * @param {Symbol[]} symbols
 * @param {number} height of a symbol
 * @returns {Symbol[][]} lines from top to bottom, each from left to right
 */
export function inLines(symbols, height) {
  /** @type {Symbol[][]} */
  const lines = [];
  for (const symbol of symbols.toSorted(inOrder)) {
    const distances = lines.map((line) => Math.abs(middle(symbol.box).y - middle(line[line.length - 1].box).y));
    const nearest = Math.min(...distances);
    if (nearest < height / 2) lines[distances.indexOf(nearest)].push(symbol);
    else lines.push([symbol]);
  }
  const mean = (line) => line.reduce((sum, { box }) => sum + middle(box).y, 0) / line.length;
  return lines.sort((one, other) => mean(one) - mean(other));
}

/**
 * The labels in reading order, a line break between lines; set apart by spaces if any of the model has several letters.
 * @param {Symbol[][]} lines
 * @param {string[]} labels - of the model
 */
export function textOf(lines, labels) {
  const space = labels.some((label) => [...label].length > 1) ? " " : "";
  return lines.map((line) => line.map(({ label }) => label).join(space)).join("\n");
}

/** By x, then y, then label. */
function inOrder(one, other) {
  const [a, b] = [middle(one.box), middle(other.box)];
  return a.x - b.x || a.y - b.y || (one.label < other.label ? -1 : Number(one.label > other.label));
}

const middle = ({ left, top, right, bottom }) => ({ x: (left + right) / 2, y: (top + bottom) / 2 });

/** Whether none of a cell's eight neighbours is higher. */
function isPeak(values, rows, cols, cell) {
  const [row, col] = [Math.floor(cell / cols), cell % cols];
  for (let y = Math.max(0, row - 1); y < Math.min(rows, row + 2); y++) {
    for (let x = Math.max(0, col - 1); x < Math.min(cols, col + 2); x++) {
      if (values[y * cols + x] > values[cell]) return false;
    }
  }
  return true;
}

/** The ink of a window: of what hangs together from column to column, that which reaches its middle half. */
function inkBox(raster, row, col, { origin, stride, size }) {
  const [height, width] = size;
  const [y, x] = [origin[0] + stride * row, origin[1] + stride * col];
  const [top, left] = [Math.max(0, Math.trunc(y - height / 2)), Math.max(0, Math.trunc(x - width / 2))];
  const bottom = Math.min(raster.height, Math.trunc(y + height / 2));
  const right = Math.min(raster.width, Math.trunc(x + width / 2));
  const isInk = (column, line) => raster.levels[line * raster.width + column] >= FAINT;
  const hasInk = (column) => range(top, bottom).some((line) => isInk(column, line));
  const runs = runsOf(range(left, right).filter(hasInk));
  const kept = runs.filter((run) => run[run.length - 1] >= x - width / 4 && run[0] <= x + width / 4);
  if (!kept.length) return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
  const [first, last] = [kept[0][0], kept[kept.length - 1].at(-1)];
  const lines = range(top, bottom).filter((line) => range(first, last + 1).some((column) => isInk(column, line)));
  return { left: first, top: lines[0], right: last + 1, bottom: lines[lines.length - 1] + 1 };
}

/** Numbers in rising order, cut where one does not follow the other. */
function runsOf(numbers) {
  const runs = [];
  for (const number of numbers) {
    if (runs.length && runs[runs.length - 1].at(-1) === number - 1) runs[runs.length - 1].push(number);
    else runs.push([number]);
  }
  return runs;
}

const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
