// results.json, and all that `gradus report` makes of it.

#include <span>

#include "fuzz.hpp"
#include "lab/report/figures/figure.hpp"
#include "lab/report/html.hpp"
#include "lab/report/summary.hpp"
#include "lab/report/terminal.hpp"
#include "lab/results/merge.hpp"
#include "lab/results/results.hpp"

namespace gradus::fuzz {

void look_at(std::string_view input) {
  const auto read = accepted([&] { return lab::from_text(input); });
  if (!read) return;
  const std::string text = lab::to_text(*read);
  expect(lab::to_text(lab::from_text(text)) == text, "the same results");

  lab::RaceResults results = lab::merged(std::span(&*read, 1));
  lab::summarize(results);
  expect(accepts([&] { lab::from_text(lab::to_text(results)); }), "summarized results that can be read");
  expect(!lab::terminal_report(results).empty(), "a table");
  expect(!lab::html_report(results, "").empty(), "a page");
  for (const lab::Figure& figure : lab::figures_of(results))
    expect(!lab::specification(figure, lab::names_of(results)).empty(), "a figure's document");
}

}  // namespace gradus::fuzz
