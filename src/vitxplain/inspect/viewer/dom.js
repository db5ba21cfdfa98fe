/** Elements, always with text as text. */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, unknown>} [properties] attributes; `text`, `onX` and `class` as one expects
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") element.textContent = String(value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** Text, where it changed. @param {Node} node @param {string} text */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A row of buttons of which one is pressed.
 * @template T
 * @param {string} label @param {{value: T, text: string, title?: string}[]} choices @param {(value: T) => void} change
 * @returns {{element: HTMLElement, buttons: HTMLButtonElement[], set: (value: T) => void}}
 */
export function segments(label, choices, change) {
  const buttons = choices.map((choice) => el("button", { type: "button", text: choice.text, title: choice.title, onclick: () => change(choice.value) }));
  return {
    element: el("div", { class: "segments", role: "group", "aria-label": label }, ...buttons),
    buttons,
    set: (value) => buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(choices[place].value === value))),
  };
}

/**
 * @param {string} label @param {{value: string, text: string}[]} choices @param {(value: string) => void} change
 * @param {boolean} [hidden] whether the label is for screen readers alone
 * @returns {{element: HTMLElement, set: (value: string) => void}}
 */
export function chooser(label, choices, change, hidden = false) {
  const select = el("select", { "aria-label": label, onchange: () => change(select.value) });
  for (const choice of choices) select.append(el("option", { value: choice.value, text: choice.text }));
  return {
    element: hidden ? select : el("label", {}, el("span", { class: "word", text: label }), select),
    set: (value) => {
      select.value = value;
    },
  };
}

/**
 * A canvas of a size in page pixels, sharp on the screen.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @returns {CanvasRenderingContext2D}
 */
export function sized(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = contextOf(canvas);
  context.setTransform(wide / width, 0, 0, high / height, 0, 0);
  return context;
}

/** @param {HTMLCanvasElement} canvas @param {boolean} [memory] whether it is kept in memory: quick to write pixels to */
export function contextOf(canvas, memory = false) {
  const context = canvas.getContext("2d", memory ? { willReadFrequently: true } : undefined);
  if (!context) throw new Error("This browser gives no canvas to draw on.");
  return context;
}

/** The element of the page that the viewer was put into. @param {Node} node within it */
export function hostOf(node) {
  return /** @type {ShadowRoot} */ (node.getRootNode()).host;
}
