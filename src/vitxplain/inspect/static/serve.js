/** The page of `vitx serve`: an image goes to the server, its record into the viewer. */

import { browserHost, http, mount } from "./viewer.js";

/** @param {string} id */
const find = (id) => /** @type {any} */ (document.getElementById(id));
const [form, file, chosen, model, method, target, labels, button, said, main] = [
  "ask", "file", "chosen", "model", "method", "target", "labels", "explain", "said", "vitxplain",
].map(find);
const base = new URL("./", import.meta.url).href;
/** Where the server keeps what this page drops, and gives it to nobody else. */
const own = `visit/${visit()}/`;
const nothing = chosen.textContent;
/** The last image that was taken, to be explained once more. @type {File | null} */
let image = null;
/** @type {{close(): void} | null} */
let shown = null;

/** A name that nobody can guess; it lasts as long as the page is open, also when it is loaded again. */
function visit() {
  const key = "vitxplain.visit";
  const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const known = sessionStorage.getItem(key);
    if (known && /^[0-9a-f]{32}$/.test(known)) return known;
    sessionStorage.setItem(key, made);
  } catch {
    // A frame without storage: then it lasts until the page is loaded again.
  }
  return made;
}

/** @param {string} text @param {boolean} [wrong] */
function say(text, wrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", wrong);
}

/** @param {string} address @param {RequestInit} [options] @returns {Promise<any>} */
async function ask(address, options) {
  const response = await fetch(base + address, options);
  const answer = await response.json().catch(() => ({ error: `The server answered ${response.status}.` }));
  if (!response.ok) throw Object.assign(new Error(answer.error ?? `The server answered ${response.status}.`), { image: answer.image });
  return answer.result ?? answer;
}

/** @param {HTMLElement} list @param {string[]} words */
function fill(list, words) {
  list.replaceChildren(
    ...words.map((word) => {
      const option = document.createElement("option");
      option.value = word;
      option.textContent = word;
      return option;
    }),
  );
}

async function chooseModel() {
  const name = model.value;
  say(`Opening ${name} …`);
  try {
    const { methods, labels: names } = await ask(`model.json?model=${encodeURIComponent(name)}`);
    if (name !== model.value) return;
    const before = method.value;
    fill(method, ["", ...methods]);
    method.options[0].textContent = "attention alone";
    method.value = methods.includes(before) ? before : "";
    fill(labels, names);
    say("");
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  }
}

/** @param {File | undefined} given */
function choose(given) {
  if (!given) return;
  if (given.size > most) return say(`${given.name} has ${(given.size / 2 ** 20).toFixed(0)} MiB; up to ${most / 2 ** 20} are taken.`, true);
  explain(given);
}

/**
 * The viewer, on a record and what is asked of it; else on the first.
 * @param {string} [link] @param {import("../viewer/types.js").Index} [index] where it came already
 */
async function show(link, index) {
  if (link) history.replaceState(null, "", `#${link}`);
  shown?.close();
  shown = await mount(main, { ...http(base + own), ...(index && { index: async () => index }) }, browserHost(true));
}

/** @param {File | null} given */
async function explain(given) {
  if (!given || button.dataset.busy) return;
  button.dataset.busy = "yes";
  button.disabled = true;
  const before = image ? chosen.textContent : nothing;
  chosen.textContent = given.name;
  say("Working …");
  try {
    const words = new URLSearchParams({ model: model.value, name: given.name, target: target.value });
    if (method.value) words.append("method", method.value);
    const record = await ask(`${own}explain?${words}`, { method: "POST", body: given });
    image = given;
    await show(`${new URLSearchParams({ record, show: method.value ? "map:0" : "attention" })}`);
    say("");
  } catch (error) {
    const { message, image: bad } = /** @type {Error & {image?: boolean}} */ (error);
    say(bad ? `${given.name}: ${message}` : message, true);
    // An image that cannot be read is let go; another question may be put to one that can.
    if (bad) chosen.textContent = before;
    else {
      image = given;
      chosen.textContent = `${given.name}, not explained yet`;
    }
  } finally {
    delete button.dataset.busy;
    button.disabled = !image;
  }
}

form.addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  explain(image);
});
form.addEventListener("keydown", (/** @type {Event} */ event) => event.stopPropagation()); // the viewer's keys are not typed here
file.addEventListener("change", () => {
  choose(file.files[0]);
  file.value = ""; // the same file may be chosen again
});
model.addEventListener("change", chooseModel);
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", kind === "dragover");
    if (kind === "drop") choose(/** @type {DragEvent} */ (event).dataTransfer?.files[0]);
  });
}

// What was recorded before is looked at first: opening a model takes the server a while.
const [{ models, most_bytes: most }, index] = await Promise.all([ask("models.json"), ask(`${own}index.json`)]);
fill(model, models);
if (index.records.length) await show(undefined, index);
await chooseModel();
