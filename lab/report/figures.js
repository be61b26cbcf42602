// Draws the page's figures: each is a Vega-Lite document in the element after its drawing. Their colours are the
// page's CSS variables, so light, dark and paper need no drawing of their own.
(() => {
  const drawings = [...document.querySelectorAll(".drawing")];
  const chooser = document.querySelector(".isolate select");  // a page whose figures share no rules has none
  let figures = [];

  const valueOf = (spec, name) => spec.params.find((param) => param.name === name);

  // Vega-Lite fits figures of one panel to a width, but not small multiples.
  function fit(spec, width) {
    valueOf(spec, "page_width").value = width;
    if (spec.facet) spec.columns = width < 600 ? 1 : spec.columns;
    const panels = spec.facet ? spec.columns : 1;
    spec.config.view.continuousWidth = spec.facet ? Math.floor((width - 64) / panels - 24) : width;
    return spec;
  }

  function isolate(rule) {
    chooser.value = rule ?? "";
    for (const { view } of figures)
      if (view.signal("picked_rule_legend") !== rule) view.signal("picked_rule_legend", rule).runAsync();
  }

  async function draw(drawing) {
    const spec = fit(JSON.parse(drawing.nextElementSibling.textContent), drawing.clientWidth);
    const figure = await vegaEmbed(drawing, spec, {
      renderer: "svg", actions: false, defaultStyle: false, tooltip: { disableDefaultStyle: true },
      logLevel: 1,  // errors: that a mark has no data needs no word
    });
    if (chooser) figure.view.addSignalListener("picked_rule_legend", (_, rule) => isolate(rule));
    return figure;
  }

  let drawnWidth = 0;
  let drawn = Promise.resolve();  // one drawing after the other
  function drawAll() {
    if (drawings[0].clientWidth === drawnWidth) return;
    drawnWidth = drawings[0].clientWidth;
    drawn = drawn.then(async () => {
      figures.forEach((figure) => figure.finalize());
      figures = [];
      for (const drawing of drawings) {
        figures.push(await draw(drawing));
        await new Promise((go) => setTimeout(go));  // the page moves meanwhile
      }
      if (chooser) isolate(chooser.value || null);
    });
  }

  function offer(rules) {
    rules.forEach((rule) => chooser.add(new Option(rule, rule)));
    chooser.addEventListener("change", () => isolate(chooser.value || null));
    chooser.closest(".isolate").hidden = rules.length < 2;
  }

  if (drawings.length === 0) return;
  if (chooser) offer(valueOf(JSON.parse(drawings[0].nextElementSibling.textContent), "rules").value);
  drawAll();
  let soon = 0;
  new ResizeObserver(() => {
    clearTimeout(soon);
    soon = setTimeout(drawAll, 150);
  }).observe(drawings[0]);
})();
