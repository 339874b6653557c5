// The page around the verifier: takes a bundle from the log or from a file, and says what was checked, against which
// keys, in how long. It never says that something is valid and no more. Of what fails it names the step and the place.

const desk = document.querySelector("[data-able]");
const progress = desk.querySelector("[data-progress]");
const result = desk.querySelector("[data-result]");
const offline = "python -m consent_vault verify FILE --key VKEY";
const SHOWN = 20;

const element = (name, content, names = "") => {
  const made = document.createElement(name);
  if (names) made.className = names;
  made.append(...[content].flat());
  return made;
};
const mark = (kind) => document.querySelector(`template[data-mark=${kind}]`).content.cloneNode(true);
const counted = (count) => count.toLocaleString("en-GB");
const code = (text) => element("span", text, "mono");
const base64 = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));

const pairs = (rows) => element("dl", rows.map(([name, said]) => {
  return element("div", [element("dt", name), ...[said].flat().map((one) => element("dd", one))]);
}), "pairs");

const command = () => {
  const shown = element("pre", element("code", offline), "code");
  Object.assign(shown, { tabIndex: 0, role: "group", ariaLabel: "Command" });
  return shown;
};

const show = (kind, title, content) => {
  progress.textContent = "";
  const heading = Object.assign(element("h2", title), { tabIndex: -1 });
  const note = element("div", [mark(kind), element("div", heading)], kind === "alarm" ? "note alarm" : "note");
  result.replaceChildren(note, element("div", content, "sheet stack"));
  heading.focus(); // and so it is read out
};

const keySaid = (key, signed, { origin, checkpoints }) => {
  const whose = key.kind === 4 || key.name !== origin ? `witness ${key.name}` : "the log";
  const said = key.isCheckable
    ? `signed ${counted(signed)} of ${counted(checkpoints.length)} checkpoints`
    : "not checked, for browsers do not know this kind of signature. The offline verifier does.";
  return [code(`${key.algorithm} ${key.id}`), `, ${whose}: ${said}`];
};

const range = ({ start, end, pruned }, announced) => {
  const whole = `${counted(start)} to ${counted(end - 1)}, ${counted(end - start)} of them`;
  if (pruned === start) return [`${whole}, each hashed again`];
  const by = announced === null ? "No entry in this bundle tells of it." : `Entry ${counted(announced)} tells of it.`;
  const gone = `Of ${counted(start)} to ${counted(pruned - 1)} the bodies were pruned; their hashes stand. ${by}`;
  return [`${whole}, those from ${counted(pruned)} on hashed again`, gone];
};

const storySaid = ({ manifest, found }) => {
  const shown = found.slice(0, SHOWN).map(counted).join(", ") + (found.length > SHOWN ? ", …" : "");
  const from = manifest.pruned === manifest.start ? "" : ` from ${counted(manifest.pruned)} on`;
  return [code(manifest.subject), ` is in ${counted(found.length)} entries: ${shown || "none"}; in no other${from}`];
};

const holds = (found) => {
  const { manifest, signed, seconds, entry } = found;
  const pace = counted(Math.round((manifest.end - manifest.start) / Math.max(seconds, 0.001)));
  const rows = [
    ["Log", [code(manifest.origin)]],
    ["Entries", range(manifest, found.announced)],
    ["Tree", [element("span", [`size ${counted(manifest.end)}, root `, code(base64(found.root))])]],
    ["Checkpoints", [`${counted(manifest.checkpoints.length)}, each signed, each tree the beginning of the next`]],
    ["Keys", [...signed].map(([key, count]) => element("span", keySaid(key, count, manifest)))],
    ["The keys came", [found.ownKeys
      ? "with the bundle. So it was shown to agree with itself, and no more: get the log's keys by another way."
      : "from you."]],
  ];
  if (found.since !== null) rows.push(["Extends", [`the tree of size ${counted(found.since.size)} that you kept`]]);
  if (manifest.subject !== null) rows.push(["Story", [element("span", storySaid(found))]]);
  if (entry !== null) rows.push([`Entry ${counted(entry.number)}`, [element("span", ["hash ", code(entry.hash)])]]);
  rows.push(["Took", [`${seconds.toFixed(2)} s, ${pace} entries a second`]]);
  const limits = "This does not show that there is nothing newer: keep the last checkpoint, or ask a witness.";
  show("yes", "What was checked agrees with what was signed", [pairs(rows), element("p", limits, "soft")]);
};

const fails = (refused) => {
  const rows = [["Step", [refused.step ?? "Before the bundle"]], ["What", [refused.detail]]];
  if (refused.index !== null) rows.push(["First bad entry", [counted(refused.index)]]);
  if (refused.size !== null) rows.push(["Size of the tree", [counted(refused.size)]]);
  if (refused.values !== null) {
    rows.push(["Came out", [code(refused.values[0])]], ["Was claimed", [code(refused.values[1])]]);
  }
  rows.push(["Code", [code(refused.code)]]);
  const advice = "Keep the file as it is. Check it with the offline verifier, and tell whoever answers for the log.";
  show("alarm", "Not verified", [pairs(rows), element("p", advice), command()]);
};

const cannot = (why) => show("alarm", "Nothing was verified", [element("p", why), command()]);

class Cannot extends Error {}

const load = () => import(desk.dataset.verifier);
const tooLarge = (most) => new Cannot(
  `That is more than ${counted(most / 1024 / 1024)} MB, too much for a browser. Use the offline verifier.`,
);

const fetched = async (form, most) => {
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  const answer = await fetch(`${form.dataset.fetch}?${asked}`, { headers: { accept: "application/zip" } });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Cannot(`The log did not give out a bundle: ${problem.detail ?? answer.status}.`);
  }
  const parts = [];
  let length = 0;
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw tooLarge(most);
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
};

const chosen = async (file, most) => {
  if (file.size > most) throw tooLarge(most);
  return new Uint8Array(await file.arrayBuffer());
};

const given = async ({ readKey, readCheckpoint }) => {
  const lines = desk.querySelector("#keys").value.split("\n").filter((line) => line.trim() !== "");
  const [kept] = desk.querySelector("#since").files;
  return {
    keys: await Promise.all(lines.map(readKey)),
    since: kept === undefined ? null : readCheckpoint(new Uint8Array(await kept.arrayBuffer())),
    wanted: desk.dataset.number === "" ? null : Number(desk.dataset.number),
  };
};

let busy = false;

const run = async (bundle) => {
  if (busy) return;
  busy = true;
  result.replaceChildren();
  progress.textContent = "Reading …";
  try {
    const verifier = await load();
    if (!(await verifier.knowsEd25519())) {
      throw new Cannot("This browser cannot check Ed25519 signatures. Use a newer one, or the offline verifier.");
    }
    const tell = (done, of) => {
      progress.textContent = `Checked ${counted(done)} of ${counted(of)} entries …`;
    };
    try {
      const asked = await given(verifier);
      holds(await verifier.verify(await bundle(verifier.LARGEST), { ...asked, tell }));
    } catch (error) {
      if (!(error instanceof verifier.Refused)) throw error;
      fails(error);
    }
  } catch (error) {
    cannot(error instanceof Cannot ? error.message : "The program stopped. Use the offline verifier.");
  } finally {
    busy = false;
  }
};

const dropped = desk.querySelector("form[data-drop]");
dropped.addEventListener("submit", (event) => {
  event.preventDefault();
  run((most) => chosen(dropped.querySelector("#bundle").files[0], most));
});
dropped.addEventListener("dragover", (event) => event.preventDefault());
dropped.addEventListener("drop", (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) run((most) => chosen(file, most));
});
const asking = desk.querySelector("form[data-fetch]");
asking?.addEventListener("submit", (event) => {
  event.preventDefault();
  run((most) => fetched(asking, most));
});
for (const part of document.querySelectorAll("[data-without]")) part.hidden = true;
desk.hidden = false;
