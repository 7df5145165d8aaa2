// Draws the page's Plotly figures in the colours of its theme, and shows their data as tables.
import { language, words } from "./words.js";

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

/** A colour of app.css as the theme in force has it. */
function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

let plotly = null;
function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = words.plotly;
    script.onload = () => resolve(registerLocale(window.Plotly));
    script.onerror = () => reject(new Error("plotly"));
    document.head.append(script);
  });
  return plotly;
}

function registerLocale(Plotly) {
  if (language === "en") return Plotly; // built in
  const names = (field, style, count) =>
    Array.from({ length: count }, (_, i) =>
      // 1 January 2023 was a Sunday, so the same number counts both days and months.
      new Intl.DateTimeFormat(language, { [field]: style }).format(
        field === "month" ? new Date(2023, i, 15) : new Date(2023, 0, 1 + i),
      ),
    );
  Plotly.register({
    moduleType: "locale",
    name: language,
    dictionary: {},
    format: {
      days: names("weekday", "long", 7),
      shortDays: names("weekday", "short", 7),
      months: names("month", "long", 12),
      shortMonths: names("month", "short", 12),
      date: "%Y/%m/%d",
    },
  });
  return Plotly;
}

const DAY = 86400000;
const TICKS = {
  ja: [
    { dtickrange: [null, 27 * DAY], value: "%-m/%-d" },
    { dtickrange: ["M1", "M11"], value: "%Y/%-m" },
    { dtickrange: ["M12", null], value: "%Y年" },
  ],
  en: [
    { dtickrange: [null, 27 * DAY], value: "%b %-d" },
    { dtickrange: ["M1", "M11"], value: "%b %Y" },
    { dtickrange: ["M12", null], value: "%Y" },
  ],
};
// Bands differ by hatching too, for those who do not see the colours.
const HATCH = { yellow: "/", red: "x" };
const SERIES = ["accent", "series-2", "series-3", "series-4", "muted"];

function painted(trace, index) {
  const role = trace.meta?.role ?? SERIES[index % SERIES.length];
  if (["heatmap", "contour", "histogram2d"].includes(trace.type)) {
    return {
      colorscale: [[0, colour("sunken")], [1, colour("accent")]],
      colorbar: { outlinewidth: 0, thickness: 10, tickfont: { color: colour("muted") } },
      xgap: 1,
      ygap: 1,
      ...trace,
    };
  }
  const tone = colour({ second: "series-2", third: "series-3", none: "line-strong" }[role] ?? role);
  const result = { ...trace, marker: { color: tone, ...trace.marker } };
  if (trace.type === "bar" || trace.type === "histogram") {
    result.insidetextfont = { color: colour("accent-ink"), ...trace.insidetextfont };
    const shape = HATCH[role];
    if (shape) {
      result.marker.pattern = { shape, size: 6, solidity: 0.18, fgcolor: colour("surface"), fillmode: "overlay" };
    }
  } else if (trace.type === "pie") {
    result.marker = { colors: SERIES.map(colour), ...trace.marker };
  } else {
    result.line = { color: tone, width: 1.75, ...trace.line };
    if (trace.fill) {
      result.fillcolor ??= tone.replace("rgb(", "rgba(").replace(")", ", 0.12)");
    }
  }
  return result;
}

/** Formats of an axis's ticks: days and months as the language writes them, amounts in full. */
function ticks(key, given, traces) {
  if (given.tickformat || given.ticktext || given.type === "category") return {};
  const isDated = given.type === "date" || traces.some((trace) => ISO_DAY.test(trace[key[0]]?.[0]));
  return isDated ? { tickformatstops: TICKS[language] ?? TICKS.en } : { tickformat: ",.10~g" };
}

const ISO_DAY = /^\d{4}-\d\d-\d\d/;

/** So many labels as fit beside each other in `width` pixels: a period is read, not turned. */
function labelsThatFit(key, given, traces, width) {
  if (key !== "xaxis" || given.type !== "category") return {};
  const labels = [...new Set(traces.flatMap((trace) => trace.x ?? []))].map(String);
  const isMap = traces.some((trace) => trace.type === "heatmap");
  const beside = isMap ? widest(traces.flatMap((trace) => trace.y ?? [])) + 72 : 40;
  const fitting = Math.max(2, Math.floor((width - beside) / (widest(labels) + 8)));
  // a few bars each have a name; of periods a reader knows those between
  const mayThin = labels.length > FEW_LABELS || traces.every((trace) => trace.type !== "bar");
  return mayThin && labels.length > fitting ? { nticks: fitting, tickangle: 0 } : {};
}

const FEW_LABELS = 8;
const pen = document.createElement("canvas").getContext("2d");
function widest(labels) {
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(0, ...labels.map((label) => pen.measureText(label).width));
}

function axis(given = {}) {
  return {
    automargin: true,
    gridcolor: colour("line"),
    linecolor: colour("line-strong"),
    zerolinecolor: colour("line-strong"),
    fixedrange: true,
    ...given,
    title: { font: { size: 12, color: colour("muted") }, standoff: 8, ...titleOf(given.title) },
    tickfont: { color: colour("muted"), ...given.tickfont },
  };
}

function titleOf(title) {
  return typeof title === "string" ? { text: title } : title;
}

function arranged(layout, traces, width) {
  const axes = Object.fromEntries(
    ["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis\d+$/.test(key))].map((key) => [
      key,
      axis({
        ...ticks(key, layout[key] ?? {}, traces),
        ...labelsThatFit(key, layout[key] ?? {}, traces, width),
        ...layout[key],
      }),
    ]),
  );
  return {
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 8, r: 8, t: 8, b: 8, pad: 4 },
    bargap: 0.25,
    hovermode: "closest",
    dragmode: false,
    showlegend: traces.filter((trace) => trace.name && trace.showlegend !== false).length > 1,
    ...layout,
    ...axes,
    separators: ".,",
    // a label that a narrow bar would shrink below this is left to the tooltip and the table
    uniformtext: { minsize: 11, mode: "hide", ...layout.uniformtext },
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink"), ...layout.font },
    hoverlabel: {
      bgcolor: colour("surface"),
      bordercolor: colour("line-strong"),
      font: { color: colour("ink"), size: 12 },
      namelength: -1,
    },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { color: colour("muted") }, ...layout.legend },
  };
}

async function drawOne(chart) {
  const plot = chart.querySelector("[data-chart-plot]");
  const figure = JSON.parse(chart.querySelector("[data-chart-figure]").textContent);
  try {
    const Plotly = await loadPlotly();
    const traces = figure.data.map(painted);
    await Plotly.react(plot, traces, arranged(figure.layout, traces, plot.clientWidth), {
      displayModeBar: false,
      responsive: true,
      locale: language,
      showTips: false,
    });
  } catch (error) {
    console.error(error);
    plot.textContent = words.undrawn;
    showTable(chart, true);
    return;
  }
  if (chart.dataset.drawn) return;
  chart.dataset.drawn = "yes";
  // A point whose customdata is an address of this site opens it.
  plot.on("plotly_click", ({ points }) => {
    const address = points[0]?.customdata;
    if (typeof address === "string" && /^\/(?!\/)/.test(address)) location.assign(address);
  });
}

function showTable(chart, isShown) {
  chart.querySelector(".plot-table").hidden = !isShown;
  chart.querySelector("[data-chart-plot]").hidden = isShown;
  chart.querySelector("[data-chart-switch]").setAttribute("aria-pressed", String(isShown));
  if (!isShown && chart.dataset.drawn) {
    loadPlotly().then((Plotly) => Plotly.Plots.resize(chart.querySelector("[data-chart-plot]")));
  }
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      drawOne(entry.target);
    }
  },
  { rootMargin: "200px" },
);

/** Draw the charts that are not drawn yet, as they come into view. */
export function draw() {
  for (const chart of document.querySelectorAll("[data-chart]:not([data-watched])")) {
    chart.dataset.watched = "yes";
    seen.observe(chart);
  }
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-chart-switch]");
  if (control) showTable(control.closest("[data-chart]"), control.getAttribute("aria-pressed") !== "true");
});

new MutationObserver(() => {
  document.querySelectorAll("[data-chart][data-drawn]").forEach(drawOne);
}).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
