"use strict";
/* Quality against cost: one point a candidate, its interval as a whisker. Names only ever go through plain(), so they
   stay text. */
(() => {
  const drawings = JSON.parse(document.getElementById("report-data").textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const LOOKS = {
    best: { colour: "--accent", symbol: "circle", size: 13 },
    tied: { colour: "--positive", symbol: "circle-open", size: 12 },
    worse: { colour: "--quiet", symbol: "x", size: 9 },
  };

  function draw() {
    drawings.forEach((drawing, index) => {
      const traces = drawing.points.map((point) => {
        const look = LOOKS[point.standing];
        return {
          x: [point.x], y: [point.y], text: [plain(point.name)], type: "scatter", mode: "markers+text",
          textposition: "top center", textfont: { color: css("--ink"), size: 12 }, cliponaxis: false,
          marker: { color: css(look.colour), symbol: look.symbol, size: look.size },
          error_y: { type: "data", symmetric: false, array: [point.up], arrayminus: [point.down], color: css(look.colour), thickness: 1.5, width: 4 },
          hovertemplate: `<b>${plain(point.name)}</b><br>%{y:.3f} at %{x:.3g}<extra></extra>`,
        };
      });
      const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zeroline: false, automargin: true, fixedrange: true };
      Plotly.react(document.getElementById(`plot-${index}`), traces, {
        font: { family: css("--sans"), size: 12, color: css("--muted") }, showlegend: false, dragmode: false,
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 56, r: 30, t: 24, b: 46 },
        hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--ink") } },
        xaxis: { ...axis, rangemode: "tozero", title: { text: plain(drawing.title), standoff: 8 } },
        yaxis: { ...axis, title: { text: plain(drawing.measure), standoff: 8 } },
      }, { displayModeBar: false, displaylogo: false, responsive: true });
    });
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
