// Shows times where the reader is: what comes as UTC in <time datetime> becomes local, also in what htmx brings later.
"use strict";

(() => {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  const localise = (root) => {
    for (const element of root.querySelectorAll("time[datetime]:not([title])")) {
      const time = new Date(element.dateTime);
      if (!Number.isNaN(time.getTime())) {
        element.title = element.textContent;
        element.textContent = format.format(time);
      }
    }
  };

  localise(document);
  document.addEventListener("htmx:load", (event) => localise(event.target.parentElement ?? document));
})();
