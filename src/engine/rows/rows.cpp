#include "engine/rows/rows.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "engine/rows/row_sweep.hpp"
#include "gradus/core/error.hpp"

namespace gradus::engine {

namespace {

/// Steps that the rows from `first` to before `last` lack until step t, times their elements.
std::size_t work_on(const Tensor& tensor, std::int64_t t, std::int64_t first, std::int64_t last) {
  std::size_t steps = 0;
  for (std::int64_t row = first; row < last; ++row) steps += tensor.row_state->steps_to(t, row);
  return steps * static_cast<std::size_t>(tensor.columns);
}

/// Brings rows to the tensor's last step: row_of(i) for i < count. They take steps of `work` elements in all.
template <class F>
void bring_up(const Tensor& tensor, std::size_t count, std::size_t work, Crew& crew, F row_of) {
  const std::size_t a_task = std::max<std::size_t>(1, kTask * count / std::max<std::size_t>(1, work));
  crew.run((count + a_task - 1) / a_task, work, [&](std::size_t task) {
    RowSweep sweep(tensor);
    for (std::size_t i = task * a_task; i < std::min((task + 1) * a_task, count); ++i)
      sweep.catch_up(row_of(i), tensor.clock->t);
  });
}

/// The rows from `first` to before `last`.
void bring_up(const Tensor& tensor, std::int64_t first, std::int64_t last, Crew& crew) {
  const std::size_t work = work_on(tensor, tensor.clock->t, first, last);
  if (work == 0) return;
  bring_up(tensor, static_cast<std::size_t>(last - first), work, crew,
           [&](std::size_t i) { return first + static_cast<std::int64_t>(i); });
}

}  // namespace

void Rows::clear() {
  count_ = elements_ = work_ = 0;
  shares_.clear();
  chunks_.clear();
}

void Rows::gather(std::size_t number, const Tensor& tensor, Crew& crew) {
  if (count_ == gathered_.size()) gathered_.emplace_back();
  Coalesced& gradient = gathered_[count_];
  gradient.gather(tensor, crew);
  places_.resize(std::max(places_.size(), number + 1));
  places_[number] = count_++;
  const std::size_t size = gradient.rows().size() * static_cast<std::size_t>(tensor.columns);
  elements_ += size;
  for (std::size_t offset = 0; offset < size; offset += kChunk)
    chunks_.push_back({number, offset, std::min(kChunk, size - offset)});
  RowState* const state = tensor.row_state.get();
  if (state == nullptr || !state->caught_up()) {
    share_out(number, tensor, gradient.rows(), [](std::int64_t) { return std::size_t{1}; });
    return crew.prepare(std::max(elements_, work_));
  }
  share_out(number, tensor, gradient.rows(),
            [&](std::int64_t row) { return state->steps_to(tensor.clock->t + 1, row); });
  state->log.reserve();
  const auto [first, last] = state->due(tensor.clock->t + 1);
  crew.prepare(std::max({elements_, work_, work_on(tensor, tensor.clock->t + 1, first, last)}));
}

/// `steps_of` says how many steps a row takes.
template <class F>
void Rows::share_out(std::size_t number, const Tensor& tensor, std::span<const std::int64_t> rows,
                     F steps_of) {
  const Blocks blocks(tensor);
  const std::size_t columns = std::max<std::size_t>(1, static_cast<std::size_t>(tensor.columns));
  for (std::size_t first = 0, last = 0; first < rows.size(); first = last) {
    std::size_t work = 0;
    while (last < rows.size() && work < kTask) work += steps_of(rows[last++]) * columns;
    last = blocks.end_of_stretch(rows, last - 1);
    work_ += work;
    shares_.push_back({number, first, last});
  }
}

void Rows::step(std::span<const Tensor> tensors, std::span<const std::size_t> with_rows, Crew& crew) {
  crew.run(shares_.size(), work_, [&](std::size_t i) {
    const Share& share = shares_[i];
    RowSweep(tensors[share.tensor], gathered_[places_[share.tensor]]).run(share.first, share.last);
  });
  for (const std::size_t i : with_rows)
    if (tensors[i].row_state && tensors[i].row_state->caught_up()) bring_up_due(tensors[i], crew);
}

/// The log has an end, so each step brings up some rows: none lacks more steps than the log has, and no step has
/// all of them to wait for.
void Rows::bring_up_due(const Tensor& tensor, Crew& crew) {
  const auto [first, last] = tensor.row_state->due(tensor.clock->t);
  bring_up(tensor, first, last, crew);
}

void Rows::catch_up(const Tensor& tensor, Crew& crew) {
  if (tensor.row_state && tensor.row_state->caught_up()) bring_up(tensor, 0, tensor.rows, crew);
}

void Rows::catch_up(const Tensor& tensor, std::span<const std::int64_t> rows, Crew& crew) {
  for (const std::int64_t row : rows)
    if (row < 0 || row >= tensor.rows)
      throw Error("there is no row " + std::to_string(row) + "; the rows are 0 to " +
                  std::to_string(tensor.rows - 1));
  if (!tensor.row_state || !tensor.row_state->caught_up()) return;
  const auto lacks = [&](std::int64_t row) { return tensor.row_state->steps_to(tensor.clock->t, row); };
  std::vector<std::int64_t> behind;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(behind), lacks);
  std::sort(behind.begin(), behind.end());
  behind.erase(std::unique(behind.begin(), behind.end()), behind.end());
  std::size_t work = 0;
  for (const std::int64_t row : behind) work += lacks(row) * static_cast<std::size_t>(tensor.columns);
  crew.prepare(work);
  bring_up(tensor, behind.size(), work, crew, [&](std::size_t i) { return behind[i]; });
}

std::size_t Rows::elements_to_catch_up(const Tensor& tensor) {
  if (!tensor.row_state || !tensor.row_state->caught_up()) return 0;
  return work_on(tensor, tensor.clock->t, 0, tensor.rows);
}

}  // namespace gradus::engine
