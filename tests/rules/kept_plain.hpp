#pragma once

// The plain reference on arrays of any type: it sees only what was kept of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gradus/engine/draws.hpp"
#include "rules/table.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {

inline constexpr std::uint64_t kSeed = 0x123456789;  ///< of the draws of what is compared with KeptPlain

/// What draws know a parameter by: FNV-1a of its name.
inline std::uint32_t key_of(const std::string& name) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

/// One parameter under a rule, run by the plain reference, which sees only what was kept of its arrays.
template <class T>
class KeptPlain {
 public:
  KeptPlain(const RuleRow& row, const Types& types, const Kept& x, std::string name, std::int64_t rows)
      : types_(types), name_(std::move(name)), x_(x) {
    if (types.state.keep_low_half) {
      x_ = Kept(Dtype::halves, x.n);
      x_.elements = x.elements;
    }
    plain_ = row.plain<T>(decoded<T>(x_, Isa::baseline), rows);
    for (const engine::SlotInfo& slot : row.rule.program().slots()) {
      const std::size_t number = slots_.size();
      const bool coded = slot.over == Over::element && slot.values != Values::precise;
      const Dtype dtype = coded ? slot_dtype(types.state.dtype, slot.values, kDtypeOf<T>) : kDtypeOf<T>;
      slots_.push_back({slot.name, coded, encoded<T>(dtype, plain_->slot(number), nullptr, Isa::baseline)});
    }
    matrices_ = row.rule.program().matrices();
  }

  /// Where `moved` says of each row whether it is moved: the others' numbers are taken back.
  void step(const Kept& g, std::int64_t steps, double gradient_norm, double gain,
            const std::vector<bool>& moved = {}) {
    ++t_;
    plain_->x() = decoded<T>(x_, Isa::baseline);
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].coded) plain_->slot(i) = decoded<T>(slots_[i].kept, Isa::baseline);
    std::vector<std::vector<T>> before{plain_->x()};
    for (std::size_t i = 0; i < slots_.size(); ++i) before.push_back(plain_->slot(i));
    plain_->step(decoded<T>(g, Isa::baseline), steps, gradient_norm, gain);
    if (!moved.empty()) {
      take_back(plain_->x(), before[0], moved);
      for (std::size_t i = 0; i < slots_.size(); ++i) take_back(plain_->slot(i), before[i + 1], moved);
    }
    keep(x_, plain_->x(), types_.state.parameter_rounding, 0, moved);
    for (std::size_t i = 0; i < slots_.size(); ++i)
      keep(slots_[i].kept, plain_->slot(i), types_.state.rounding, static_cast<std::uint32_t>(i + 1), moved);
  }

  /// As TypedBench::contents(), but for single numbers.
  Contents contents() {
    Contents all{{"x", x_.elements}};
    const auto add = [&](const std::string& name, const Kept& kept) {
      all[name] = kept.elements;
      all[name].insert(all[name].end(), kept.beside.begin(), kept.beside.end());
    };
    if (x_.dtype == Dtype::halves) add("float32_parameter", x_);
    for (const KeptSlot& slot : slots_) add(slot.name, slot.kept);
    for (std::size_t i = 0; i < matrices_.size(); ++i) {
      const std::vector<T>& matrix = plain_->slot(slots_.size() + i);
      all[matrices_[i]] = bytes_at(matrix.data(), matrix.size() * sizeof(T));
    }
    return all;
  }

 private:
  struct KeptSlot {
    std::string name;
    bool coded;
    Kept kept;
  };

  /// Of a number an element, or a number a row.
  static void take_back(std::vector<T>& numbers, const std::vector<T>& before,
                        const std::vector<bool>& moved) {
    const std::size_t a_row = numbers.size() / moved.size();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (!moved[i / a_row]) numbers[i] = before[i];
  }

  void keep(Kept& kept, const std::vector<T>& numbers, Rounding rounding, std::uint32_t array,
            const std::vector<bool>& moved) {
    std::vector<std::uint16_t> draws((numbers.size() + engine::kDrawGroup - 1) / engine::kDrawGroup *
                                     engine::kDrawGroup);
    engine::draw(Isa::baseline, {kSeed, t_, key_of(name_), array}, 0, numbers.size(), draws.data());
    const bool drawn = rounding == Rounding::stochastic;
    const Kept before = kept;
    kept = encoded<T>(kept.dtype, numbers, drawn ? draws.data() : nullptr, Isa::baseline);
    if (!moved.empty() && !kept.beside.empty()) keep_other_blocks(kept, before, moved);
  }

  /// Only those that elements of a moved row lie in are encoded again.
  static void keep_other_blocks(Kept& kept, const Kept& before, const std::vector<bool>& moved) {
    const Layout layout = layout_of(kept.dtype);
    const std::size_t a_row = kept.n / moved.size();
    for (std::size_t begin = 0; begin < kept.n; begin += layout.block) {
      const std::size_t end = std::min(begin + layout.block, kept.n);
      bool any = false;
      for (std::size_t i = begin; i < end; ++i) any = any || moved[i / a_row];
      if (any) continue;
      const auto copy = [](const auto& from, auto& to, std::size_t first, std::size_t n) {
        std::copy_n(from.data() + first, n, to.data() + first);
      };
      copy(before.elements, kept.elements, begin * layout.element_bytes,
           (end - begin) * layout.element_bytes);
      copy(before.beside, kept.beside, begin / layout.block * layout.beside_bytes, layout.beside_bytes);
    }
  }

  Types types_;
  std::string name_;
  Kept x_;
  std::unique_ptr<Plain<T>> plain_;
  std::vector<KeptSlot> slots_;
  std::vector<std::string> matrices_;
  std::uint64_t t_ = 0;
};

/// Names of single numbers, which the reference does not show, left out.
inline Contents only(const Contents& names, Contents all) {
  std::erase_if(all, [&](const auto& item) { return !names.contains(item.first); });
  return all;
}

/// Steps the rule on every instruction set and by the reference, and compares what there is in the end.
template <class T>
void expect_reference(const RuleRow& row, const Types& types, const Shape& shape, const std::string& where,
                      OptimizerOptions options = {}) {
  constexpr int kSteps = 3;
  options.maximize = true;
  options.seed = kSeed;
  std::deque<TypedBench> benches;
  for (const Isa isa : available_isas()) {
    options.isa = isa;
    benches.emplace_back(row.rule, types, std::vector<Shape>{shape}, options);
  }
  KeptPlain<T> plain(row, types, benches[0].x[0], "p0", shape[0]);
  for (int i = 0; i < kSteps; ++i) {
    StepReport report;
    for (TypedBench& bench : benches) report = bench.step(static_cast<std::uint64_t>(i));
    ASSERT_EQ(report.status, Status::applied) << report.message;
    plain.step(benches[0].g[0], i, report.gradient_norm, -1);
  }
  const Contents expected = plain.contents();
  for (std::size_t b = 0; b < benches.size(); ++b)
    EXPECT_EQ(differing(only(expected, benches[b].contents(0)), expected), "")
        << where << ", " << name_of(available_isas()[b]);
}

}  // namespace gradus::test
