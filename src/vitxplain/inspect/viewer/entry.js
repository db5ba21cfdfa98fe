/** The one module that hosts load. It exports no `render`, which anywidget would take for its own: TensorBoard has an entry beside it. */

import { browserHost, open, renderPage, renderWidget } from "./hosts.js";
import { mount } from "./mount.js";
import { embedded } from "./sources/embedded.js";
import { http } from "./sources/http.js";
import { widget } from "./sources/widget.js";

export { browserHost, embedded, http, mount, open, renderPage, widget };
export default { render: renderWidget };

Object.assign(globalThis, { vitxplainInspect: { mount, http, embedded, widget, open } });
