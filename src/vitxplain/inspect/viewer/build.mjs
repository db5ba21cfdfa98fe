/** Builds the one bundle that is committed: `node build.mjs [FILE]`. */

import { build } from "esbuild";

const target = process.argv[2] ?? "../static/viewer.js";
await build({
  entryPoints: ["entry.js"],
  outfile: target,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "ascii",
  loader: { ".css": "text" },
  legalComments: "none",
  banner: { js: "/* Built from src/vitxplain/inspect/viewer by `npm run build`; do not edit. */" },
});
