// Run the script of the built page on bundles: a JSON list of jobs on standard input, a JSON list of answers out.
// A job is {bundle, trusted, limits?}: a path, the text of keys or policy, and limits that differ.
import { readFileSync } from "node:fs";

const [, page] = process.argv.slice(1);
const html = readFileSync(page, "utf8");
const script = html.slice(html.lastIndexOf("<script>") + "<script>".length, html.lastIndexOf("</script>"));
(0, eval)(script);
const { parseTrusted, verifyBundle } = globalThis.evidencelogVerifier;

function answer({ bundle, trusted }) {
  try {
    return verifyBundle(new Uint8Array(readFileSync(bundle)), parseTrusted(trusted)).report;
  } catch (error) {
    return { error: error.code ?? String(error.stack) };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(answer)));
