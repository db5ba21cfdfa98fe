/** Reads that are asked for at once and lie near each other in a file become one. */

/** @typedef {(start: number, end: number) => Promise<Uint8Array>} Read  the bytes from start up to, without, end */

/** Bytes between two reads that are fetched along. */
const GAP = 1 << 14;

/** The most that is fetched for several reads: layers come one by one. */
const MOST = 1 << 20;

/**
 * @param {Read} read
 * @returns {Read}
 */
export function joined(read) {
  /** @type {{start: number, end: number, done: (bytes: Uint8Array) => void, failed: (error: unknown) => void}[]} */
  let waiting = [];
  const fetchAll = () => {
    const asked = waiting.sort((a, b) => a.start - b.start);
    waiting = [];
    while (asked.length) {
      const { start, end: first } = asked[0];
      let [count, end] = [1, first];
      while (count < asked.length && asked[count].start <= end + GAP && Math.max(end, asked[count].end) - start <= MOST) {
        end = Math.max(end, asked[count].end);
        count += 1;
      }
      const together = asked.splice(0, count);
      read(start, end).then(
        (bytes) => together.forEach((one) => one.done(bytes.subarray(one.start - start, one.end - start))),
        (error) => together.forEach((one) => one.failed(error)),
      );
    }
  };
  return (start, end) =>
    new Promise((done, failed) => {
      if (!waiting.length) setTimeout(fetchAll);
      waiting.push({ start, end, done, failed });
    });
}
