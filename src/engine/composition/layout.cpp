#include "engine/composition/layout.hpp"

#include <algorithm>
#include <utility>

#include "core/interned.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/engine/fields.hpp"

namespace gradus::engine::composition {

namespace {

using Parts = std::span<const std::unique_ptr<Program>>;

template <class Has>
std::vector<std::string> names_of(Parts parts, Has has) {
  std::vector<std::string> names;
  for (const auto& part : parts)
    if (has(*part)) names.emplace_back(part->name());
  return names;
}

/// Throws Error where several parts have what one may have.
template <class Has>
void check_alone(Parts parts, const char* what, Has has, const char* hint = "") {
  const std::vector<std::string> names = names_of(parts, has);
  if (names.size() > 1)
    throw Error(std::string("a composition takes one rule with ") + what + "; here are " + listed(names) +
                hint);
}

bool has_learning_rate(const Program& part) {
  return std::ranges::any_of(part.fields(), [](const FieldInfo& field) { return field.name == "lr"; });
}

/// As the compiler does of a Chain.
void check(Parts parts) {
  if (parts.size() > kMostLinks)
    throw Error("a composition has at most " + std::to_string(kMostLinks) + " links; here are " +
                std::to_string(parts.size()));
  check_alone(parts, "a learning rate", has_learning_rate, " (for momentum, heavy_ball has none)");
  check_alone(parts, "a point to evaluate at",
              [](const Program& part) { return part.has_evaluation_point(); });
  const auto is_matrix = [](const Program& part) { return part.is_matrix(); };
  const auto is_measured = [](const Program& part) { return !part.looks().empty(); };
  check_alone(parts, "a matrix to transform", is_matrix);
  const std::vector<std::string> matrix = names_of(parts, is_matrix), measured = names_of(parts, is_measured);
  if (!matrix.empty() && !measured.empty())
    throw Error("a composition takes a rule of matrices or rules that measure tensors, not both; here are " +
                listed(matrix) + " and " + listed(measured));
  const Program* sharing = nullptr;
  for (const auto& part : parts) {
    if (part->shared().empty()) continue;
    if (sharing != nullptr && sharing->shared_by() != part->shared_by())
      throw Error("rules of a composition share numbers with the group, or with the optimizer: not " +
                  std::string(sharing->name()) + " with the one and " + std::string(part->name()) +
                  " with the other");
    sharing = part.get();
  }
  for (const auto& part : parts.first(parts.size() - 1))
    if (part->kernels(Isa::baseline, Dtype::f32).direction == nullptr)
      throw Error(std::string(part->name()) +
                  " has no loop that only tells its direction: it can be the last "
                  "rule of a composition alone");
}

void check_sizes(const Layout& layout) {
  const auto check_count = [](const char* what, std::size_t count, std::size_t most) {
    if (count > most)
      throw Error(std::string("a composition keeps at most ") + std::to_string(most) + " " + what +
                  "; here are " + std::to_string(count));
  };
  check_count("arrays a parameter", layout.slots.size(), kMostSlots);
  check_count("numbers a parameter", layout.scalars.size(), kMostScalars);
  if (layout.looks.size() > kMostLooks)
    throw Error("a composition takes at most " + std::to_string(kMostLooks) +
                " looks before the sweep; here are " + std::to_string(layout.looks.size()));
}

/// Appends what the next part has of one sort, under names that nothing else has.
template <class T>
Place append(std::vector<T>& all, const std::vector<T>& its, std::vector<std::string>& taken) {
  const Place place{all.size(), its.size()};
  std::vector<std::string> names = distinct_names(its, taken);
  for (std::size_t i = 0; i < its.size(); ++i) {
    all.push_back(its[i]);
    all.back().name = std::move(names[i]);
  }
  return place;
}

void append_fields(Layout& layout, const Program& program, std::vector<std::string>& taken) {
  const std::vector<FieldInfo> fields = program.fields();
  std::vector<std::string> names = distinct_names(fields, taken);
  for (std::size_t i = 0; i < fields.size(); ++i)
    layout.fields.push_back({std::move(names[i]), fields[i].name, layout.parts.size()});
}

/// As Compiled does: slots have the first choice of names.
void append_state(Layout& layout, Parts programs) {
  std::vector<std::string> taken;
  std::size_t numbers = 0;
  layout.matrix = programs.size();
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const std::vector<SlotInfo>& slots = programs[i]->slots();
    layout.parts[i].slots = append(layout.slots, slots, taken);
    const auto over_lines = [](const SlotInfo& slot) { return slot.over != Over::element; };
    layout.parts[i].numbers = {numbers, static_cast<std::size_t>(std::ranges::count_if(slots, over_lines))};
    numbers += layout.parts[i].numbers.count;
    if (programs[i]->is_matrix()) layout.matrix = i;
  }
  if (layout.has_matrix())
    for (const std::string& name : programs[layout.matrix]->matrices()) {
      layout.matrices.push_back(distinct_name(name, taken));
      taken.push_back(layout.matrices.back());
    }
  for (std::size_t i = 0; i < programs.size(); ++i)
    layout.parts[i].scalars = append(layout.scalars, programs[i]->scalars(), taken);
  for (std::size_t i = 0; i < programs.size(); ++i)
    layout.parts[i].shared = append(layout.shared, programs[i]->shared(), taken);
}

Part part_of(const Program& program) {
  Part part{};
  for (std::size_t isa = 0; isa < kIsas; ++isa) {
    part.floats[isa] = program.kernels(static_cast<Isa>(isa), Dtype::f32);
    part.doubles[isa] = program.kernels(static_cast<Isa>(isa), Dtype::f64);
  }
  return part;
}

std::shared_ptr<const Layout> made_of(Parts programs) {
  check(programs);
  auto layout = std::make_shared<Layout>();
  std::vector<std::string> field_names;
  for (const auto& program : programs) {
    Part part = part_of(*program);
    constexpr std::size_t word = sizeof(void*);
    part.coefficients = {layout->coefficients, (program->coefficients_size() + word - 1) / word * word};
    layout->coefficients += part.coefficients.count;
    part.looks = {layout->looks.size(), program->looks().size()};
    layout->looks.insert(layout->looks.end(), program->looks().begin(), program->looks().end());
    layout->links.insert(layout->links.end(), program->links().begin(), program->links().end());
    append_fields(*layout, *program, field_names);
    layout->parts.push_back(part);
  }
  layout->name = joined_names(layout->links);
  append_state(*layout, programs);
  check_sizes(*layout);
  return layout;
}

}  // namespace

std::shared_ptr<const Layout> layout_for(Parts parts) {
  static Interned<std::vector<const void*>, Layout> layouts;
  std::vector<const void*> kinds;
  for (const auto& part : parts) kinds.push_back(part->kind());
  return layouts.of(std::move(kinds), [&] { return made_of(parts); });
}

}  // namespace gradus::engine::composition
