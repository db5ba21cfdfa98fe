/** The one module that hosts load. */

import { browserHost, open, renderPage, renderWidget } from "./hosts.js";
import { mount } from "./mount.js";
import { embedded } from "./sources/embedded.js";
import { http } from "./sources/http.js";
import { widget } from "./sources/widget.js";

export { browserHost, embedded, http, mount, open, renderPage as render, widget };
export default { render: renderWidget };

Object.assign(globalThis, { vitxplainInspect: { mount, http, embedded, widget, open } });
