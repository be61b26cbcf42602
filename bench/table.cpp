#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "traffic.hpp"

namespace gradus::bench {

namespace {

constexpr std::size_t kRowsAhead = 8;  // as engine/rows has it
constexpr std::size_t kRowsATask = 512;

void prefetch(const Array& array, std::size_t row) {
  for (std::size_t byte = 0; byte < array.bytes; byte += 64)
    __builtin_prefetch(array.data + row * array.bytes + byte, 1);
}

}  // namespace

std::vector<std::int64_t> distinct_rows(std::int64_t rows, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
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

Table::Table(std::int64_t rows, std::int64_t columns, const AnyRule& rule, const OptimizerOptions& options)
    : row_count_(rows),
      columns_(columns),
      table_(Dtype::f32, static_cast<std::size_t>(rows * columns)),
      optimizer_(rule, options) {
  id_ = optimizer_.add("table", {rows, columns}, Elements(Dtype::f32, table_.data(), table_.size()), {});
}

void Table::give(std::vector<std::int64_t> rows) {
  rows_ = std::move(rows);
  values_.assign(rows_.size() * static_cast<std::size_t>(columns_), 0.01F);
  optimizer_.set_gradient(id_, {rows_, values_});
}

/// Of arrays whose elements are rows.
void Table::move_traffic() const {
  const std::size_t a_row = static_cast<std::size_t>(columns_) * sizeof(float);
  const Array gradient{reinterpret_cast<std::byte*>(const_cast<float*>(values_.data())), a_row, false};
  std::vector<Array> arrays{{table_.data(), a_row, true}};
  for (const std::string& name : optimizer_.slots(id_)) {
    const StateView slot = optimizer_.state(id_, name);
    if (slot.shape.empty()) continue;
    const std::size_t numbers = slot.size / static_cast<std::size_t>(row_count_);
    arrays.push_back(
        {static_cast<std::byte*>(const_cast<void*>(slot.data)), numbers * bytes_of(slot.dtype), true});
  }
  const Mover move;
  const std::size_t tasks = (rows_.size() + kRowsATask - 1) / kRowsATask;
  shared_executor()->run(tasks, [&](std::size_t task) {
    const std::size_t last = std::min((task + 1) * kRowsATask, rows_.size());
    for (std::size_t i = task * kRowsATask; i < last; ++i) {
      for (const Array& array : arrays) {
        if (i + kRowsAhead < last) prefetch(array, static_cast<std::size_t>(rows_[i + kRowsAhead]));
        move(array, static_cast<std::size_t>(rows_[i]), 1);
      }
      move(gradient, i, 1);
    }
  });
}

}  // namespace gradus::bench
