/** A handle under a frame that sets its height: dragged by pointer, or moved by the arrow keys, Home and End. */

const [LEAST, MOST, STEP] = [160, 900, 24]; // page pixels

export function resizeByHandle(handle, frame) {
  let grip = null; // the distance between pointer and edge while it is dragged

  const resize = (height) => {
    const bounded = Math.round(Math.max(LEAST, Math.min(MOST, height)));
    frame.style.height = `${bounded}px`;
    handle.setAttribute("aria-valuenow", bounded);
  };

  handle.setAttribute("aria-valuemin", LEAST);
  handle.setAttribute("aria-valuemax", MOST);
  handle.setAttribute("aria-valuenow", frame.offsetHeight);
  handle.addEventListener("pointerdown", (event) => {
    grip = event.clientY - frame.offsetHeight;
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => grip !== null && resize(event.clientY - grip));
  for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (grip = null));
  handle.addEventListener("keydown", (event) => {
    const height = frame.offsetHeight;
    const heights = { ArrowUp: height - STEP, ArrowDown: height + STEP, Home: LEAST, End: MOST };
    if (!(event.key in heights)) return;
    event.preventDefault(); // or the page would scroll
    resize(heights[event.key]);
  });
}
