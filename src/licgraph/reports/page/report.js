// Draws the graph of the report. Everything that is shown as text goes through textContent or the canvas, never through markup.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("graph-data").textContent);
  const stage = document.getElementById("canvas"), panel = document.getElementById("panel");
  const MARK = { against: "✕ ", open: "? ", owed: "§ ", free: "" };
  const RANK = { free: 0, owed: 1, open: 2, against: 3 };
  const SHAPE = { weights: "round-rectangle", adapter: "cut-rectangle", code: "rectangle", dataset: "barrel", outputs: "round-tag", service: "ellipse", document: "bottom-round-rectangle" };
  const WIDE = 7; // nodes in a row, above which layers are broken into several
  const COLUMN = 214, ROW = 84, GAP = 50; // what a node takes of the plane
  const folded = new Map(); // node -> family
  data.families.forEach((family, f) => family.members.forEach((member) => folded.set(member, f)));
  const opened = new Set();
  let view = 0, graph = null;

  const short = (text, most) => { const letters = Array.from(text); return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : text; };
  const drawnId = (n) => (folded.has(n) && !opened.has(folded.get(n)) ? "f" + folded.get(n) : "n" + n);
  const stateOf = (n) => data.views[view].reached[n] || "free";
  const worst = (members) => members.map(stateOf).reduce((a, b) => (RANK[b] > RANK[a] ? b : a), "free");

  function label(state, name, license) { return MARK[state] + short(name, 24) + "\n" + short(license, 26); }

  function elements() {
    const nodes = new Map(), edges = new Map();
    data.nodes.forEach((node, n) => {
      const id = drawnId(n);
      if (nodes.has(id)) return;
      const family = id[0] === "f" ? data.families[folded.get(n)] : null;
      const state = family ? worst(family.members) : stateOf(n);
      nodes.set(id, { data: { id, label: label(state, family ? family.label : node.name, node.license), shape: SHAPE[node.kind] || "rectangle" },
        classes: [state, family ? "family" : "", n === data.release ? "release" : ""].join(" ") });
    });
    data.edges.forEach(([source, target, relation]) => {
      const from = drawnId(source), to = drawnId(target), id = from + ">" + to;
      if (from === to) return;
      const known = edges.get(id);
      if (known) { if (!known.data.label.split(", ").includes(relation)) known.data.label += ", " + relation; } else edges.set(id, { data: { id, source: from, target: to, label: relation } });
    });
    return [...nodes.values(), ...edges.values()];
  }

  // Sources above results. A small graph is laid out by dagre, which avoids crossings; it takes its time over steps that
  // span many layers, so a large one gets plain layers, each ordered by where its sources stand and broken into rows.
  function positions(parts) {
    const nodes = parts.filter((p) => !p.data.source).map((p) => p.data.id), steps = parts.filter((p) => p.data.source).map((p) => p.data);
    const layers = layered(nodes, steps);
    const wide = Math.max(...layers.map((l) => l.length)), span = steps.reduce((sum, s) => sum + layers.rank.get(s.target) - layers.rank.get(s.source), 0);
    if (wide <= WIDE && span <= 1500) {
      const laid = new dagre.graphlib.Graph();
      laid.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 60 });
      laid.setDefaultEdgeLabel(() => ({}));
      nodes.forEach((id) => laid.setNode(id, { width: 198, height: 52 }));
      steps.forEach((s) => laid.setEdge(s.source, s.target));
      dagre.layout(laid);
      return (id) => ({ x: laid.node(id).x, y: laid.node(id).y });
    }
    const place = new Map(), width = bestWidth(layers);
    let y = 0;
    layers.forEach((layer) => {
      for (let start = 0; start < layer.length; start += width) {
        const row = layer.slice(start, start + width);
        row.forEach((id, i) => place.set(id, { x: (i - (row.length - 1) / 2) * COLUMN, y }));
        y += ROW;
      }
      y += GAP;
    });
    return (id) => place.get(id);
  }

  // The number of nodes in a row at which the whole is largest on the canvas.
  function bestWidth(layers) {
    const scale = (width) => {
      const rows = layers.reduce((sum, layer) => sum + Math.ceil(layer.length / width), 0);
      return Math.min(stage.clientWidth / (Math.min(width, Math.max(...layers.map((l) => l.length))) * COLUMN), stage.clientHeight / (rows * ROW + layers.length * GAP));
    };
    let best = 3;
    for (let width = 4; width <= 60; width++) if (scale(width) > scale(best)) best = width;
    return best;
  }

  function layered(nodes, steps) {
    const into = new Map(nodes.map((id) => [id, []])), out = new Map(nodes.map((id) => [id, []])), rank = new Map(), waiting = new Map();
    steps.forEach((s) => { into.get(s.target).push(s.source); out.get(s.source).push(s.target); });
    nodes.forEach((id) => { waiting.set(id, out.get(id).length); });
    const ready = nodes.filter((id) => !waiting.get(id)); // from the release up, so that a source stands right above its first use
    ready.forEach((id) => rank.set(id, 0));
    for (let head = 0; head < ready.length; head++) {
      into.get(ready[head]).forEach((source) => {
        rank.set(source, Math.max(rank.get(source) || 0, rank.get(ready[head]) + 1));
        waiting.set(source, waiting.get(source) - 1);
        if (!waiting.get(source)) ready.push(source);
      });
    }
    nodes.forEach((id) => { if (!rank.has(id)) rank.set(id, 0); }); // folding can make circles
    const most = Math.max(...rank.values()), layers = Array.from({ length: most + 1 }, () => []);
    nodes.forEach((id) => { rank.set(id, most - rank.get(id)); layers[rank.get(id)].push(id); });
    const at = new Map();
    const number = (layer) => layer.forEach((id, i) => at.set(id, (i + 0.5) / layer.length));
    layers.forEach(number);
    const middle = (id, near) => { const found = near.get(id); return found.length ? found.reduce((sum, n) => sum + at.get(n), 0) / found.length : at.get(id); };
    [into, out, into, out].forEach((near) => layers.forEach((layer) => {
      const key = new Map(layer.map((id) => [id, middle(id, near)]));
      layer.sort((a, b) => key.get(a) - key.get(b));
      number(layer);
    }));
    layers.rank = rank;
    return layers;
  }

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  function style() {
    const states = ["free", "owed", "open", "against"].map((s) => ({ selector: "." + s, style: { "border-color": colour(s), "border-width": s === "free" ? 1.5 : 3 } }));
    return [
      { selector: "node", style: { shape: "data(shape)", width: 198, height: 52, label: "data(label)", "text-wrap": "wrap", "text-max-width": 190, "text-valign": "center", "font-size": 13, "line-height": 1.25,
        "font-family": "system-ui, DejaVu Sans, sans-serif", color: colour("ink"), "background-color": colour("raised"), "min-zoomed-font-size": 5 } },
      { selector: "edge", style: { width: 1.5, "line-color": colour("free"), "target-arrow-color": colour("free"), "target-arrow-shape": "triangle", "curve-style": "bezier", label: "data(label)", "font-size": 11,
        color: colour("soft"), "text-background-color": colour("ground"), "text-background-opacity": 0.85, "text-background-padding": 2, "min-zoomed-font-size": 6 } },
      ...states,
      { selector: ".release", style: { "border-style": "double", "border-width": 6 } },
      { selector: ".family", style: { "border-style": "dashed" } },
      { selector: ".dim", style: { opacity: 0.25 } },
      { selector: "node.way", style: { "background-color": colour("ground"), "border-width": 5, opacity: 1 } },
      { selector: "edge.way", style: { width: 4, "line-color": colour("against"), "target-arrow-color": colour("against"), opacity: 1 } },
      { selector: "node.match", style: { "border-width": 6, opacity: 1 } },
      { selector: ":selected", style: { "overlay-color": colour("focus"), "overlay-opacity": 0.18, "overlay-padding": 5 } },
    ];
  }

  function draw() {
    const parts = elements(), at = positions(parts);
    if (graph) graph.destroy(); else stage.replaceChildren();
    graph = cytoscape({ container: stage, elements: parts, style: style(), minZoom: 0.02, maxZoom: 3, layout: { name: "preset", positions: (node) => at(node.id()), fit: true, padding: 16 } });
    if (graph.zoom() > 1.15) { graph.zoom(1.15); graph.center(); }
    graph.on("tap", "node", (event) => choose(event.target.id()));
    graph.on("tap", (event) => { if (event.target === graph) { graph.elements().removeClass("dim way"); pressed(null); } });
    window.licgraph = { graph, data }; // for whoever wants to look further, from the console
  }

  function add(parent, tag, text) { const found = document.createElement(tag); if (text !== undefined) found.textContent = text; parent.append(found); return found; }
  function named(parent, tag, text) { const found = add(parent, tag); add(found, "bdi", text); return found; }
  function list(parent, title, rows) {
    if (!rows.length) return;
    add(parent, "h4", title);
    const items = add(parent, "ul");
    rows.forEach((row) => named(items, "li", row));
  }

  function choose(id) {
    panel.replaceChildren();
    if (graph.getElementById(id).nonempty()) { graph.$(":selected").unselect(); graph.getElementById(id).select(); }
    if (id[0] === "f") return chooseFamily(Number(id.slice(1)));
    const n = Number(id.slice(1)), node = data.nodes[n], now = data.views[view];
    named(panel, "h3", node.name);
    const facts = add(panel, "dl");
    [["id", node.id], ["kind", node.kind + (node.ours ? ", ours" : "")], ["licence", node.license], ["stated in", node.where], ["source", node.source]].forEach(([key, value]) => { if (value) { add(facts, "dt", key); named(facts, "dd", value); } });
    const mine = now.blockers.map((b, i) => [b, i]).filter(([b]) => b.path.includes(n));
    if (mine.length) {
      add(panel, "h4", "On the path of");
      const items = add(panel, "ul");
      mine.slice(0, 20).forEach(([b, i]) => { const button = add(add(items, "li"), "button", b.text); button.type = "button"; button.addEventListener("click", () => light(i)); });
    }
    list(panel, "It asks for", now.owed[n] || []);
    list(panel, "Made from", data.edges.filter(([, target]) => target === n).slice(0, 40).map(([source, , relation]) => relation + ": " + data.nodes[source].name));
    list(panel, "Went into", data.edges.filter(([source]) => source === n).slice(0, 40).map(([, target, relation]) => data.nodes[target].name + " (" + relation + ")"));
    const way = wayOut(n);
    list(panel, "Way to the release", way.length > 1 ? [way.map((i) => data.nodes[i].name).join(" → ")] : []);
    const link = add(add(panel, "p"), "a", "in the list of components");
    link.href = "#c-" + n;
  }

  function chooseFamily(f) {
    const family = data.families[f];
    add(panel, "h3", family.label);
    add(panel, "p", "Folded: the same kind, under the same terms, used alike. " + data.nodes[family.members[0]].license);
    if (family.members.length <= 200) {
      const button = add(panel, "button", "Unfold");
      button.type = "button";
      button.addEventListener("click", () => { opened.add(f); draw(); });
    }
    list(panel, "Members", family.members.slice(0, 60).map((n) => data.nodes[n].name).concat(family.members.length > 60 ? ["and " + (family.members.length - 60) + " more"] : []));
  }

  // The shortest way from a component to the release.
  function wayOut(start) {
    const next = new Map();
    data.edges.forEach(([source, target]) => { if (!next.has(source)) next.set(source, []); next.get(source).push(target); });
    const from = new Map([[start, null]]), queue = [start];
    for (let head = 0; head < queue.length; head++) {
      if (queue[head] === data.release) break;
      (next.get(queue[head]) || []).forEach((n) => { if (!from.has(n)) { from.set(n, queue[head]); queue.push(n); } });
    }
    if (!from.has(data.release)) return [];
    const way = [];
    for (let n = data.release; n !== null; n = from.get(n)) way.unshift(n);
    return way;
  }

  function pressed(chosen) { document.querySelectorAll("button.path").forEach((b) => b.setAttribute("aria-pressed", String(b === chosen))); }

  function light(number) {
    const ids = data.views[view].blockers[number].path.map(drawnId);
    graph.elements().removeClass("way match").addClass("dim");
    const way = graph.collection();
    ids.forEach((id, i) => { way.merge(graph.getElementById(id)); if (i) way.merge(graph.getElementById(ids[i - 1] + ">" + id)); });
    way.removeClass("dim").addClass("way");
    graph.fit(way, 60);
    if (graph.zoom() > 1.15) { graph.zoom(1.15); graph.center(way); }
    pressed(document.querySelector(`button.path[data-view="${view}"][data-blocker="${number}"]`));
  }

  function search(word) {
    const matches = document.getElementById("matches"), wanted = word.trim().toLowerCase();
    matches.replaceChildren();
    graph.elements().removeClass("dim match way");
    document.getElementById("found").textContent = "";
    if (!wanted) return [];
    const found = data.nodes.map((node, n) => [node, n]).filter(([node]) => [node.name, node.id, node.license].some((t) => t.toLowerCase().includes(wanted))).map(([, n]) => n);
    const ids = new Set(found.map(drawnId));
    graph.batch(() => { graph.nodes().forEach((node) => { node.addClass(ids.has(node.id()) ? "match" : "dim"); }); });
    document.getElementById("found").textContent = found.length + " found";
    found.slice(0, 12).forEach((n) => {
      const button = add(matches, "button");
      button.type = "button";
      add(button, "bdi", short(data.nodes[n].name, 40));
      button.addEventListener("click", () => show(n));
    });
    return found;
  }

  function show(n) {
    const id = drawnId(n);
    graph.animate({ center: { eles: graph.getElementById(id) }, zoom: Math.max(graph.zoom(), 0.9), duration: 0 });
    choose(id);
    if (id[0] === "f") choose("n" + n);
  }

  const field = document.getElementById("find");
  field.addEventListener("input", () => search(field.value));
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); const found = search(field.value); if (found.length) show(found[0]); } if (event.key === "Escape") { field.value = ""; search(""); } });
  const zoom = (factor) => graph.zoom({ level: graph.zoom() * factor, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } });
  document.getElementById("zoom-in").addEventListener("click", () => zoom(1.3));
  document.getElementById("zoom-out").addEventListener("click", () => zoom(1 / 1.3));
  const unfold = document.getElementById("unfold");
  if (unfold) unfold.addEventListener("click", () => {
    const all = opened.size < data.families.length;
    data.families.forEach((_, f) => { if (all) opened.add(f); else opened.delete(f); });
    unfold.textContent = all ? "Fold alike components" : "Show each component";
    draw();
  });
  document.getElementById("fit").addEventListener("click", () => { graph.elements().removeClass("dim way match"); graph.fit(undefined, 16); pressed(null); });
  document.querySelectorAll("button.path").forEach((button) => button.addEventListener("click", () => { light(Number(button.dataset.blocker)); document.getElementById("graph").scrollIntoView(); }));

  function recolour() {
    graph.batch(() => graph.nodes().forEach((node) => {
      const id = node.id(), family = id[0] === "f" ? data.families[Number(id.slice(1))] : null, first = family ? family.members[0] : Number(id.slice(1));
      const state = family ? worst(family.members) : stateOf(first);
      node.removeClass("free owed open against").addClass(state);
      node.data("label", label(state, family ? family.label : data.nodes[first].name, data.nodes[first].license));
    }));
  }
  document.querySelectorAll("input[name=view]").forEach((input) => input.addEventListener("change", () => {
    view = Number(input.value);
    graph.elements().removeClass("dim way match");
    pressed(null);
    recolour();
    panel.replaceChildren();
    add(panel, "p", "Click a component to see its licence, what it asks for and its way to the release.");
  }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => graph.style(style()));

  let picture = null;
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((d) => { d.open = true; d.dataset.folded = ""; });
    graph.style(style());
    picture = document.createElement("img");
    picture.alt = "The stack as a graph";
    picture.src = graph.png({ full: true, scale: 2, maxWidth: 2400, maxHeight: 2400 });
    [...stage.children].forEach((child) => { child.hidden = true; child.style.display = "none"; });
    stage.append(picture);
  });
  window.addEventListener("afterprint", () => {
    if (picture) { picture.remove(); picture = null; [...stage.children].forEach((child) => { child.hidden = false; child.style.display = ""; }); }
    document.querySelectorAll("details[data-folded]").forEach((d) => { d.open = false; delete d.dataset.folded; });
    graph.style(style());
  });

  draw();
})();
