/** The model in its worker: rasters in, scores and symbols out. */
export class Reader {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #count = 0;

  constructor() {
    /** Resolves to {labels, threshold, smallest, windows, megabytes} when the model is ready. */
    this.ready = new Promise((resolve, reject) => {
      const fail = (message) => reject(new Error(message));
      this.#worker.onerror = () => fail("ONNX Runtime could not be loaded; set it up: npm ci, in the page's folder");
      this.#worker.onmessage = ({ data: { id, contract, failure, ...result } }) => {
        if (contract) resolve(contract);
        else if (id === undefined) fail(failure);
        else this.#settle(id, failure, result);
      };
    });
  }

  /** Read one raster: {scores, milliseconds, lines, heat}. Rasters are read one after the other. */
  read(raster) {
    return new Promise((resolve, reject) => {
      const id = this.#count++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, raster });
    });
  }

  #settle(id, failure, result) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure === undefined) resolve(result);
    else reject(new Error(failure));
  }
}
