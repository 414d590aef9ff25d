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

/** The boxes of the groups of ink, from left to right. */
export function findGroups(raster) {
  const isDigit = (box) => Math.max(box.right - box.left, box.bottom - box.top) >= SPECK;
  return merge(connect(raster).filter(isDigit)).sort((a, b) => a.left - b.left);
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

/** The boxes of ink that hangs together, across gaps of up to GAP pixels. */
function connect({ width, height, levels }) {
  const least = FAINT * levels.reduce((most, level) => Math.max(most, level), 0);
  const isFree = levels.map((level) => Number(level > least));
  const boxes = [];
  for (let start = 0; start < levels.length; start++) {
    if (!isFree[start]) continue;
    const box = { left: width, top: height, right: 0, bottom: 0 };
    const stack = [start];
    isFree[start] = 0;
    while (stack.length) {
      const index = stack.pop();
      const [x, y] = [index % width, Math.floor(index / width)];
      grow(box, x, y);
      const [right, bottom] = [Math.min(width - 1, x + GAP + 1), Math.min(height - 1, y + GAP + 1)];
      for (let row = Math.max(0, y - GAP - 1); row <= bottom; row++) {
        for (let next = row * width + Math.max(0, x - GAP - 1); next <= row * width + right; next++) {
          if (!isFree[next]) continue;
          isFree[next] = 0;
          stack.push(next);
        }
      }
    }
    boxes.push(box);
  }
  return boxes;
}

/** Boxes that belong together as one, until none does. */
function merge(boxes) {
  for (const [i, a] of boxes.entries()) {
    const j = boxes.findIndex((b, index) => index > i && belongTogether(a, b));
    if (j < 0) continue;
    const rest = boxes.filter((_, index) => index !== i && index !== j);
    return merge([...rest, union(a, boxes[j])]);
  }
  return boxes;
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
