/* Draws the figures of a report. The specifications stand in the page as JSON; nothing is loaded from elsewhere. */
(function () {
  "use strict";
  var root = document.documentElement;
  var figures = JSON.parse(document.getElementById("figures").textContent);
  var names = Object.keys(figures);
  var PRINT_PX = 690, PRINT_PAIR_PX = 330; /* A4 less its margins, at 96 dots per inch; one of two columns */
  var drawn = 0;

  root.dataset.errors = "0";
  window.addEventListener("error", function () {
    root.dataset.errors = String(Number(root.dataset.errors) + 1);
  });

  function narrow() { return window.innerWidth < 640; }

  function copy(value) { return JSON.parse(JSON.stringify(value)); }

  function layoutOf(spec, small) {
    var layout = copy(spec.layout);
    layout.height = small && spec.phone_height ? spec.phone_height : spec.height;
    layout.dragmode = small ? false : "zoom";
    Object.keys(layout).forEach(function (key) {
      if (/^[xy]axis/.test(key)) {
        layout[key].fixedrange = small || layout[key].fixedrange === true;
        if (small && layout[key].phone_ticks) { layout[key].nticks = layout[key].phone_ticks; }
        delete layout[key].phone_ticks;
      }
    });
    if (small) {
      layout.font.size = 11;
      layout.margin.l = Math.min(layout.margin.l, layout.phone_left || 44);
      layout.margin.r = Math.min(layout.margin.r, 8);
    }
    delete layout.phone_left;
    return layout;
  }

  function draw(name) {
    var place = document.getElementById(name);
    var small = narrow();
    place.textContent = "";
    return Plotly.newPlot(place, copy(figures[name].data), layoutOf(figures[name], small), {
      displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: "reset", displaylogo: false,
      showTips: false
    }).then(function () {
      drawn += 1;
      root.dataset.drawn = drawn + "/" + names.length;
    });
  }

  function drawAll() {
    var next = 0;
    function one() {
      if (next >= names.length) { return; }
      draw(names[next]).then(function () { next += 1; window.setTimeout(one, 0); });
    }
    one();
  }

  function printing(on) {
    document.querySelectorAll("details").forEach(function (d) {
      if (on && !d.open) { d.dataset.opened = "1"; d.open = true; }
      if (!on && d.dataset.opened) { delete d.dataset.opened; d.open = false; }
    });
    names.forEach(function (name) {
      var place = document.getElementById(name);
      if (!place.data) { return; }
      var width = place.closest(".pair") ? PRINT_PAIR_PX : PRINT_PX;
      var size = on ? { autosize: false, width: width, height: figures[name].height } : { autosize: true, width: null };
      Plotly.relayout(place, size);
    });
  }

  root.dataset.drawn = "0/" + names.length;
  window.addEventListener("beforeprint", function () { printing(true); });
  window.addEventListener("afterprint", function () { printing(false); });
  document.querySelectorAll("details").forEach(function (d) {
    d.addEventListener("toggle", function () {
      d.querySelectorAll(".plot").forEach(function (p) { if (p.data) { Plotly.Plots.resize(p); } });
    });
  });
  drawAll();
})();
