/** The page of `vitx serve`: an image goes to the server, its record into the viewer. */

import { browserHost, http, mount } from "./viewer.js";

/** @param {string} id */
const find = (id) => /** @type {any} */ (document.getElementById(id));
const [form, file, chosen, model, method, target, labels, button, said, main] = [
  "ask", "file", "chosen", "model", "method", "target", "labels", "explain", "said", "vitxplain",
].map(find);
const base = new URL("./", import.meta.url).href;
/** @type {File | null} */
let image = null;
/** @type {{close(): void} | null} */
let shown = null;

/** @param {string} text @param {boolean} [wrong] */
function say(text, wrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", wrong);
}

/** @param {string} address @param {RequestInit} [options] @returns {Promise<any>} */
async function ask(address, options) {
  const response = await fetch(base + address, options);
  const answer = await response.json().catch(() => ({ error: `The server answered ${response.status}.` }));
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}.`);
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
  image = given;
  chosen.textContent = given.name;
  button.disabled = false;
  explain();
}

async function show(/** @type {string | null} */ id) {
  if (id) history.replaceState(null, "", `#record=${encodeURIComponent(id)}`);
  shown?.close();
  shown = await mount(main, http(base), browserHost(true));
}

async function explain() {
  if (!image || button.dataset.busy) return;
  button.dataset.busy = "yes";
  button.disabled = true;
  say("Working …");
  try {
    const words = new URLSearchParams({ model: model.value, name: image.name, target: target.value });
    if (method.value) words.append("method", method.value);
    const id = await ask(`explain?${words}`, { method: "POST", body: image });
    await show(id);
    say("");
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  } finally {
    delete button.dataset.busy;
    button.disabled = false;
  }
}

form.addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  explain();
});
form.addEventListener("keydown", (/** @type {Event} */ event) => event.stopPropagation()); // the viewer's keys are not typed here
file.addEventListener("change", () => choose(file.files[0]));
model.addEventListener("change", chooseModel);
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", kind === "dragover");
    if (kind === "drop") choose(/** @type {DragEvent} */ (event).dataTransfer?.files[0]);
  });
}

const { models, most_bytes: most } = await ask("models.json");
fill(model, models);
// What was recorded before is looked at while the model is still being opened.
await Promise.all([chooseModel(), ask("index.json").then(({ records }) => (records.length ? show(null) : null))]);
