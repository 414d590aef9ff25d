/**
 * What is on the sheet: perhaps an image, and strokes over it, {image, strokes}. A scene is never changed, only
 * replaced, so that undo is a step back. Its unit is the pixel of its image, or of the page where it has none.
 */

import { DIGIT_HEIGHT, findGroups, inkBox, writingHeight } from "./ink.js";
import { place } from "./reading.js";

export const BLANK = { image: null, strokes: [] };

const PEN = 2.4; // the thickness in pixels of MNIST's strokes, with which a stroke is drawn for the network
const MARGIN = 8; // pixels of black around strokes; more changes next to nothing and costs time
const FIRST_SIDE = 128; // pixels of the longer side for the first look at the size of the writing
const MOST_PIXELS = 90_000; // 300 × 300; a second or so

const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { willReadFrequently: true });

/** Draw a scene as light ink on nothing: scale in pixels for a unit, the pen's thickness in pixels. */
export function paint(target, { image, strokes }, { scale, left, top, pen }) {
  target.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  target.imageSmoothingQuality = "high";
  if (image) target.drawImage(image, 0, 0);
  Object.assign(target, { lineWidth: pen / scale, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  for (const points of strokes) target.stroke(curve(points));
}

/** A smooth line through the middles of a stroke's points; a single point makes a dot. */
function curve(points) {
  const path = new Path2D();
  path.moveTo(points[0].x, points[0].y);
  points.slice(0, -1).forEach((point, i) => {
    const next = points[i + 1];
    path.quadraticCurveTo(point.x, point.y, (point.x + next.x) / 2, (point.y + next.y) / 2);
  });
  path.lineTo(points.at(-1).x + 1e-3, points.at(-1).y); // a line without any length would not be drawn
  return path;
}

/**
 * A scene as the network wants it: cropped to the ink, its writing about 20 pixels high, strokes as thick as MNIST's.
 * Returns {raster, view}, or null where there is no ink. view tells where the raster lies.
 */
export function prepare(scene, { smallest, windows }) {
  const extent = extentOf(scene);
  if (!extent) return null;
  let scale = FIRST_SIDE / Math.max(extent.right - extent.left, extent.bottom - extent.top);
  for (let look = 0; look < 2; look++) {
    const groups = findGroups(rasterise(scene, extent, scale, 0).raster);
    if (groups.length) scale *= DIGIT_HEIGHT / writingHeight(groups);
    scale = bounded(scale, extent, Boolean(scene.image));
  }
  // An image by itself is read as 'capsonnx infer' would, less black that makes no difference.
  const margin = scene.strokes.length ? MARGIN : 0;
  const whole = rasterise(scene, extent, scale, margin);
  const box = inkBox(whole.raster);
  if (!box) return null;
  if (!windows?.silent_black) return cropped(whole, box, margin || smallest); // black that far from ink changes nothing at all
  const { raster, origin } = place(whole.raster, smallest);
  return { raster, view: moved(whole.view, ...origin) };
}

/** The box around all that is in a scene, in its units, or null. */
function extentOf({ image, strokes }) {
  const points = strokes.flat();
  if (image) points.push({ x: 0, y: 0 }, { x: image.width, y: image.height });
  if (!points.length) return null;
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  const pad = image ? 0 : 1; // so that a dot has a size
  return { left: least(xs) - pad, top: least(ys) - pad, right: most(xs) + pad, bottom: most(ys) + pad };
}

/** An image whose writing is about right keeps its own pixels; none becomes larger than there is time for. */
function bounded(scale, extent, hasImage) {
  const wanted = hasImage && scale > 0.75 && scale < 1.33 ? 1 : scale;
  return Math.min(wanted, Math.sqrt(MOST_PIXELS / ((extent.right - extent.left) * (extent.bottom - extent.top))));
}

/** A scene in pixels, and how they lie: unit = (pixel / scale) + left or top. */
function rasterise(scene, extent, scale, margin) {
  const edge = margin && Math.ceil(margin + PEN / 2);
  canvas.width = Math.ceil((extent.right - extent.left) * scale) + 2 * edge;
  canvas.height = Math.ceil((extent.bottom - extent.top) * scale) + 2 * edge;
  const view = { scale, left: extent.left - edge / scale, top: extent.top - edge / scale, pen: PEN };
  paint(context, scene, view);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  // On black: a pixel that is half transparent is half as light.
  const levels = new Uint8Array(data.length / 4);
  for (let i = 0; i < levels.length; i++) levels[i] = (data[4 * i] * data[4 * i + 3]) / 255;
  return { raster: { width: canvas.width, height: canvas.height, levels }, view };
}

/** The part of a raster within a box and a margin around it, as far as there is any; from even pixels, as it pools. */
function cropped({ raster, view }, box, margin) {
  const from = (edge) => 2 * Math.floor(Math.max(0, edge - margin) / 2);
  const [left, top] = [from(box.left), from(box.top)];
  const width = Math.min(raster.width, box.right + margin) - left;
  const height = Math.min(raster.height, box.bottom + margin) - top;
  const levels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (y + top) * raster.width + left;
    levels.set(raster.levels.subarray(start, start + width), y * width);
  }
  return { raster: { width, height, levels }, view: moved(view, left, top) };
}

/** A view whose upper left corner is moved by so many pixels. */
const moved = (view, x, y) => ({ ...view, left: view.left + x / view.scale, top: view.top + y / view.scale });
