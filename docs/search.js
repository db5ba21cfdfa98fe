/* An option is found as it is typed in a terminal: to the search a word behind a hyphen is one to leave out, so that it
   gets the words of the box without their leading hyphens. */

const box = document.querySelector("[data-md-component=search-query]");
const typed = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
if (box) {
  Object.defineProperty(box, "value", {
    get: () => typed.get.call(box).replace(/(^|\s)-+(?=\w)/g, "$1"),
    set: (words) => typed.set.call(box, words),
  });
  /* What is suggested lies behind the words, and would lie beside them. */
  const suggested = document.querySelector("[data-md-component=search-suggest]");
  box.addEventListener("input", () => suggested?.classList.toggle("beside", box.value !== typed.get.call(box)));
}
