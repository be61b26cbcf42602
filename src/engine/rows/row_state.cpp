#include "engine/rows/row_state.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace gradus::engine {

namespace {

template <class T>
void make_room(std::vector<T>& v, std::size_t more) {
  if (v.capacity() - v.size() < more) v.reserve(std::max(2 * v.capacity(), v.size() + more));
}

}  // namespace

// The log

void StepLog::reserve() {
  make_room(steps_, 1);
  make_room(coefficients_, coefficients_size_);
}

void StepLog::add(const Sweep& step) {
  const std::size_t i = size();
  steps_.push_back({step.lr, step.gain, i > 0 && is_like_last(step) ? steps_[i - 1].first_like : i});
  const auto* const coefficients = static_cast<const std::byte*>(step.coefficients);
  coefficients_.insert(coefficients_.end(), coefficients, coefficients + coefficients_size_);
}

void StepLog::clear() {
  steps_.clear();
  coefficients_.clear();
}

bool StepLog::is_like_last(const Sweep& step) const {
  const Sweep last = (*this)[size() - 1];
  const auto bits = [](double number) { return std::bit_cast<std::uint64_t>(number); };
  return bits(step.lr) == bits(last.lr) && step.gain == last.gain &&
         std::memcmp(step.coefficients, last.coefficients, coefficients_size_) == 0;
}

// The state

RowState::RowState(RowSteps which, const Program& rule, std::size_t rows)
    : kind(which), steps(rows), log(rule.coefficients_size()) {
  if (!own()) return;
  for (const ScalarInfo& scalar : rule.scalars()) scalars.emplace_back(rows, scalar.initial);
}

std::span<const std::int64_t> RowState::all() {
  if (all_.size() < steps.size()) {
    all_.resize(steps.size());
    std::iota(all_.begin(), all_.end(), 0);
  }
  return all_;
}

}  // namespace gradus::engine
