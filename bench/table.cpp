#include "table.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "gradus/engine/versions.hpp"

namespace gradus::bench {

namespace {

constexpr std::size_t kRowsAhead = 8;  // as engine/rows has it
constexpr std::size_t kRowsATask = 512;

/// `zero` is 0, which the compiler does not know.
struct RewriteBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, std::uint32_t zero, std::uint32_t* words) {
    for (std::size_t i = 0; i < n; ++i) words[i] |= zero;
  }
};
struct ReadBody {
  [[gnu::always_inline]] static inline std::uint32_t run(std::size_t n, const std::uint32_t* words) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < n; ++i) bits |= words[i];
    return bits;
  }
};

/// An array with a row for each row of the table: elements, or one number.
struct Rewritten {
  std::uint32_t* words;
  std::size_t a_row;
};

void prefetch(const Rewritten& array, std::int64_t row) {
  const std::uint32_t* const from = array.words + static_cast<std::size_t>(row) * array.a_row;
  for (std::size_t i = 0; i < array.a_row; i += 16) __builtin_prefetch(from + i, 1);
}

}  // namespace

std::vector<std::int64_t> distinct_rows(std::int64_t rows, std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<std::int64_t> all;
  while (all.size() < count) {
    while (all.size() < count)
      all.push_back(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(rows)));
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  return all;
}

std::vector<std::int64_t> skewed_rows(std::int64_t rows, std::size_t count) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform;
  std::vector<std::int64_t> all(count);
  for (std::int64_t& row : all) {  // the rank is continuous: rows^u has the density 1 / rank
    const auto rank = static_cast<std::uint64_t>(std::pow(static_cast<double>(rows), uniform(random)));
    row = static_cast<std::int64_t>(rank * 0x9e3779b97f4a7c15 % static_cast<std::uint64_t>(rows));
  }
  return all;
}

Table::Table(std::int64_t rows, std::int64_t columns, const AnyRule& rule, NonFinite non_finite)
    : row_count_(rows),
      columns_(columns),
      table_(Dtype::f32, static_cast<std::size_t>(rows * columns)),
      optimizer_(rule, {.non_finite = non_finite}) {
  id_ = optimizer_.add("table", {rows, columns}, Elements(Dtype::f32, table_.data(), table_.size()), {});
}

void Table::give(std::vector<std::int64_t> rows) {
  rows_ = std::move(rows);
  values_.assign(rows_.size() * static_cast<std::size_t>(columns_), 0.01F);
  optimizer_.set_gradient(id_, {rows_, values_});
}

void Table::move_traffic() const {
  using Rewrite = void (*)(std::size_t, std::uint32_t, std::uint32_t*);
  using Read = std::uint32_t (*)(std::size_t, const std::uint32_t*);
  static const auto rewrite = engine::Versions<RewriteBody>::pick<Rewrite>(choose_isa());
  static const auto read = engine::Versions<ReadBody>::pick<Read>(choose_isa());
  static volatile std::uint32_t zero = 0;
  const auto columns = static_cast<std::size_t>(columns_);
  std::vector<Rewritten> arrays{{reinterpret_cast<std::uint32_t*>(table_.data()), columns}};
  for (const std::string& name : optimizer_.slots(id_)) {
    const StateView slot = optimizer_.state(id_, name);
    if (slot.shape.empty()) continue;
    auto* const words = static_cast<std::uint32_t*>(const_cast<void*>(slot.data));
    arrays.push_back({words, slot.size / static_cast<std::size_t>(row_count_)});
  }
  const std::size_t tasks = (rows_.size() + kRowsATask - 1) / kRowsATask;
  shared_executor()->run(tasks, [&](std::size_t task) {
    const std::size_t last = std::min((task + 1) * kRowsATask, rows_.size());
    for (std::size_t i = task * kRowsATask; i < last; ++i) {
      for (const Rewritten& array : arrays) {
        if (i + kRowsAhead < last) prefetch(array, rows_[i + kRowsAhead]);
        rewrite(array.a_row, zero, array.words + static_cast<std::size_t>(rows_[i]) * array.a_row);
      }
      benchmark::DoNotOptimize(
          read(columns, reinterpret_cast<const std::uint32_t*>(values_.data()) + i * columns));
    }
  });
}

}  // namespace gradus::bench
