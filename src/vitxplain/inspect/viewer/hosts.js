/** What a page of its own, a notebook and TensorBoard can do for the viewer. */

import { mount } from "./mount.js";
import { embedded } from "./sources/embedded.js";
import { http } from "./sources/http.js";
import { widget } from "./sources/widget.js";

/** @param {string} name @param {Blob} blob */
export function download(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/**
 * Storage and clipboard throw in a frame without an origin: then the viewer goes without.
 * @param {boolean} page whether the page is the viewer's alone
 * @returns {import("./types.js").Host}
 */
export function browserHost(page) {
  return {
    page,
    save: download,
    copy: (text) => navigator.clipboard.writeText(text),
    store(key, value) {
      try {
        if (value !== undefined) localStorage.setItem(`vitxplain.${key}`, value);
        return localStorage.getItem(`vitxplain.${key}`);
      } catch {
        return null;
      }
    },
    ...(page && {
      theme(name) {
        document.documentElement.dataset.theme = name;
      },
      restore: () => location.hash.slice(1),
      link(state) {
        try {
          history.replaceState(null, "", `#${state}`);
        } catch {
          location.hash = state;
        }
      },
    }),
  };
}

/**
 * The viewer of a file that holds its recordings.
 * @param {Document} page with an element of id "vitxplain"
 */
export function open(page) {
  const element = page.getElementById("vitxplain");
  if (!element) throw new Error("The page has no element of id “vitxplain”.");
  return mount(element, embedded(page), browserHost(true));
}

/** What TensorBoard's entry calls: a frame of its own, recordings beside this module. */
export function renderPage() {
  const style = document.createElement("style");
  style.textContent = "html, body { margin: 0; height: 100%; }";
  document.head.append(style);
  const element = document.createElement("main");
  element.style.height = "100%";
  document.body.replaceChildren(element);
  return mount(element, http(new URL("./", import.meta.url).href), browserHost(true));
}

/**
 * anywidget's entry.
 * @param {{model: import("./sources/widget.js").Model, el: HTMLElement}} view
 */
export async function renderWidget({ model, el: element }) {
  const box = document.createElement("div");
  box.style.height = `${Number(model.get("height")) || 760}px`;
  element.append(box);
  const source = widget(model);
  const host = {
    ...browserHost(false),
    /** @param {Record<string, unknown>} selection */
    select(selection) {
      model.set("selection", selection);
      model.save_changes();
    },
  };
  const shown = await mount(box, source, host);
  return () => {
    shown.close();
    source.close();
  };
}
