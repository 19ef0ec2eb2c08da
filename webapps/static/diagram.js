// Shows a process diagram, with marks and badges on its elements, where the page has a data-diagram.
"use strict";

(() => {
  const data = (element, name) => JSON.parse(element.dataset[name] || "{}");

  const badge = ({ text, kind, title, address }) => {
    const element = document.createElement(address ? "a" : "div");
    element.className = `diagram-badge ${kind ?? ""}`;
    element.textContent = text;
    if (title) element.title = title;
    if (address) {
      element.href = address;
      element.setAttribute("aria-label", title);
    }
    return element;
  };

  // Whether the name of an element stands below it, as that of an event does: no badge may cover it.
  const labelled = (elements, id) => {
    const [label, element] = [elements.get(`${id}_label`), elements.get(id)];
    return Boolean(label) && label.y + label.height > element.y + element.height;
  };

  const decorate = (viewer, box) => {
    const [canvas, overlays, elements] = ["canvas", "overlays", "elementRegistry"].map((name) => viewer.get(name));
    for (const [id, marks] of Object.entries(data(box, "marks"))) {
      if (elements.get(id)) for (const mark of marks) canvas.addMarker(id, mark);
    }
    for (const [id, badges] of Object.entries(data(box, "badges"))) {
      if (!elements.get(id)) continue;
      const edge = labelled(elements, id) ? { top: -14 } : { bottom: 12 };
      badges.forEach((one, index) => {
        overlays.add(id, { position: { ...edge, left: index * 32 - 12 }, html: badge(one) });
      });
    }
  };

  const lead = (viewer, links) => {
    viewer.get("eventBus").on("element.click", ({ element }) => {
      if (links[element.id]) window.location.assign(links[element.id]);
    });
    for (const id of Object.keys(links)) {
      const graphics = viewer.get("elementRegistry").getGraphics(id);
      if (graphics) graphics.classList.add("leads-on");
    }
  };

  const tool = (text, label, action) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", action);
    return button;
  };

  const equip = (viewer, box) => {
    const canvas = viewer.get("canvas");
    const margin = 24; // pixels, for edges, badges and what the browser draws wider than it measures
    const zoom = (factor) => canvas.zoom(canvas.zoom() * factor);
    const fit = () => {
      const { inner, outer } = canvas.viewbox();
      const within = (side) => (outer[side] - 2 * margin) / inner[side];
      const scale = Math.min(1, within("width"), within("height"));
      const [width, height] = [outer.width / scale, outer.height / scale];
      const [x, y] = [inner.x + (inner.width - width) / 2, inner.y + (inner.height - height) / 2];
      canvas.viewbox({ x, y, width, height });
    };
    const tools = document.createElement("div");
    tools.className = "diagram-tools";
    tools.append(
      tool("+", "Zoom in", () => zoom(1.25)),
      tool("−", "Zoom out", () => zoom(0.8)),
      tool("Fit", "Fit the diagram to its place", fit),
    );
    box.prepend(tools);
    const step = 40;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    box.addEventListener("keydown", (event) => {
      if (event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
      if (moves[event.key]) canvas.scroll({ dx: moves[event.key][0], dy: moves[event.key][1] });
      else if (event.key === "+") zoom(1.25);
      else if (event.key === "-") zoom(0.8);
      else if (event.key === "0") fit();
      else return;
      event.preventDefault();
    });
    fit();
  };

  const show = async (box) => {
    box.dataset.begun = "true"; // htmx says that it has loaded the page while this is still fetching
    const message = box.querySelector(".diagram-message");
    try {
      const answer = await fetch(box.dataset.diagram, { headers: { Accept: "application/xml" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const place = document.createElement("div");
      place.className = "diagram-canvas";
      box.append(place);
      message.hidden = true;
      const viewer = new window.BpmnJS({ container: place });
      await viewer.importXML(await answer.text());
      decorate(viewer, box);
      lead(viewer, data(box, "links"));
      equip(viewer, box);
      box.dataset.shown = "true";
    } catch (error) {
      box.querySelector(".diagram-canvas")?.remove();
      box.dataset.failed = "true";
      message.hidden = false;
      message.textContent = `The diagram cannot be shown: ${error.message}`;
    }
  };

  const begin = (root) => root.querySelectorAll("[data-diagram]:not([data-begun])").forEach(show);
  begin(document);
  document.addEventListener("htmx:load", (event) => begin(event.target.parentElement ?? document));
})();
