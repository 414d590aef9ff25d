/** Does a job on the latest thing that it was given: one at a time, at most one a frame; older ones are passed over. */
export class Latest {
  #job;
  #nextFrame;
  #waiting = null; // [the latest thing], until its turn comes
  #isBusy = false;

  constructor(job, nextFrame = (begin) => requestAnimationFrame(begin)) {
    this.#job = job;
    this.#nextFrame = nextFrame;
  }

  give(thing) {
    this.#waiting = [thing];
    this.#turn();
  }

  async #turn() {
    if (this.#isBusy || !this.#waiting) return;
    const [thing] = this.#waiting;
    this.#waiting = null;
    this.#isBusy = true;
    const frame = new Promise((resolve) => this.#nextFrame(resolve));
    await Promise.allSettled([this.#job(thing), frame]);
    this.#isBusy = false;
    this.#turn();
  }
}
