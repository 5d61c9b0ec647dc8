"use strict";
/* Draws what the page's data block holds and links the map with its panel. Text from the data only ever goes through
   textContent (or plain(), for Plotly's own markup), so it stays text. */
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("report-data").textContent);
  const SYMBOLS = [["circle", "●"], ["square", "■"], ["diamond", "◆"], ["triangle-up", "▲"], ["cross", "✚"], ["x", "✖"]];
  const COLOURS = 10;
  const MARGIN = 12;
  const OTHER = "other labels";
  const TOUCH = matchMedia("(pointer: coarse)").matches;
  const CONFIG = { displayModeBar: false, displaylogo: false, responsive: true };

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const faded = (colour, alpha) => colour + Math.round(255 * alpha).toString(16).padStart(2, "0");

  function layout(extra) {
    const font = { family: css("--sans"), size: 12, color: css("--muted") };
    const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zeroline: false, automargin: false, fixedrange: true };
    return {
      font, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: false,
      hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { ...font, color: css("--ink") } },
      ...extra, xaxis: { ...axis, ...extra.xaxis }, yaxis: { ...axis, ...extra.yaxis },
    };
  }

  function drawCurves() {
    data.curves.forEach((panel, index) => {
      const traces = [];
      panel.lines.forEach((line, place) => {
        const colour = css(place ? "--negative" : "--positive");
        const one = { x: line.x, mode: line.x.length > 1 ? "lines" : "markers", type: "scatter", name: plain(line.name) };
        const style = { color: colour, width: 2, dash: place ? "dash" : "solid" };
        if (line.smooth) {
          traces.push({ ...one, y: line.y, line: { color: faded(colour, 0.35), width: 1 } });
          traces.push({ ...one, y: line.smooth, name: "average", line: style });
        } else {
          traces.push({ ...one, y: line.y, line: style, marker: { color: colour, size: 8 } });
        }
      });
      Plotly.react(byId(`plot-curve-${index}`), traces, layout({
        margin: { l: 52, r: 10, t: 10, b: 26 }, hovermode: "x unified",
        xaxis: { nticks: 6, hoverformat: ",d", unifiedhovertitle: { text: "step %{x}" } },
        yaxis: { nticks: 5, exponentformat: "power" },
      }), CONFIG);
    });
  }

  function drawSimilarities() {
    data.similarities.forEach((moment, index) => {
      const trace = (name, y, dash) => {
        const colour = css(`--${name}`);
        return {
          x: moment.x, y, name: `${name} pairs`, type: "scatter", mode: "lines", fill: "tozeroy", fillcolor: faded(colour, 0.22),
          line: { color: colour, width: 2, shape: "hvh", dash }, hovertemplate: "%{y:.1f} %",
        };
      };
      const traces = [trace("negative", moment.negative, "dash"), trace("positive", moment.positive, "solid")];
      Plotly.react(byId(`plot-similarity-${index}`), traces, layout({
        margin: { l: 46, r: 18, t: 16, b: 40 }, hovermode: "x unified",
        xaxis: { range: moment.range, hoverformat: ".2f", title: { text: "cosine similarity", standoff: 6 } },
        yaxis: { rangemode: "tozero", nticks: 5, ticksuffix: " %" },
      }), CONFIG);
    });
  }

  function drawCharts() {
    data.charts.forEach((chart) => {
      const traces = chart.series.map((one, place) => {
        const colour = css(place ? "--negative" : "--positive");
        const ends = one.low.length ? {
          type: "data", symmetric: false, color: css("--muted"), thickness: 1.2, width: 2,
          array: one.high.map((high, index) => high - one.y[index]), arrayminus: one.low.map((low, index) => one.y[index] - low),
        } : undefined;
        const x = one.x.map((value) => (typeof value === "string" ? plain(value) : value));
        const common = { x, y: one.y, name: plain(one.name), error_y: ends };
        if (chart.bars) return { ...common, type: "bar", marker: { color: faded(colour, 0.8) } };
        return { ...common, type: "scatter", mode: "lines", line: { color: colour, width: 2, dash: place ? "dash" : "solid" } };
      });
      Plotly.react(byId(`plot-chart-${chart.place}`), traces, layout({
        margin: { l: 58, r: 12, t: 10, b: 46 }, hovermode: "closest", barmode: "group",
        xaxis: {
          title: { text: plain(chart.x_name), standoff: 8 }, type: chart.log_x ? "log" : undefined,
          automargin: true, nticks: chart.log_x ? undefined : 8,
        },
        yaxis: { title: { text: plain(chart.y_name), standoff: 6 }, nticks: 5 },
      }), CONFIG);
    });
  }

  const map = data.map;
  const state = { shown: 0, held: false, hidden: new Set(), picture: null, wanted: "" };
  const groupOf = (point) => Math.min(map.label[point], map.groups);

  function mark(group) {
    if (group >= map.groups) return { colour: css("--quiet"), symbol: SYMBOLS[0] };
    return { colour: css(`--c${group % COLOURS}`), symbol: SYMBOLS[Math.floor(group / COLOURS) % SYMBOLS.length] };
  }

  function matches(point) {
    if (!state.wanted) return true;
    const words = [map.texts && map.texts[point], map.names && map.names[map.label[point]], String(point + 1)];
    return words.some((word) => word && word.toLowerCase().includes(state.wanted));
  }

  /* The groups stay the same list under a filter: who draws or counts them holds on to it. */
  function gather(groups) {
    groups.forEach((group) => group.splice(0));
    map.x.forEach((_, point) => { if (matches(point)) groups[map.names ? groupOf(point) : 0].push(point); });
    return groups;
  }

  function members() {
    const count = map.names ? map.groups + (map.names.length > map.groups ? 1 : 0) : 1;
    return gather(Array.from({ length: count }, () => []));
  }

  function drawMap(groups) {
    const count = map.x.length;
    const size = count <= 400 ? 9 : count <= 2500 ? 6.5 : count <= 6000 ? 5 : 4;
    const traces = groups.map((points, group) => {
      const { colour, symbol } = map.names ? mark(group) : { colour: css("--c0"), symbol: SYMBOLS[0] };
      return {
        x: points.map((point) => map.x[point]), y: points.map((point) => map.y[point]), customdata: points,
        type: "scatter", mode: "markers", hoverinfo: "none", visible: !state.hidden.has(group),
        marker: { color: colour, symbol: symbol[0], size, opacity: count > 6000 ? 0.65 : 0.8, line: { width: 0 } },
      };
    });
    const annotations = map.anchors.flatMap((anchor, group) => (!anchor || state.hidden.has(group) ? [] : [{
      x: anchor[0], y: anchor[1], text: `<b>${plain(map.names[group].slice(0, 28))}</b>`, showarrow: false, captureevents: false,
      font: { size: 13, color: css("--ink") }, bgcolor: faded(css("--card"), 0.8), borderpad: 2,
    }]));
    const bare = { visible: false, fixedrange: false };
    return Plotly.react(byId("plot-map"), traces, layout({
      margin: { l: MARGIN, r: MARGIN, t: MARGIN, b: MARGIN }, hovermode: "closest", hoverdistance: 24, dragmode: TOUCH ? false : "pan", uirevision: "map",
      xaxis: { ...bare }, yaxis: { ...bare, scaleanchor: "x" }, annotations,
      modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--quiet"), activecolor: css("--accent") },
    }), {
      ...CONFIG, displayModeBar: true,
      modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"]],
      toImageButtonOptions: { filename: "embedding-map", scale: 2 },
    });
  }

  /* The ring around the shown dot is ours: as a Plotly shape, moving it would draw all dots again. */
  function placeRing() {
    const { xaxis, yaxis } = byId("plot-map")._fullLayout;
    const ring = byId("ring");
    ring.hidden = false;
    ring.style.left = `${MARGIN + xaxis.c2p(map.x[state.shown])}px`;
    ring.style.top = `${MARGIN + yaxis.c2p(map.y[state.shown])}px`;
  }

  function drawThumbnail(point) {
    const { width, height, columns, crisp } = map.sheet;
    const canvas = byId("thumbnail");
    const factor = crisp ? Math.max(1, Math.floor(452 / Math.max(width, height))) : 2;
    canvas.width = width * factor;
    canvas.height = height * factor;
    canvas.classList.toggle("crisp", crisp);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = !crisp;
    context.drawImage(state.picture, (point % columns) * width, Math.floor(point / columns) * height, width, height,
      0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", `Picture of example ${point + 1}`);
  }

  function show(point) {
    state.shown = point;
    byId("example").value = point + 1;
    if (map.texts) byId("text").textContent = map.texts[point];
    if (map.sheet && state.picture) drawThumbnail(point);
    if (map.names) {
      const { colour, symbol } = mark(groupOf(point));
      byId("label").textContent = map.names[map.label[point]];
      byId("label-mark").textContent = symbol[1];
      byId("label-mark").style.color = colour;
    }
    placeRing();
  }

  function hold(on) {
    state.held = on;
    const pointer = on ? "Held. Click its dot again to let go." : "Point at a dot to see it here; click to hold it.";
    byId("hint").textContent = TOUCH ? "Tap a dot to see it here." : pointer;
  }

  function button(text, pressed, action) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    if (pressed !== null) element.setAttribute("aria-pressed", String(pressed));
    element.addEventListener("click", action);
    return element;
  }

  function drawLegend(groups) {
    const legend = byId("legend");
    const all = () => groups.forEach((_, group) => state.hidden.delete(group));
    const none = () => groups.forEach((_, group) => state.hidden.add(group));
    const update = (change) => () => { change(); drawMap(groups); drawLegend(groups); };
    const focused = [...legend.children].indexOf(document.activeElement);
    legend.replaceChildren(button("All", null, update(all)), button("None", null, update(none)));
    [...legend.children].forEach((element) => element.classList.add("all"));
    groups.forEach((points, group) => {
      const { colour, symbol } = mark(group);
      const toggle = () => state.hidden.delete(group) || state.hidden.add(group);
      const chip = button("", !state.hidden.has(group), update(toggle));
      const glyph = Object.assign(document.createElement("span"), { textContent: symbol[1] });
      const total = Object.assign(document.createElement("small"), { textContent: points.length.toLocaleString("en") });
      glyph.style.color = colour;
      glyph.setAttribute("aria-hidden", "true");
      chip.append(glyph, ` ${group < map.groups ? map.names[group] : OTHER} `, total);
      legend.append(chip);
    });
    if (focused >= 0) legend.children[focused].focus();
  }

  function linkMap(groups) {
    const plot = byId("plot-map");
    const wrap = (point) => (point + map.x.length) % map.x.length;
    const pointOf = (event) => event.points[0].customdata;
    plot.on("plotly_hover", (event) => { if (!state.held || TOUCH) show(pointOf(event)); });
    plot.on("plotly_click", (event) => { hold(!state.held || pointOf(event) !== state.shown); show(pointOf(event)); });
    plot.on("plotly_afterplot", placeRing);
    plot.on("plotly_relayouting", () => { byId("ring").hidden = true; });
    byId("previous").addEventListener("click", () => { hold(true); show(wrap(state.shown - 1)); });
    byId("next").addEventListener("click", () => { hold(true); show(wrap(state.shown + 1)); });
    byId("example").addEventListener("change", (event) => {
      const wanted = Math.round(Number(event.target.value)) || 1;
      hold(true);
      show(Math.min(Math.max(wanted, 1), map.x.length) - 1);
    });
    if (map.names) drawLegend(groups);
    byId("filter").addEventListener("input", (event) => {
      state.wanted = event.target.value.trim().toLowerCase();
      gather(groups);
      const left = groups.reduce((total, group) => total + group.length, 0);
      byId("left").textContent = state.wanted ? `${left.toLocaleString("en")} of ${map.x.length.toLocaleString("en")} shown` : "";
      drawMap(groups);
      if (map.names) drawLegend(groups);
      const first = groups.find((group) => group.length);
      if (first && !matches(state.shown)) show(first[0]);
    });
    if (map.sheet) {
      const picture = new Image();
      picture.addEventListener("load", () => { state.picture = picture; drawThumbnail(state.shown); });
      picture.src = map.sheet.uri;
    }
    hold(false);
    show(0);
  }

  function copyButtons() {
    document.querySelectorAll("[data-copy]").forEach((element) => {
      const source = byId(element.dataset.copy);
      const say = (words) => { element.textContent = words; setTimeout(() => { element.textContent = "Copy"; }, 1600); };
      const select = () => { getSelection().selectAllChildren(source); say("Selected"); };
      element.addEventListener("click", () => {
        if (!navigator.clipboard) return select();
        return navigator.clipboard.writeText(source.textContent).then(() => say("Copied"), select);
      });
    });
  }

  copyButtons();
  const groups = map ? members() : [];
  const draw = () => { drawCurves(); drawSimilarities(); drawCharts(); return map ? drawMap(groups) : null; };
  draw();
  if (map) linkMap(groups);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    draw();
    if (map && map.names) { drawLegend(groups); show(state.shown); }
  });
})();
