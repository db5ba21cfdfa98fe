/** Colour tables of 256 entries, and the entry of a value. */

/** Every eighth colour; those between lie on the straight line. Inferno, viridis and cividis are in the public domain (CC0). */
const ANCHORS = {
  inferno:
    "0000040403120b0724150b37210c4a2f0a5b3d09654a0c6b57106e64156e71196e7d1e6d8a226a972766a32c61b0315bbc3754c73e4cd24644" +
    "db503be45a31eb6628f1731df68013f98e09fb9d07fcac11fbbc21f9cb35f5db4cf2ea69f3f68afcffa4",
  viridis:
    "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e21918c1f988b1fa088" +
    "22a78528ae8032b67a3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23d8e219ece51bfde725",
  cividis:
    "00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f70737676767d7c788482798c8878" +
    "938e789b9476a39a74aba072b4a76fbcae6cc4b468cdbb63d5c25edec958e7d150f0d846f9e03afee838",
  grey: "000000ffffff",
  signed: "4cc9ff2f93c81f5f85133447080b0e55280f8f4310c8641fffa04a",
};

/** The tables a person can choose; signed maps have their own. */
export const TABLES = ["inferno", "viridis", "cividis", "grey"];

/** @type {Map<string, Uint32Array>} */
const tables = new Map();

/**
 * A table as pixels of a canvas (alpha, blue, green, red from the highest byte down), opaque.
 * @param {string} name
 */
export function colourTable(name) {
  const known = tables.get(name);
  if (known) return known;
  const text = ANCHORS[/** @type {keyof typeof ANCHORS} */ (name)] ?? ANCHORS.inferno;
  const count = text.length / 6;
  const table = new Uint32Array(256);
  for (let entry = 0; entry < 256; entry++) {
    const place = (entry / 255) * (count - 1);
    const first = Math.min(count - 2, Math.floor(place));
    const [red, green, blue] = [0, 1, 2].map((channel) => {
      const from = parseInt(text.slice(6 * first + 2 * channel, 6 * first + 2 * channel + 2), 16);
      const to = parseInt(text.slice(6 * first + 6 + 2 * channel, 6 * first + 8 + 2 * channel), 16);
      return Math.round(from + (to - from) * (place - first));
    });
    table[entry] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  tables.set(name, table);
  return table;
}

/** How many powers of ten the logarithmic scale shows. */
export const DECADES = 3;

/**
 * The entry (0 to 255) of a value. A signed map has zero in the middle.
 * @param {number} value @param {number} top the value of the last entry @param {import("../types.js").Scale} scale @param {boolean} signed
 */
export function entryOf(value, top, scale, signed) {
  if (!(top > 0)) return signed ? 128 : 0;
  const size = Math.abs(value) / top;
  let share = scale === "log" ? Math.max(0, 1 + Math.log10(Math.max(size, 1e-12)) / DECADES) : size;
  if (share > 1) share = 1;
  if (signed) return Math.round(127.5 + (value < 0 ? -127.5 : 127.5) * share);
  return value <= 0 ? 0 : Math.round(255 * share);
}

/**
 * The value of an entry, for the colour bar.
 * @param {number} share 0 (foot) to 1 (top) @param {number} top @param {import("../types.js").Scale} scale @param {boolean} signed
 */
export function valueAt(share, top, scale, signed) {
  const along = signed ? 2 * share - 1 : share;
  if (scale !== "log") return along * top;
  return Math.sign(along) * top * 10 ** (DECADES * (Math.abs(along) - 1));
}

/**
 * The greatest size of values from one place up to, without, another.
 * @param {Float32Array} values @param {number} [from] @param {number} [to]
 */
export function greatest(values, from = 0, to = values.length) {
  let top = 0;
  for (let place = from; place < to; place++) {
    const value = values[place];
    if (value > top) top = value;
    else if (-value > top) top = -value;
  }
  return top;
}
