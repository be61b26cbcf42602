#include "engine/rows/rows.hpp"

#include <algorithm>

#include "engine/rows/row_sweep.hpp"

namespace gradus::engine {

void Rows::clear() {
  count_ = elements_ = 0;
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
  share_out(number, tensor, gradient);
  crew.prepare(elements_);
}

void Rows::share_out(std::size_t number, const Tensor& tensor, const Coalesced& gradient) {
  const Blocks blocks(tensor);
  const std::span<const std::int64_t> rows = gradient.rows();
  const auto columns = static_cast<std::size_t>(tensor.columns);
  const std::size_t a_task = std::max<std::size_t>(1, kTask / std::max<std::size_t>(1, columns));
  for (std::size_t first = 0, last = 0; first < rows.size(); first = last) {
    last = blocks.end_of_stretch(rows, std::min(first + a_task, rows.size()) - 1);
    shares_.push_back({number, first, last});
  }
}

void Rows::step(std::span<const Tensor> tensors, Crew& crew) {
  crew.run(shares_.size(), elements_, [&](std::size_t i) {
    const Share& share = shares_[i];
    RowSweep(tensors[share.tensor], gathered_[places_[share.tensor]]).run(share.first, share.last);
  });
}

}  // namespace gradus::engine
