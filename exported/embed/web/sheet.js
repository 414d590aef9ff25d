/** The sheet: a canvas that is drawn on by pointer or keys, and shows a scene. It tells its owner of every stroke. */

import { paint } from "./scene.js";

const PEN = 15; // page pixels; for the network strokes are drawn anew, as thick as it knows them
const STEP = 8; // page pixels that an arrow key moves the pen

export class Sheet {
  #canvas;
  #marker;
  #scene;
  #stroke = null; // the points of the stroke that goes on
  #pointer = null; // the pointer that draws it
  #pen = null; // where the keys have the pen, in page pixels

  /** onStroke(points, isFinished) is called for every change of a stroke, its points in the scene's units. */
  constructor(canvas, marker, scene, { onStroke, onResize }) {
    this.#canvas = canvas;
    this.#marker = marker;
    this.#scene = scene;
    this.onStroke = onStroke;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.#end(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#liftPen());
    new ResizeObserver(() => {
      this.#redraw();
      onResize();
    }).observe(canvas);
  }

  get scene() {
    return this.#scene;
  }

  set scene(scene) {
    this.#stroke = null;
    this.#scene = scene;
    this.#redraw();
  }

  /** How the scene lies on the page: its units times scale, and an offset. An image is fitted in and centred. */
  get view() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const { image } = this.#scene;
    if (!image) return { scale: 1, x: 0, y: 0 };
    const scale = 0.92 * Math.min(width / image.width, height / image.height);
    return { scale, x: (width - image.width * scale) / 2, y: (height - image.height * scale) / 2 };
  }

  #redraw() {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = window.devicePixelRatio;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    const { scale, x, y } = this.view;
    const strokes = this.#stroke ? [...this.#scene.strokes, this.#stroke] : this.#scene.strokes;
    const context = this.#canvas.getContext("2d");
    context.imageSmoothingEnabled = scale < 2; // a small image shows its pixels
    paint(
      context,
      { ...this.#scene, strokes },
      { scale: scale * ratio, left: -x / scale, top: -y / scale, pen: PEN * ratio },
    );
  }

  #toScene(x, y) {
    const view = this.view;
    return { x: (x - view.x) / view.scale, y: (y - view.y) / view.scale };
  }

  #add(points, isFinished = false) {
    this.#stroke = [...(this.#stroke ?? []), ...points];
    const stroke = this.#stroke;
    if (isFinished) this.#stroke = null;
    else this.#redraw();
    this.onStroke(stroke, isFinished);
  }

  #pointsOf(event) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const events = event.getCoalescedEvents?.() ?? [];
    return (events.length ? events : [event]).map(({ clientX, clientY }) =>
      this.#toScene(clientX - left, clientY - top),
    );
  }

  #begin(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    this.#liftPen();
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#add(this.#pointsOf(event));
  }

  #move(event) {
    if (event.pointerId === this.#pointer && this.#stroke) this.#add(this.#pointsOf(event));
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    if (this.#stroke) this.#add([], true);
  }

  #key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(move || event.key === " ")) return;
    event.preventDefault();
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#pen ??= { x: width / 2, y: height / 2 };
    if (!move && this.#stroke) this.#liftPen();
    else if (!move) this.#add([this.#toScene(this.#pen.x, this.#pen.y)]);
    else {
      const within = (value, most) => Math.max(0, Math.min(most, value));
      this.#pen = { x: within(this.#pen.x + STEP * move[0], width), y: within(this.#pen.y + STEP * move[1], height) };
      if (this.#stroke) this.#add([this.#toScene(this.#pen.x, this.#pen.y)]);
    }
    this.#showPen();
  }

  #liftPen() {
    if (this.#stroke && this.#pointer === null) this.#add([], true);
    this.#marker.hidden = true;
  }

  #showPen() {
    this.#marker.hidden = false;
    this.#marker.classList.toggle("down", this.#stroke !== null);
    Object.assign(this.#marker.style, { left: `${this.#pen.x}px`, top: `${this.#pen.y}px` });
  }
}
