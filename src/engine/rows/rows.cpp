#include "engine/rows/rows.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "engine/rows/row_sweep.hpp"
#include "gradus/core/error.hpp"

namespace gradus::engine {

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
  const bool all_follow = state->log.size() + 1 == StepLog::kMost;
  crew.prepare(std::max({elements_, work_, all_follow ? tensor.size * StepLog::kMost : 0}));
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
    if (tensors[i].row_state && tensors[i].row_state->caught_up()) prune_log(tensors[i], gradient(i), crew);
}

/// What no row lacks is forgotten; and so that the log has an end, all rows take its steps once in a while.
void Rows::prune_log(const Tensor& tensor, const Coalesced& gradient, Crew& crew) {
  StepLog& log = tensor.row_state->log;
  if (gradient.rows().size() == static_cast<std::size_t>(tensor.rows)) log.clear();
  if (log.size() == StepLog::kMost) catch_up(tensor, crew);
}

namespace {

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

}  // namespace

void Rows::catch_up(const Tensor& tensor, Crew& crew) {
  if (!tensor.row_state || tensor.row_state->log.size() == 0) return;
  bring_up(tensor, static_cast<std::size_t>(tensor.rows), elements_to_catch_up(tensor), crew,
           [](std::size_t row) { return static_cast<std::int64_t>(row); });
  tensor.row_state->log.clear();
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
  return tensor.row_state ? tensor.size * tensor.row_state->log.size() : 0;
}

}  // namespace gradus::engine
