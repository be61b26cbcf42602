// A rule as a formula: what is accepted can be planned, and no instruction reads or writes outside of what there is.

#include <algorithm>

#include "formula/plan.hpp"
#include "fuzz.hpp"

namespace gradus::fuzz {

namespace {

void check_place(const formula::Place& place, const formula::Code& code, const formula::Plan& plan) {
  if (place.where == formula::Place::Where::slot)
    expect(place.number < code.kept.size(), "a slot that is there");
  if (place.where == formula::Place::Where::scratch)
    expect(place.number < plan.scratch || plan.scratch == 0, "a register that is there");
}

}  // namespace

void look_at(std::string_view text) {
  const auto code = accepted([&] { return formula::parse(text, {"lr", "beta1", "beta2"}); });
  if (!code) return;
  for (const formula::Sum& sum : code->sums)
    expect(sum.a < std::max<std::size_t>(code->sums.size(), 3) && sum.b < code->sums.size(),
           "a number that is there");
  const formula::Plan plan = formula::plan(*code);
  for (const formula::Instruction& i : plan.instructions) {
    for (const formula::Place& place : {i.out, i.a, i.b, i.c}) check_place(place, *code, plan);
    expect(i.out.where == formula::Place::Where::slot || i.out.where == formula::Place::Where::scratch,
           "g and x as they were");
    expect((i.k < code->sums.size() || i.k == 0) && (i.l < code->sums.size() || i.l == 0),
           "a coefficient that is there");
  }
  check_place(plan.direction, *code, plan);
}

}  // namespace gradus::fuzz
