/**
 * Image files to grey canvases, light ink on black, by the rules of capsonnx.images:
 * luma is ITU-R 601; transparent pixels are ground; the median of the border tells which polarity the image has.
 */

const LONGEST = 2048; // pixels of a side; a larger image is scaled down

/** A file or blob to a canvas, or an error fit to be shown. */
export async function loadImage(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name || "this"} is no image that the browser can read`);
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const levels = lightOnBlack(overGround(pixels.data), canvas.width);
  context.putImageData(greyImage({ width: canvas.width, height: canvas.height, levels }), 0, 0);
  return canvas;
}

/** A raster as what a canvas can be given. */
export function greyImage({ width, height, levels }) {
  const image = new ImageData(width, height);
  for (let i = 0; i < levels.length; i++) {
    image.data.fill(levels[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  return image;
}

/** RGBA bytes to levels. Little ink on nothing lies on the opposite ground; a page goes on under its holes. */
export function overGround(rgba) {
  const count = rgba.length / 4;
  const luma = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    luma[i] = Math.round(0.299 * rgba[4 * i] + 0.587 * rgba[4 * i + 1] + 0.114 * rgba[4 * i + 2]);
  }
  const visible = luma.filter((_, i) => rgba[4 * i + 3] > 127);
  if (!visible.length) return new Uint8Array(count);
  const middle = median(visible);
  const isPage = visible.length * 2 > count;
  const ground = isPage ? middle : middle <= 127 ? 255 : 0;
  return luma.map((level, i) => Math.round(ground + ((level - ground) * rgba[4 * i + 3]) / 255));
}

/** Inverts levels whose border is light; levels that are all the same hold no ink. */
export function lightOnBlack(levels, width) {
  const rows = levels.length / width;
  const isBorder = (_, i) => i % width === 0 || i % width === width - 1 || i < width || i >= (rows - 1) * width;
  if (levels.every((level) => level === levels[0])) return new Uint8Array(levels.length);
  return median(levels.filter(isBorder)) > 127 ? levels.map((level) => 255 - level) : levels;
}

function median(levels) {
  const sorted = levels.slice().sort();
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
