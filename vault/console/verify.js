// A bundle of the access log verified in the browser: no line of it is shared with the vault, and nothing leaves.
// Leaves, tiles and roots are hashed again, and Ed25519 signatures checked, by WebCrypto. ML-DSA-44 it does not know:
// it says so. The format is written down in SECURITY.md. At the end stands what the page does with it; Node runs the
// rest as it is.

export const LARGEST = 16 * 1024 * 1024; // bytes of a bundle; beyond it the offline verifier is the better place

const FORMAT = "consent-vault-bundle/1";
const HASH = 32;
const WIDTH = 256;
const FULL = WIDTH * HASH;
const BITS = 8;
const ED25519 = 1;
const COSIGNATURE = 4;
const ML_DSA = 6;
const LENGTHS = { [ED25519]: 32, [COSIGNATURE]: 32, [ML_DSA]: 1312 };
const NAMES = { [ED25519]: "Ed25519", [COSIGNATURE]: "Ed25519 cosignature", [ML_DSA]: "ML-DSA-44" };
const MOST_MANIFEST = 64 * 1024 * 1024;
const MOST_NOTE = 512 * 1024;
const MOST_ENTRIES = WIDTH * (65_535 + 2);
const MOST_CHECKPOINTS = 2048;
const ALWAYS = "checkpoints end format generation organization origin start";
const STORY = "checkpoints end entries format generation organization origin start subject";

// `index` is the first bad entry, `size` the tree that is not so; `values` are what came out and what was claimed.
export class Refused extends Error {
  constructor(code, detail, told = {}) {
    super(`${code}: ${detail}`);
    Object.assign(this, { code, detail, index: null, size: null, values: null, step: null }, told);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8");
const bytes = (text) => encoder.encode(text);
const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

const joined = (parts) => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const encoded = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));

// Bytes behind base64 in its one right spelling, or none.
const decoded = (text) => {
  try {
    const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return encoded(data) === text ? data : new Uint8Array(0);
  } catch {
    return new Uint8Array(0);
  }
};

const number = (value, length) => {
  const data = new Uint8Array(length);
  for (let at = length - 1, left = BigInt(value); at >= 0; at -= 1, left >>= 8n) data[at] = Number(left & 255n);
  return data;
};

// ── The archive: a ZIP of stored files in one order, of which each byte of the framing has one right value ──────────

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

const crc32 = (data) => {
  let sum = 0xffffffff;
  for (const byte of data) sum = (sum >>> 8) ^ CRC[(sum ^ byte) & 255];
  return (sum ^ 0xffffffff) >>> 0;
};

const packed = (...fields) => {
  const data = new DataView(new ArrayBuffer(fields.reduce((length, [size]) => length + size, 0)));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) data.setUint16(at, value, true);
    else data.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(data.buffer);
};

const told = (name, crc, size) => [
  [2, 20], [2, 0], [2, 0], [2, 0], [2, 0x21], [4, crc], [4, size], [4, size], [2, name.length], [2, 0],
];
const local = (name, crc, size) => joined([packed([4, 0x04034b50], ...told(name, crc, size)), name]);
const central = (name, crc, size, at) => joined([
  packed([4, 0x02014b50], [2, 20], ...told(name, crc, size), [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), name,
]);

class Archive {
  constructor(data) {
    this.data = data;
    this.at = 0;
    this.directory = [];
  }

  take(count) {
    const part = this.data.subarray(this.at, this.at + count);
    this.at += part.length;
    return part;
  }

  // The next file, which has this name and at most so many bytes; `index` is its first entry.
  read(name, most, index = null) {
    const spelled = bytes(name);
    const start = this.at;
    const head = this.take(30 + spelled.length);
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const [crc, size] = head.length >= 30 ? [view.getUint32(14, true), view.getUint32(18, true)] : [0, 0];
    if (size > most || !same(head, local(spelled, crc, size))) {
      throw new Refused("damaged_bundle", `the bundle does not go on with ${name}`, { index });
    }
    const data = this.take(size);
    if (data.length !== size || crc32(data) !== crc) {
      throw new Refused("damaged_bundle", `${name} is damaged`, { index });
    }
    this.directory.push(central(spelled, crc, size, start));
    return data;
  }

  close() {
    const start = this.at;
    const directory = joined(this.directory);
    const count = this.directory.length;
    const sizes = [[2, 0], [2, 0], [2, count], [2, count], [4, directory.length], [4, start], [2, 0]];
    if (!same(this.data.subarray(start), joined([directory, packed([4, 0x06054b50], ...sizes)]))) {
      const detail = "the bundle does not end as it should: there is more, less or other in it";
      throw new Refused("damaged_bundle", detail);
    }
  }
}

// ── What the bundle says of itself ───────────────────────────────────────────────────────────────────────────────────

const rises = (numbers) => Array.isArray(numbers)
  && numbers.every((one, at) => Number.isSafeInteger(one) && one >= 0 && (at === 0 || numbers[at - 1] < one));

const readManifest = (raw) => {
  let found = null;
  try {
    const text = decoder.decode(raw);
    const whole = JSON.parse(text);
    const names = Object.keys(whole).sort();
    const canonical = `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(whole[name])}`).join(",")}}`;
    const kinds = names.filter((name) => name !== "pruned").join(" ");
    if (canonical === text && (kinds === ALWAYS || (kinds === STORY && isStory(whole)))) found = whole;
  } catch {
    found = null;
  }
  if (found === null || !holds(found)) {
    throw new Refused("malformed_manifest", "the manifest is not one of a bundle");
  }
  if (!found.origin.endsWith(`/log/${found.organization}/g${found.generation}`)) {
    const detail = `${found.origin} is no log of ${found.organization}, generation ${found.generation}`;
    throw new Refused("wrong_log", detail);
  }
  return { subject: null, entries: [], pruned: found.start, ...found };
};

const isStory = ({ subject }) => typeof subject === "string" && /^sub_[0-9a-z]{26}$/.test(subject);

const holds = ({ format, organization, origin, generation, start, end, checkpoints, entries = [], ...more }) => {
  const pruned = "pruned" in more ? more.pruned : start;
  return format === FORMAT
    && rises([start, end]) && start % WIDTH === 0 && rises([generation])
    && rises(checkpoints) && checkpoints.length >= 1 && checkpoints.length <= MOST_CHECKPOINTS
    && checkpoints[0] >= Math.max(start, 1) && checkpoints.at(-1) === end
    && (!("pruned" in more) || (rises([start, pruned]) && (pruned === end || pruned % WIDTH === 0)))
    && pruned <= end
    && rises(entries) && entries.every((one) => pruned <= one && one < end)
    && typeof organization === "string" && typeof origin === "string";
};

// ── Keys and signed notes: C2SP signed-note, tlog-checkpoint, tlog-cosignature ──────────────────────────────────────

export const readKey = async (vkey) => {
  const [name, id, ...rest] = vkey.trim().split("+");
  const typed = decoded(rest.join("+"));
  if (rest.length === 0 || typed.length < 1 || typed.length - 1 !== LENGTHS[typed[0]]) {
    throw new Refused("malformed_key", "a key is name+id+base64, of Ed25519 or ML-DSA-44");
  }
  const own = (await sha256(joined([bytes(`${name}\n`), typed]))).subarray(0, 4);
  if (name === "" || /\s/u.test(name) || hex(own) !== id) {
    throw new Refused("malformed_key", "the id of a key is not its own");
  }
  const kind = typed[0];
  return { name, kind, id, raw: own, public: typed.subarray(1), algorithm: NAMES[kind], isCheckable: kind !== ML_DSA };
};

const readKeys = async (raw) => {
  const lines = raw.some((byte) => byte > 127) ? ["?"] : lenient.decode(raw).split("\n");
  if (lines.pop() !== "") throw new Refused("malformed_key", "the list of keys does not end");
  return Promise.all(lines.map(readKey));
};

export const readCheckpoint = (raw, size = null) => {
  const found = splitNote(raw);
  if (found === null) {
    throw new Refused("malformed_checkpoint", "that is no signed note of name, size and root", { size });
  }
  if (size !== null && found.size !== size) {
    throw new Refused("wrong_checkpoint", `the checkpoint of size ${size} says ${found.size}`, { size });
  }
  return found;
};

const splitNote = (raw) => {
  let whole = "";
  try {
    whole = decoder.decode(raw);
  } catch {
    return null;
  }
  const between = whole.lastIndexOf("\n\n");
  const head = whole.slice(0, Math.max(between, 0)).split("\n");
  const lines = whole.slice(between + 2).split("\n");
  if (between < 0 || lines.pop() !== "" || lines.length < 1 || lines.length > 100 || head.length !== 3) return null;
  const [origin, size, root] = head;
  const signatures = lines.map(readSignature);
  if (origin === "" || !/^(0|[1-9][0-9]{0,18})$/.test(size) || decoded(root).length !== HASH) return null;
  if (signatures.includes(null)) return null;
  return { text: `${head.join("\n")}\n`, origin, size: Number(size), root: decoded(root), signatures };
};

const readSignature = (line) => {
  const at = line.lastIndexOf(" ");
  const name = line.slice("\u2014 ".length, Math.max(at, 0));
  const raw = decoded(line.slice(at + 1));
  if (!line.startsWith("\u2014 ") || name === "" || raw.length <= 4) return null;
  return { name, id: hex(raw.subarray(0, 4)), raw: raw.subarray(4) };
};

// Which keys signed a checkpoint. One of their signatures that does not hold refuses it all.
const signedBy = async (head, keys) => {
  const signed = [];
  for (const key of keys) {
    const found = head.signatures.find(({ name, id }) => name === key.name && id === key.id);
    if (found === undefined || !key.isCheckable) continue;
    if (!(await isSignature(head, found.raw, key))) {
      const detail = `the ${key.algorithm} signature of ${key.name} under the checkpoint of size ${head.size} is wrong`;
      throw new Refused("wrong_signature", detail, { size: head.size });
    }
    signed.push(key);
  }
  return signed;
};

const isSignature = async (head, raw, key) => {
  const usable = await crypto.subtle.importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
  if (key.kind === ED25519) return crypto.subtle.verify({ name: "Ed25519" }, usable, raw, bytes(head.text));
  const at = raw.subarray(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const message = bytes(`cosignature/v1\ntime ${at}\n${head.text}`);
  return crypto.subtle.verify({ name: "Ed25519" }, usable, raw.subarray(8), message);
};

// Whether this browser checks Ed25519 at all. Some do not yet: then nothing can be shown here.
export const knowsEd25519 = async () => {
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
};

// ── The tree: RFC 6962 section 2.1, in tiles of 256 (C2SP tlog-tiles). Of it only the edge is kept ──────────────────

const leafHash = (entry) => sha256(joined([Uint8Array.of(0), entry]));
const nodeHash = (pair) => sha256(joined([Uint8Array.of(1), pair]));

// The root of a perfect tree over these hashes.
const top = async (row) => {
  let level = row;
  while (level.length > HASH) {
    const pairs = [];
    for (let at = 0; at < level.length; at += 2 * HASH) pairs.push(nodeHash(level.subarray(at, at + 2 * HASH)));
    level = joined(await Promise.all(pairs));
  }
  return level;
};

// The perfect trees that a row falls into, from left to right, the largest first.
const subtrees = async (row) => {
  const found = [];
  for (let bit = BITS, at = 0; bit >= 0; bit -= 1) {
    if (((row.length / HASH) >> bit) & 1) {
      const end = at + (HASH << bit);
      found.push(top(row.subarray(at, end)));
      at = end;
    }
  }
  return Promise.all(found);
};

const rootOf = async (leaves, rows) => {
  let found = null;
  for (const row of [leaves, ...rows.slice(1)]) {
    for (const subtree of (await subtrees(row ?? new Uint8Array(0))).reverse()) {
      found = found === null ? subtree : await nodeHash(joined([subtree, found]));
    }
  }
  return found ?? sha256(new Uint8Array(0));
};

const path = (level, index, width) => {
  const steps = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    steps.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${steps.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
};

const shifted = (size, level) => Math.floor(size / 2 ** (BITS * level)); // `>>` knows 32 bits only

const partial = (size) => {
  const found = [];
  for (let level = 0, row = size; row > 0; level += 1, row = shifted(size, level)) {
    if (row % WIDTH) found.push({ level, index: Math.floor(row / WIDTH), width: row % WIDTH });
  }
  return found;
};

const firstDifference = (one, other) => {
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return Math.floor(at / HASH);
  return null;
};

const exactly = (tile, name, width) => {
  if (tile.length !== width * HASH) throw new Refused("malformed_tile", `${name} does not hold ${width} hashes`);
  return tile;
};

const part = (row, at) => hex(row.subarray(at * HASH, (at + 1) * HASH));

// ── The way through a bundle ─────────────────────────────────────────────────────────────────────────────────────────

class Reading {
  constructor({ archive, manifest, heads, subject, wanted, tell }) {
    Object.assign(this, { archive, manifest, heads, subject, wanted, tell });
    Object.assign(this, { rows: [], good: 0, found: [], announced: null, entry: null });
  }

  tile(level, index, width, first) {
    const name = path(level, index, width);
    return exactly(this.archive.read(name, FULL, first), name, width);
  }

  async walk() {
    const { start, end } = this.manifest;
    for (const { level, index, width } of partial(start)) this.rows[level] = this.tile(level, index, width, 0);
    await this.checkRoot(start, new Uint8Array(0));
    for (let first = start; first < end; first += WIDTH) {
      await this.readTile(first);
      this.tell(first - start, end - start);
    }
    for (const { level, index, width } of partial(end)) {
      if (level > 0) this.checkTile(this.rows[level] ?? new Uint8Array(0), level, index, width);
    }
  }

  async readTile(first) {
    const width = Math.min(WIDTH, this.manifest.end - first);
    const index = first / WIDTH;
    const own = first >= this.manifest.pruned ? await this.readEntries(first, width) : null;
    const tile = this.tile(0, index, width, first);
    const leaves = own ?? tile;
    const bad = firstDifference(leaves, tile);
    const until = first + (bad ?? width);
    if (this.wanted !== null && first <= this.wanted && this.wanted < first + width) {
      this.entry = { ...this.entry, number: this.wanted, hash: part(leaves, this.wanted - first) };
    }
    for (const size of [...this.heads.keys()].filter((one) => first < one && one <= until).sort((a, b) => a - b)) {
      await this.checkRoot(size, leaves.subarray(0, (size - first) * HASH));
    }
    if (bad !== null) {
      const values = [part(leaves, bad), part(tile, bad)];
      throw new Refused("wrong_entry", `entry ${until} is not the one the tree holds`, { index: until, values });
    }
    if (width === WIDTH) await this.carry(leaves, first);
  }

  async readEntries(first, width) {
    const raw = this.archive.read(path("entries", first / WIDTH, width), MOST_ENTRIES, first);
    const entries = unpacked(raw, width, first);
    entries.forEach((entry, at) => this.look(entry, first + at));
    return joined(await Promise.all(entries.map(leafHash)));
  }

  look(entry, at) {
    if (at === this.wanted) this.entry = { body: lenient.decode(entry) };
    if (this.subject === null && this.manifest.pruned === this.manifest.start) return;
    const text = lenient.decode(entry);
    if (this.subject !== null && (text.includes(this.subject) || text.includes("\\u"))) {
      if (speaksOf(entry, this.subject)) this.found.push(at);
    }
    if (this.announced === null && text.includes('"log_pruned"') && announces(entry, this.manifest)) {
      this.announced = at;
    }
  }

  // Hang the root of a full tile into the level above; a tile that becomes full there is compared, and so on.
  async carry(leaves, first) {
    for (let level = 1, full = leaves; ; level += 1) {
      const row = joined([this.rows[level] ?? new Uint8Array(0), await top(full)]);
      this.rows[level] = row;
      if (row.length < FULL) return;
      this.checkTile(row, level, shifted(first, level + 1), WIDTH);
      this.rows[level] = new Uint8Array(0);
      full = row;
    }
  }

  checkTile(row, level, index, width) {
    const first = index * 2 ** (BITS * (level + 1));
    const name = path(level, index, width);
    const tile = exactly(this.archive.read(name, FULL, first), name, row.length / HASH);
    const bad = firstDifference(row, tile);
    if (bad !== null) {
      const at = first + bad * 2 ** (BITS * level);
      const values = [part(row, bad), part(tile, bad)];
      throw new Refused("wrong_tile", `${name} is wrong from the hash over entry ${at} on`, { index: at, values });
    }
  }

  async checkRoot(size, leaves) {
    const head = this.heads.get(size);
    if (head === undefined) return;
    const root = await rootOf(leaves, this.rows);
    if (!same(root, head.root)) {
      const detail = `the tree of size ${size} is not the one that was signed; `
        + `they differ from entry ${this.good} or later`;
      throw new Refused("wrong_root", detail, { index: this.good, size, values: [hex(root), hex(head.root)] });
    }
    this.good = size;
  }
}

const unpacked = (raw, width, first) => {
  const entries = [];
  let at = 0;
  for (let place = 0; place < width; place += 1) {
    const start = at + 2;
    at = start + ((raw[at] ?? 0) << 8 | (raw[at + 1] ?? 0));
    if (at > raw.length) throw new Refused("malformed_entries", "entries are missing", { index: first + place });
    entries.push(raw.subarray(start, at));
  }
  if (at !== raw.length) {
    throw new Refused("malformed_entries", "there are more entries than there should be", { index: first + width });
  }
  return entries;
};

const speaksOf = (entry, subject) => {
  const waiting = [];
  try {
    waiting.push(JSON.parse(decoder.decode(entry)));
  } catch {
    return true; // who cannot read it cannot rule it out
  }
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (value === subject) return true;
    if (value !== null && typeof value === "object") waiting.push(...Object.values(value));
  }
  return false;
};

const announces = (entry, manifest) => {
  try {
    const { kind, generation, end } = JSON.parse(decoder.decode(entry));
    const isOurs = kind === "log_pruned" && generation === manifest.generation;
    return isOurs && Number.isInteger(end) && end >= manifest.pruned;
  } catch {
    return false;
  }
};

const checkStory = ({ entries }, found) => {
  const listed = new Set(entries);
  const spoken = new Set(found);
  for (const at of [...new Set([...entries, ...found])].sort((a, b) => a - b)) {
    if (!listed.has(at)) {
      const detail = `entry ${at} speaks of the subject and was kept back`;
      throw new Refused("incomplete_story", detail, { index: at });
    }
    if (!spoken.has(at)) {
      throw new Refused("wrong_story", `entry ${at} does not speak of the subject`, { index: at });
    }
  }
};

const readCheckpoints = async (archive, manifest, keys) => {
  const heads = new Map();
  const signed = new Map(keys.map((key) => [key, 0]));
  for (const size of manifest.checkpoints) {
    const head = readCheckpoint(archive.read(`checkpoint/${size}`, MOST_NOTE), size);
    if (head.origin !== manifest.origin) {
      throw new Refused("wrong_log", `the checkpoint of size ${size} is of ${head.origin}`, { size });
    }
    const by = await signedBy(head, keys);
    if (!by.some((key) => key.name === manifest.origin)) {
      throw new Refused("unsigned", `no trusted key of the log signed the checkpoint of size ${size}`, { size });
    }
    for (const key of by) signed.set(key, signed.get(key) + 1);
    heads.set(size, head);
  }
  for (const [key, count] of signed) {
    if (count === 0 && key.isCheckable) {
      throw new Refused("not_cosigned", `${key.name} (${key.algorithm}) signed no checkpoint in the bundle`);
    }
  }
  return { heads, signed };
};

// Let the tree of a checkpoint that was kept be recomputed too, if it lies in the range.
const compare = async (manifest, heads, since, keys) => {
  const { size, origin } = since;
  if (origin !== manifest.origin) {
    throw new Refused("wrong_log", `the checkpoint to compare with is of ${origin}`, { size });
  }
  if ((await signedBy(since, keys)).length === 0) {
    throw new Refused("unsigned", "no trusted key signed the checkpoint to compare with", { size });
  }
  if (size > manifest.end) {
    const detail = `the log was larger before: ${size} entries were signed, and this bundle ends at ${manifest.end}`;
    throw new Refused("older_checkpoint", detail, { index: manifest.end, size });
  }
  if (size < manifest.start) {
    throw new Refused("not_comparable", `the bundle begins at ${manifest.start}; ask for one from ${size}`);
  }
  const known = heads.get(size) ?? since;
  heads.set(size, known);
  if (!same(known.root, since.root)) {
    const values = [hex(known.root), hex(since.root)];
    throw new Refused("forked", `two different trees of size ${size} were signed`, { index: 0, size, values });
  }
};

// Verify a bundle, or throw `Refused`, which names the step and the first bad entry.
//
// Without `keys` those in the bundle are used, which shows that it agrees with itself and no more. `since` is a
// checkpoint kept from before. `wanted` is an entry to be shown. `tell` is told how far the reading is.
export const verify = async (data, { keys = [], since = null, wanted = null, tell = () => {} } = {}) => {
  const begun = performance.now();
  let step = "The file and what it says of itself";
  try {
    const archive = new Archive(data);
    const manifest = readManifest(archive.read("manifest.json", MOST_MANIFEST));
    step = "The keys";
    const own = await readKeys(archive.read("keys", MOST_NOTE));
    const trusted = keys.length > 0 ? keys : own;
    step = "The signatures under the checkpoints";
    const { heads, signed } = await readCheckpoints(archive, manifest, trusted);
    if (since !== null) {
      step = "The checkpoint that you kept";
      await compare(manifest, heads, since, trusted);
    }
    step = "The entries and the tree over them";
    const reading = new Reading({ archive, manifest, heads, subject: manifest.subject, wanted, tell });
    await reading.walk();
    step = "The end of the file";
    archive.close();
    step = "The entries of the subject";
    if (manifest.subject !== null) checkStory(manifest, reading.found);
    return {
      manifest, signed, since, root: heads.get(manifest.end).root, ownKeys: keys.length === 0,
      found: reading.found, announced: reading.announced, entry: reading.entry,
      seconds: (performance.now() - begun) / 1000,
    };
  } catch (error) {
    if (error instanceof Refused) error.step = step;
    throw error;
  }
};
