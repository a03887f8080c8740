/**
 * The kit's page: takes the kit's folder, shows whether it is what was signed, what is in it, and
 * samples. Nothing leaves the page: its content policy forbids every connection.
 */
import { type Checked, type KitEntry, type KitFiles, checkKit } from "./check.ts";
import { drawn } from "./sample.ts";
import { Wrong } from "./tree.ts";

/** How many entries a browser is asked to hold, and how many samples to show. */
const ENTRIES_MAX = 200_000;
const SAMPLES_MAX = 1_000;

const part = (id: string): HTMLElement => document.querySelector(`#${id}`) as HTMLElement;
const field = (id: string): HTMLInputElement => part(id) as HTMLInputElement;

function made<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = "",
  ...inside: readonly Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (text !== "") element.textContent = text;
  element.append(...inside);
  return element;
}

/** The chosen folder's own name stands before each path; what was dropped has none. */
function filesOf(files: readonly (readonly [path: string, file: File])[]): KitFiles {
  const byPath = new Map<string, File>();
  for (const [path, file] of files) byPath.set(path.split("/").slice(1).join("/"), file);
  return {
    async read(path) {
      const file = byPath.get(path);
      return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
    },
  };
}

async function dropped(item: DataTransferItem): Promise<[string, File][]> {
  const root = item.webkitGetAsEntry();
  return root === null ? [] : await under(root, root.name);
}

async function under(entry: FileSystemEntry, path: string): Promise<[string, File][]> {
  if (entry.isFile) {
    const file = await new Promise<File>((take, fail) => {
      (entry as FileSystemFileEntry).file(take, fail);
    });
    return [[path, file]];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // A reader gives a hundred at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((take, fail) => {
      reader.readEntries(take, fail);
    });
    if (some.length === 0) break;
    found.push(...some);
  }
  const inside = await Promise.all(found.map((one) => under(one, `${path}/${one.name}`)));
  return inside.flat();
}

function say(kind: "waiting" | "good" | "bad" | "unsure", word: string, detail: string): void {
  const verdict = part("verdict");
  verdict.className = kind;
  verdict.replaceChildren(made("strong", word), made("p", detail));
}

let run = 0;

async function check(files: readonly (readonly [string, File])[]): Promise<void> {
  run += 1;
  const own = run;
  part("found").hidden = true;
  say("waiting", "Checking …", `${files.length} files`);
  const key = field("key").value.trim();
  try {
    const bundles = files.filter(([path]) => path.includes("/tile/entries/")).length;
    if (bundles * 256 > ENTRIES_MAX + 256) {
      throw new Wrong(`This kit has more than ${ENTRIES_MAX} entries: use tacet verify.`);
    }
    const checked = await checkKit(filesOf(files), key === "" ? undefined : key, (done, of) => {
      if (own === run) say("waiting", "Checking …", `${done} of ${of} bundles of entries`);
    });
    if (own === run) show(checked, key !== "");
  } catch (error) {
    const told = error instanceof Wrong ? error.message : "These files cannot be read as a kit.";
    if (own === run) say("bad", "NOT AS IT WAS SIGNED", told);
  }
}

function show(checked: Checked, keyGiven: boolean): void {
  const { entryCount, from, head, headCount, signature, to, unknownHeadCount } = checked;
  if (signature === "cannot") {
    const told =
      "The tree is whole, but this browser cannot check Ed25519 signatures: use another.";
    say("unsure", "THE SIGNATURE WAS NOT CHECKED", told);
  } else {
    const whose = keyGiven
      ? "The key is the one you gave."
      : "The key came with the kit: compare it with one you got another way.";
    say("good", "AS IT WAS SIGNED", `Every entry, every tile and the head's signature. ${whose}`);
  }
  facts([
    ["Log", head.origin],
    ["Entries in this kit", `${entryCount} (${from} to ${to})`],
    ["Entries under the head", String(head.size)],
    ["Root", head.rootText],
    ["Other heads that this tree begins with", String(headCount)],
    ["Other heads that these tiles cannot tell", String(unknownHeadCount)],
  ]);
  const counts = [...checked.counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  part("counts").replaceChildren(
    ...counts.map(([type, count]) => made("tr", "", rowHead(type), made("td", String(count)))),
  );
  const listed = checked.exceptions.length;
  part("exceptions-said").textContent =
    checked.exceptionCount === listed
      ? `${listed} entries whose outcome is neither success nor read.`
      : `The first ${listed} of ${checked.exceptionCount} entries whose outcome is neither success nor read.`;
  part("exceptions").replaceChildren(...checked.exceptions.map(rowOf));
  const choice = field("type") as unknown as HTMLSelectElement;
  const first = counts.some(([type]) => type === "WindowOpened") ? "WindowOpened" : "";
  const all = new Option(`all entries (${entryCount})`, "");
  choice.replaceChildren(all, ...counts.map(([type, n]) => new Option(`${type} (${n})`, type)));
  choice.value = first;
  part("samples").replaceChildren();
  part("samples-said").textContent = `Seed: ${head.rootText}, the root that was signed.`;
  shown = checked;
  part("found").hidden = false;
}

async function sample(checked: Checked, type: string, asked: number): Promise<void> {
  const { head, positions, types } = checked;
  const among = positions.filter((_, index) => type === "" || types[index] === type);
  const count = Math.max(0, Math.min(SAMPLES_MAX, Math.floor(asked)));
  const chosen = await drawn(head.root, type, count, among.length);
  const entries = await Promise.all(chosen.map((index) => checked.entryAt(among[index] as number)));
  part("samples").replaceChildren(...entries.map(rowOf));
  part("samples-said").textContent =
    `${entries.length} of ${among.length}, in the order they were drawn. Seed: ${head.rootText}, the root that was signed.`;
}

function facts(rows: readonly (readonly [string, string])[]): void {
  part("facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [made("dt", name), made("dd", value)]),
  );
}

function rowHead(text: string): HTMLTableCellElement {
  const cell = made("th", text);
  cell.scope = "row";
  return cell;
}

function rowOf(entry: KitEntry): HTMLTableRowElement {
  const moment = made(
    "time",
    new Date(entry.at).toISOString().replace("T", " ").replace("Z", " UTC"),
  );
  moment.dateTime = new Date(entry.at).toISOString();
  const whole = made(
    "details",
    "",
    made("summary", "entry"),
    made("pre", JSON.stringify(entry, null, 2)),
  );
  return made(
    "tr",
    "",
    rowHead(String(entry.position)),
    made("td", "", moment),
    made("td", entry.type),
    made("td", [entry.outcome, entry.reason].filter((one) => one !== undefined).join(": ")),
    made("td", entry.callId ?? ""),
    made("td", entry.actor?.id ?? ""),
    made("td", "", whole),
  );
}

let shown: Checked | undefined;
part("sample").addEventListener("submit", (event) => {
  event.preventDefault();
  const choice = field("type") as unknown as HTMLSelectElement;
  if (shown !== undefined) void sample(shown, choice.value, Number(field("count").value));
});

let last: readonly (readonly [string, File])[] = [];
const take = (files: readonly (readonly [string, File])[]): void => {
  last = files;
  if (files.length > 0) void check(files);
};

field("folder").addEventListener("change", () => {
  take([...(field("folder").files ?? [])].map((file) => [file.webkitRelativePath, file]));
});
field("key").addEventListener("change", () => {
  take(last);
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
});
async function takeDropped(items: readonly DataTransferItem[]): Promise<void> {
  const found = await Promise.all(items.map(dropped));
  take(found.flat());
}
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void takeDropped([...(event.dataTransfer?.items ?? [])]);
});
