// Folds up a menu (details.menu) when a click goes elsewhere, and with Escape.
"use strict";

(() => {
  const fold = (menu, focus) => {
    menu.open = false;
    if (focus) menu.querySelector("summary").focus();
  };
  const unfolded = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of unfolded()) if (!menu.contains(event.target)) fold(menu, false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of unfolded()) fold(menu, menu.contains(document.activeElement));
  });
})();
