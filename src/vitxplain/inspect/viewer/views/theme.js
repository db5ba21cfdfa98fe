/** The colours of the page, for what is drawn on a canvas. */

/** @typedef {{ink: string, soft: string, line: string, accent: string, near: string, far: string, rest: string, special: string, back: string, dark: boolean,
 *   small: string, strong: string, heading: string, plain: string}} Theme */

const FAMILY = 'Inter, system-ui, -apple-system, "Segoe UI", sans-serif';

/** @param {HTMLElement} page @returns {Theme} */
export function readTheme(page) {
  const style = getComputedStyle(page);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour("ink"),
    soft: colour("soft"),
    line: colour("line"),
    accent: colour("accent"),
    near: colour("near"),
    far: colour("far"),
    rest: colour("rest"),
    special: colour("special"),
    back: colour("back"),
    dark: page.dataset.theme !== "light",
    small: `500 11.5px ${FAMILY}`,
    strong: `650 11.5px ${FAMILY}`,
    heading: `600 13px ${FAMILY}`,
    plain: `400 12px ${FAMILY}`,
  };
}

/**
 * Dark or light as what is around an element: the ground it stands on, within its frame and around that; else as the
 * system has it.
 * @param {Element} element @returns {"dark" | "light"}
 */
export function themeAround(element) {
  /** @type {Element | null} */
  let place = element;
  while (place) {
    const ground = groundOf(place);
    if (ground) return ground;
    place = parentOf(place);
  }
  return globalThis.matchMedia?.("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** @param {Element} element */
function parentOf(element) {
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  if (root instanceof ShadowRoot) return root.host;
  return frameOf(element.ownerDocument);
}

/** The element of another page that a page stands in, where it may know. @param {Document} page */
function frameOf(page) {
  try {
    return page.defaultView?.frameElement ?? null;
  } catch {
    return null;
  }
}

/** @param {Element} element @returns {"dark" | "light" | null} null where it is not painted */
function groundOf(element) {
  const colour = element.ownerDocument.defaultView?.getComputedStyle(element).backgroundColor ?? "";
  const [red, green, blue, alpha = 1] = /^rgba?\(/.test(colour) ? (colour.match(/[\d.]+/g) ?? []).map(Number) : [0, 0, 0, 0];
  if (alpha < 0.5) return null;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
}

/**
 * Calls when the theme around an element changes; returns what ends that.
 * @param {Element} element @param {(theme: "dark" | "light") => void} changed
 */
export function watchTheme(element, changed) {
  let last = themeAround(element);
  const look = () => {
    const now = themeAround(element);
    if (now !== last) changed((last = now));
  };
  const watcher = new MutationObserver(() => (look(), setTimeout(look, 400))); // once more where colours fade
  for (let page = /** @type {Document | null} */ (element.ownerDocument); page; page = frameOf(page)?.ownerDocument ?? null) {
    for (const part of [page.documentElement, page.body]) watcher.observe(part, { attributes: true });
  }
  const system = globalThis.matchMedia?.("(prefers-color-scheme: light)");
  system?.addEventListener("change", look);
  return () => {
    watcher.disconnect();
    system?.removeEventListener("change", look);
  };
}
