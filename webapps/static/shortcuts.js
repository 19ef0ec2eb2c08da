// Keyboard shortcuts. What has data-shortcut is clicked, or gets the focus if it is a field, when its keys are typed
// one after the other; j and k go through the list. Nothing happens while somebody types or a dialog is open.
"use strict";

(() => {
  const PAUSE = 1500; // milliseconds between the keys of one shortcut
  const FIELDS = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
  const overlay = document.getElementById("shortcuts");
  let typed = [];
  let last = 0;

  const busy = (target) => target.closest(FIELDS) || document.querySelector("dialog[open]");

  const go = (step) => {
    const links = [...document.querySelectorAll("#tasks .name > a")].filter((link) => link.checkVisibility());
    const focused = links.indexOf(document.activeElement);
    const at = focused < 0 ? links.findIndex((link) => link.ariaCurrent) : focused;
    const next = links[at < 0 ? 0 : at + step];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };

  const use = (element) => {
    if (element.matches(FIELDS)) element.focus();
    else element.click();
  };

  const own = { j: () => go(1), k: () => go(-1), "?": () => overlay.showModal() };

  const meant = (keys) => {
    if (own[keys]) return own[keys];
    const found = [...document.querySelectorAll("[data-shortcut]")].filter((element) => element.dataset.shortcut === keys);
    const best = found.find((element) => element.checkVisibility()) ?? found.find((element) => element.matches("a"));
    return best && (() => use(best));
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length > 1 || busy(event.target)) return;
    if (event.timeStamp - last > PAUSE) typed = [];
    last = event.timeStamp;
    typed = [...typed, event.key].slice(-2);
    const does = meant(typed.join(" ")) ?? meant(event.key);
    if (!does || (event.repeat && !"jk".includes(event.key))) return;
    event.preventDefault();
    typed = [];
    does();
  });

  for (const link of document.querySelectorAll("[data-opens=shortcuts]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      overlay.showModal();
    });
  }
})();
