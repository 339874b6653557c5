// Runs the console's own verifier in Node. In: one line of JSON for each bundle, {bundle, keys, since}, files by path.
// Out: for each what it says, as the offline verifier says it.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verify, readKey, readCheckpoint, Refused } = await import(pathToFileURL(process.argv[2]));

const say = async ({ bundle, keys = [], since = null }) => {
  try {
    const found = await verify(readFileSync(bundle), {
      keys: await Promise.all(keys.map(readKey)),
      since: since === null ? null : readCheckpoint(readFileSync(since)),
    });
    return {
      verified: true, start: found.manifest.start, end: found.manifest.end, pruned: found.manifest.pruned,
      announced: found.announced, root: Buffer.from(found.root).toString("hex"), found: found.found,
      signed: [...found.signed].map(([key, count]) => [key.id, key.algorithm, key.isCheckable ? count : null]),
      seconds: found.seconds,
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, detail, index, size, step, values } = error;
    return { verified: false, code, detail, index, size, step, values };
  }
};

for (const line of readFileSync(0, "utf-8").split("\n")) {
  if (line) process.stdout.write(`${JSON.stringify(await say(JSON.parse(line)))}\n`);
}
