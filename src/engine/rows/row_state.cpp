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

StepLog::StepLog(std::size_t coefficients_size, std::int64_t t) : coefficients_size_(coefficients_size) {
  const auto places = static_cast<std::size_t>(std::min(t, kMost));
  steps_.resize(places, Step{.lr = 0, .gain = 0, .first_like = 0});  // no step has a gain of 0: none is alike
  coefficients_.resize(places * coefficients_size);
}

void StepLog::reserve() {
  if (steps_.size() == static_cast<std::size_t>(kMost)) return;
  make_room(steps_, 1);
  make_room(coefficients_, coefficients_size_);
}

void StepLog::add(std::int64_t t, const Sweep& step) {
  const Step added{step.lr, step.gain, t > 1 && is_like(t - 1, step) ? first_like(t - 1) : t};
  if (t <= kMost) {
    steps_.push_back(added);
    coefficients_.resize(coefficients_.size() + coefficients_size_);
  } else {
    steps_[place(t)] = added;
  }
  if (coefficients_size_ > 0)
    std::memcpy(coefficients_.data() + place(t) * coefficients_size_, step.coefficients, coefficients_size_);
}

bool StepLog::is_like(std::int64_t t, const Sweep& step) const {
  const Sweep other = (*this)[t];
  const auto bits = [](double number) { return std::bit_cast<std::uint64_t>(number); };
  return bits(step.lr) == bits(other.lr) && step.gain == other.gain &&
         std::memcmp(step.coefficients, other.coefficients, coefficients_size_) == 0;
}

// The state

RowState::RowState(RowSteps which, const Program& rule, std::size_t rows)
    : kind(which), steps(rows), log(rule.coefficients_size()) {
  if (!own()) return;
  for (const ScalarInfo& scalar : rule.scalars()) scalars.emplace_back(rows, scalar.initial);
}

std::pair<std::int64_t, std::int64_t> RowState::due(std::int64_t t) const {
  const auto rows = static_cast<std::int64_t>(steps.size());
  const std::int64_t whole = rows / StepLog::kMost, rest = rows % StepLog::kMost;
  const auto before = [&](std::int64_t turn) { return whole * turn + rest * turn / StepLog::kMost; };
  const std::int64_t turn = (t - 1) % StepLog::kMost;
  return {before(turn), before(turn + 1)};
}

std::span<const std::int64_t> RowState::all() {
  if (all_.size() < steps.size()) {
    all_.resize(steps.size());
    std::iota(all_.begin(), all_.end(), 0);
  }
  return all_;
}

}  // namespace gradus::engine
