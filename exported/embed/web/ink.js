/**
 * Groups of ink in a raster, and how large the writing is.
 *
 * A raster is {width, height, levels}: one byte a pixel, row by row, light ink on black. A box is {left, top, right,
 * bottom} in pixels, right and bottom exclusive. Nothing here touches the page, so that Node.js can test it.
 */

/** The height in pixels that the network is used to: MNIST's digits are 20 of 28 pixels high. */
export const DIGIT_HEIGHT = 20;

const GAP = 2; // ink that is no more than this many blank pixels apart belongs together: the bar of a 5, say
const SPECK = 5; // a group that is less high and less wide than this is dust or a full stop, not a digit
const FAINT = 0.3; // ink is what is brighter than this share of the brightest pixel

/** The groups of ink, from left to right, and for every pixel the number of its group, from 1, or 0. */
export function findGroups(raster) {
  const { marks, boxes } = connect(raster);
  const isDigit = (box) => Math.max(box.right - box.left, box.bottom - box.top) >= SPECK;
  const merged = merge(boxes.filter(isDigit).map((box) => ({ ...box, members: [box] })));
  merged.sort((a, b) => a.left - b.left);
  const numbers = boxes.map((box) => merged.findIndex((group) => group.members.includes(box)) + 1);
  return { groups: merged, marks: marks.map((mark) => mark && numbers[mark - 1]) };
}

/** The box around every pixel that is not black, or null if there is none. */
export function inkBox({ width, height, levels }) {
  const box = { left: width, top: height, right: 0, bottom: 0 };
  levels.forEach((level, index) => level && grow(box, index % width, Math.floor(index / width)));
  return box.right > box.left ? box : null;
}

/** The height of the writing: the median height of the groups, in which a high group counts for more than a low one. */
export function writingHeight(groups) {
  const heights = groups.map((box) => box.bottom - box.top).sort((a, b) => a - b);
  const half = heights.reduce((sum, height) => sum + height, 0) / 2;
  let sum = 0;
  return heights.find((height) => (sum += height) >= half);
}

/** One group with every other group blacked out, on black, with a margin around it. */
export function alone(raster, marks, box, number, margin) {
  const width = box.right - box.left + 2 * margin;
  const height = box.bottom - box.top + 2 * margin;
  const levels = new Uint8Array(width * height);
  for (let y = Math.max(0, box.top - 2); y < Math.min(raster.height, box.bottom + 2); y++) {
    for (let x = Math.max(0, box.left - 2); x < Math.min(raster.width, box.right + 2); x++) {
      const isOthers = around(raster, x, y, 1).some((index) => marks[index] && marks[index] !== number);
      if (isOthers) continue;
      levels[(y - box.top + margin) * width + x - box.left + margin] = raster.levels[y * raster.width + x];
    }
  }
  return { width, height, levels };
}

/** Ink that hangs together, across gaps of up to GAP pixels: numbers from 1 for its pixels, and boxes. */
function connect(raster) {
  const { width, levels } = raster;
  const least = FAINT * levels.reduce((most, level) => Math.max(most, level), 0);
  const marks = new Int32Array(levels.length);
  const boxes = [];
  for (let start = 0; start < levels.length; start++) {
    if (levels[start] <= least || marks[start]) continue;
    const box = { left: width, top: raster.height, right: 0, bottom: 0 };
    const mark = boxes.push(box);
    const stack = [start];
    marks[start] = mark;
    while (stack.length) {
      const index = stack.pop();
      const [x, y] = [index % width, Math.floor(index / width)];
      grow(box, x, y);
      for (const next of around(raster, x, y, GAP + 1)) {
        if (levels[next] <= least || marks[next]) continue;
        marks[next] = mark;
        stack.push(next);
      }
    }
  }
  return { marks, boxes };
}

/** Boxes that belong together as one, until none does. */
function merge(boxes) {
  for (const [i, a] of boxes.entries()) {
    const j = boxes.findIndex((b, index) => index > i && belongTogether(a, b));
    if (j < 0) continue;
    const rest = boxes.filter((_, index) => index !== i && index !== j);
    return merge([...rest, { ...union(a, boxes[j]), members: [...a.members, ...boxes[j].members] }]);
  }
  return boxes;
}

/** The indices of the pixels at most a distance away, the pixel itself included. */
function around({ width, height }, x, y, distance) {
  const indices = [];
  for (let row = Math.max(0, y - distance); row <= Math.min(height - 1, y + distance); row++) {
    for (let column = Math.max(0, x - distance); column <= Math.min(width - 1, x + distance); column++) {
      indices.push(row * width + column);
    }
  }
  return indices;
}

/** Whether one box lies in the other by half or more. */
function belongTogether(a, b) {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 && width * height * 2 >= Math.min(area(a), area(b));
}

const area = (box) => (box.right - box.left) * (box.bottom - box.top);

const union = (a, b) => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
});

function grow(box, x, y) {
  box.left = Math.min(box.left, x);
  box.top = Math.min(box.top, y);
  box.right = Math.max(box.right, x + 1);
  box.bottom = Math.max(box.bottom, y + 1);
}
