// Cockpit: files that are dropped on a form are deployed at once; numbers are fetched anew while somebody looks; the
// rows of a list are chosen all at once and counted; a search has as many rows for variables as are needed.
"use strict";

(() => {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (hasFiles(event)) event.preventDefault(); // else the browser leaves the page for a file that missed the form
    });
  }

  for (const form of document.querySelectorAll("form[data-drop]")) {
    const input = form.querySelector('input[type="file"]');
    const over = (event) => form.classList.toggle("dropping", event.type === "dragover" && hasFiles(event));
    for (const kind of ["dragover", "dragleave", "drop"]) form.addEventListener(kind, over);
    form.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      form.requestSubmit();
    });
    form.querySelector(".drop-hint").hidden = false;
  }

  document.getElementById("refused")?.focus();

  for (const form of document.querySelectorAll("form[data-choosing]")) {
    const boxes = [...form.querySelectorAll('input[name="id"]')];
    const here = form.querySelector("[data-all-here]");
    const everything = form.querySelector('input[name="all"]');
    const count = () => {
      const number = boxes.filter((box) => box.checked).length;
      here.firstElementChild.checked = number === boxes.length;
      here.firstElementChild.indeterminate = number > 0 && number < boxes.length;
      const all = everything?.checked ?? false;
      form.querySelector("[data-chosen]").textContent = all ? "all chosen" : `${number} chosen`;
      for (const box of [...boxes, here.firstElementChild]) box.disabled = all;
      for (const button of form.querySelectorAll('button[name="action"]')) button.disabled = !all && number === 0;
    };
    here.hidden = false;
    here.addEventListener("change", (event) => {
      for (const box of boxes) box.checked = event.target.checked;
    });
    form.addEventListener("change", count);
    window.addEventListener("pageshow", count); // a browser that goes back keeps what was ticked
  }

  for (const list of document.querySelectorAll("[data-repeated]")) {
    list.addEventListener("input", () => {
      const last = list.lastElementChild;
      const name = last.querySelector("input");
      if (!name.value || list.children.length >= Number(list.dataset.repeated)) return;
      const next = last.cloneNode(true);
      const number = list.children.length + 1;
      next.querySelector(".error")?.remove();
      for (const field of next.querySelectorAll("input, select")) {
        if (field.tagName === "INPUT") field.value = "";
        else field.selectedIndex = 0;
        field.removeAttribute("aria-invalid");
        field.ariaLabel = field.ariaLabel.replace(/\d+$/, number);
      }
      list.append(next);
    });
  }

  const refresh = () => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('[hx-trigger="refresh"]')) window.htmx?.trigger(element, "refresh");
  };
  if (document.querySelector('[hx-trigger="refresh"]')) setInterval(refresh, 20_000);
})();
