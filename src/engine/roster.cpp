#include "engine/roster.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>

namespace gradus::engine {

void Roster::plan(std::span<Tensor> tensors) {
  std::unordered_map<const Program*, std::shared_ptr<Clock>> unmoved;
  for (Tensor& t : tensors) {
    t.clock->present = 0;
    if (t.clock->t > 0 || !t.shares_clock()) continue;
    const std::shared_ptr<Clock>& common = unmoved.try_emplace(t.program, t.clock).first->second;
    --t.clock->tensors;
    ++common->tensors;
    t.clock = common;
  }
  with_rows_.reserve(tensors.size());
  of_clocks_.reserve(tensors.size());
}

void Roster::call(std::span<Tensor> tensors) {
  for (const std::size_t i : of_clocks_) tensors[i].clock->present = 0;
  elements_ = 0;
  with_rows_.clear();
  of_clocks_.clear();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i];
    if (!t.has_gradient()) continue;
    if (t.has_dense_gradient())
      elements_ += t.size;
    else
      with_rows_.push_back(i);
    if (t.clock->present++ == 0) of_clocks_.push_back(i);
  }
  const auto whole = [&](std::size_t i) { return tensors[i].clock->present == tensors[i].clock->tensors; };
  if (!std::all_of(of_clocks_.begin(), of_clocks_.end(), whole)) divide_clocks(tensors);
}

void Roster::divide_clocks(std::span<Tensor> tensors) {
  std::unordered_map<const Clock*, std::shared_ptr<Clock>> own;
  for (const std::size_t i : of_clocks_) {
    const Clock& clock = *tensors[i].clock;
    if (clock.present == clock.tensors) continue;
    const std::shared_ptr<Clock>& copy = own.emplace(&clock, std::make_shared<Clock>(clock)).first->second;
    copy->tensors = clock.present;
    copy->sweep.coefficients = copy->coefficients.data();
  }
  for (Tensor& t : tensors) {  // nothing fails any more
    if (!t.has_gradient()) continue;
    const auto found = own.find(t.clock.get());
    if (found == own.end()) continue;
    --t.clock->tensors;
    --t.clock->present;
    t.clock = found->second;
  }
}

}  // namespace gradus::engine
