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
