/**
 * Digits as a hand writes them: strokes of points in a box that is 1 high, x to the right and y down.
 * An arc is [centre x, centre y, radius x, radius y, from, to] in turns clockwise, 0 being to the right.
 */

const arc = (x, y, rx, ry, from, to) =>
  Array.from({ length: 17 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 16);
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });

export const DIGITS = {
  0: [arc(0.32, 0.5, 0.3, 0.5, -0.25, 0.77)],
  1: [
    [
      [0.28, 0],
      [0.24, 0.5],
      [0.2, 1],
    ],
  ],
  2: [[...arc(0.3, 0.28, 0.28, 0.28, -0.48, 0.08), [0.3, 0.72], [0.02, 0.98], [0.35, 0.96], [0.64, 0.98]]],
  3: [[...arc(0.26, 0.24, 0.27, 0.24, -0.42, 0.2), ...arc(0.26, 0.73, 0.31, 0.27, -0.22, 0.42)]],
  4: [
    [
      [0.1, 0.02],
      [0.06, 0.3],
      [0.05, 0.55],
      [0.3, 0.56],
      [0.58, 0.52],
    ],
    [
      [0.52, 0.05],
      [0.5, 0.5],
      [0.47, 1],
    ],
  ],
  5: [
    [[0.12, 0.04], [0.08, 0.42], ...arc(0.27, 0.68, 0.3, 0.31, -0.3, 0.42)],
    [
      [0.12, 0.04],
      [0.56, 0.01],
    ],
  ],
  6: [[[0.46, 0], [0.22, 0.25], [0.06, 0.6], ...arc(0.29, 0.74, 0.25, 0.25, 0.5, -0.52)]],
  7: [
    [
      [0, 0.04],
      [0.3, 0.05],
      [0.58, 0.02],
      [0.4, 0.45],
      [0.24, 1],
    ],
  ],
  8: [
    [
      ...arc(0.3, 0.25, 0.23, 0.24, -0.1, -0.7),
      ...arc(0.3, 0.75, 0.26, 0.25, -0.2, 0.77),
      [0.45, 0.34],
      [0.52, 0.2],
      [0.49, 0.11],
    ],
  ],
  9: [[...arc(0.28, 0.27, 0.25, 0.26, -0.05, -0.98), [0.53, 0.3], [0.5, 0.6], [0.44, 1]]],
};

/** The strokes of a digit on the page: its left, top and height in pixels, and a slant. */
export const strokesOf = (digit, { left, top, height, slant = 0 }) =>
  DIGITS[digit].map((points) =>
    points.map(([x, y]) => ({ x: left + height * (x + slant * (0.5 - y)), y: top + height * y })),
  );
