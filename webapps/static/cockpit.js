// Cockpit: files that are dropped on a form are deployed at once; numbers are fetched anew while somebody looks.
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

  const refresh = () => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('[hx-trigger="refresh"]')) window.htmx?.trigger(element, "refresh");
  };
  if (document.querySelector('[hx-trigger="refresh"]')) setInterval(refresh, 20_000);
})();
