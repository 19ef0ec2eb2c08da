// The form of a variable: only the field that fits the chosen type is there.
"use strict";

(() => {
  const form = document.querySelector("form[data-variable]");
  if (!form) return;
  const fit = () => {
    const kind = form.elements.type.value;
    const wanted = { Bytes: "file", File: "file", Null: "none" }[kind] ?? "text";
    for (const part of form.querySelectorAll("[data-value]")) part.hidden = part.dataset.value !== wanted;
  };
  form.elements.type.addEventListener("change", fit);
  fit();
})();
