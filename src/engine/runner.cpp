#include "gradus/engine/runner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/workspaces.hpp"
#include "gradus/core/real.hpp"
#include "gradus/engine/float_environment.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

namespace {

/// Elements a task at least: some tens of microseconds of work.
constexpr std::size_t kTask = 4 * kChunk;
/// So few elements in all are not worth waking a thread.
constexpr std::size_t kAlone = kChunk;

double largest_of(Dtype dtype) {
  return with_type(dtype, []<class T>(T) { return static_cast<double>(std::numeric_limits<T>::max()); });
}

std::size_t elements_with_gradient(std::span<const Tensor> tensors) {
  std::size_t count = 0;
  for (const Tensor& tensor : tensors)
    if (tensor.g != nullptr) count += tensor.size;
  return count;
}

}  // namespace

/// A chunk of a tensor: where its part of each array begins.
struct Runner::Piece {
  std::size_t chunk, n;
  void* x;
  const void* g;
  void* direction;
  std::array<void*, kMostSlots> slots;

  Piece(const Tensor& tensor, std::size_t number, std::size_t offset, std::size_t size)
      : chunk(number),
        n(size),
        x(static_cast<std::byte*>(tensor.x) + offset * bytes_of(tensor.dtype)),
        g(static_cast<const std::byte*>(tensor.g) + offset * bytes_of(tensor.dtype)),
        direction(tensor.direction == nullptr
                      ? nullptr
                      : static_cast<std::byte*>(tensor.direction->data()) + offset * bytes_of(tensor.dtype)) {
    for (std::size_t i = 0; i < tensor.slot_arrays.size(); ++i)
      slots[i] = static_cast<std::byte*>(tensor.slot_arrays[i]) + offset * bytes_of(tensor.dtype);
  }
};

Runner::Runner(Isa isa, std::shared_ptr<Executor> executor)
    : isa_(isa),
      executor_(std::move(executor)),
      workspaces_(std::make_unique<Workspaces>()),
      surveys_{survey_for(isa, Dtype::f32), survey_for(isa, Dtype::f64)} {}

Runner::~Runner() = default;

void Runner::plan(std::span<const Tensor> tensors) {
  chunks_.clear();
  tasks_.clear();
  std::size_t room = 0, elements = 0, matrices = 0, workspace = 0;
  sums_a_chunk_ = 1;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    elements += tensors[i].size;
    sums_a_chunk_ = std::max(sums_a_chunk_, tensors[i].program->measures());
    if (tensors[i].program->is_matrix()) {
      ++matrices;
      workspace = std::max(workspace, bytes_of(tensors[i].dtype) *
                                          tensors[i].program->workspace(tensors[i].rows, tensors[i].columns));
    }
    for (std::size_t offset = 0; offset < tensors[i].size; offset += kChunk) {
      const std::size_t size = std::min(kChunk, tensors[i].size - offset);
      if (room == 0) {
        tasks_.push_back({chunks_.size(), chunks_.size()});
        room = kTask;
      }
      chunks_.push_back({i, offset, size});
      tasks_.back().last = chunks_.size();
      room -= std::min(room, size);
    }
  }
  results_.resize(chunks_.size() * sums_a_chunk_);
  sums_.resize(sums_a_chunk_);
  terms_.reserve(std::max(chunks_.size(), tensors.size()));
  if (!executor_ && elements > kAlone) executor_ = shared_executor();
  workspaces_->resize(std::min(matrices, std::max<std::size_t>(1, executor_ ? executor_->threads() : 1)),
                      workspace);
}

template <class F>
void Runner::run(std::size_t tasks, bool worth_threads, F f) {
  if (!worth_threads || tasks < 2) {
    const DefaultFloatEnvironment environment;
    for (std::size_t i = 0; i < tasks; ++i) f(i);
    return;
  }
  const auto guarded = [&](std::size_t i) {
    const DefaultFloatEnvironment environment;
    f(i);
  };
  executor_->run(tasks, std::cref(guarded));
}

/// Calls f(tensor, piece) for each chunk of each tensor that has a gradient.
template <class F>
void Runner::for_pieces(std::span<const Tensor> tensors, F f) {
  run(tasks_.size(), elements_with_gradient(tensors) > kAlone, [&](std::size_t task) {
    for (std::size_t i = tasks_[task].first; i < tasks_[task].last; ++i) {
      const Tensor& tensor = tensors[chunks_[i].tensor];
      if (tensor.g != nullptr) f(tensor, Piece(tensor, i, chunks_[i].offset, chunks_[i].size));
    }
  });
}

/// A finite norm says that every element is finite too: one look for both, unless a factor above 1 may take
/// an element out of its own type's range.
Runner::Finding Runner::survey(std::span<const Tensor> tensors, double factor, bool want_norm) {
  Finding finding{{}, want_norm ? norm(tensors, factor) : std::numeric_limits<double>::quiet_NaN()};
  if (!std::isfinite(finding.norm) || factor > 1) finding.non_finite = non_finite(tensors, factor);
  return finding;
}

std::vector<std::size_t> Runner::non_finite(std::span<const Tensor> tensors, double factor) {
  for_pieces(tensors, [&](const Tensor& tensor, const Piece& piece) {
    const Survey& look = surveys_[static_cast<std::size_t>(tensor.dtype)];
    const bool finite = look.finite(piece.n, piece.g) &&
                        (factor <= 1 || factor * look.largest(piece.n, piece.g) <= largest_of(tensor.dtype));
    results_[piece.chunk] = finite ? 1 : 0;
  });
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::size_t tensor = chunks_[i].tensor;
    const bool known = !found.empty() && found.back() == tensor;
    if (tensors[tensor].g != nullptr && results_[i] == 0 && !known) found.push_back(tensor);
  }
  return found;
}

/// Where the squares overflow though every gradient is finite (doubles beyond 1e154), all are scaled down
/// first.
double Runner::norm(std::span<const Tensor> tensors, double factor) {
  const double plain = root_of_squares(tensors, factor);
  if (!std::isinf(plain)) return plain;
  const double scale = largest(tensors);
  return std::isinf(scale) ? scale : root_of_squares(tensors, 1 / scale) * scale * factor;
}

/// A tree over the chunks of each tensor, and one over the tensors.
double Runner::root_of_squares(std::span<const Tensor> tensors, double factor) {
  for_pieces(tensors, [&](const Tensor& tensor, const Piece& piece) {
    results_[piece.chunk] =
        surveys_[static_cast<std::size_t>(tensor.dtype)].squares(piece.n, piece.g, factor);
  });
  terms_.clear();
  for (std::size_t first = 0, last = 0; first < chunks_.size(); first = last) {
    const std::size_t tensor = chunks_[first].tensor;
    while (last < chunks_.size() && chunks_[last].tensor == tensor) ++last;
    if (tensors[tensor].g != nullptr)
      terms_.push_back(tree_sum(std::span(results_).subspan(first, last - first)));
  }
  return sqrt(Real<double>{tree_sum(terms_)}).value;
}

double Runner::largest(std::span<const Tensor> tensors) {
  for_pieces(tensors, [&](const Tensor& tensor, const Piece& piece) {
    results_[piece.chunk] = surveys_[static_cast<std::size_t>(tensor.dtype)].largest(piece.n, piece.g);
  });
  double most = 0;
  for (std::size_t i = 0; i < chunks_.size(); ++i)
    if (tensors[chunks_[i].tensor].g != nullptr) most = std::max(most, results_[i]);
  return most;
}

void Runner::step(std::span<Tensor> tensors) {
  const auto has = [&](auto kernel) {
    return std::any_of(tensors.begin(), tensors.end(),
                       [&](const Tensor& t) { return t.g != nullptr && t.kernels.*kernel != nullptr; });
  };
  if (has(&Kernels::measure)) measure(tensors);
  if (has(&Kernels::transform)) transform(tensors);
  for_pieces(tensors, [](const Tensor& tensor, const Piece& p) {
    if (tensor.kernels.update != nullptr)
      tensor.kernels.update(tensor.sweep, p.n, p.x, p.g, p.slots.data());
    else
      tensor.kernels.after(tensor.sweep, p.n, p.x, p.direction, p.slots.data());
  });
}

/// The sums that measured rules ask for, and what these conclude from them.
void Runner::measure(std::span<Tensor> tensors) {
  for_pieces(tensors, [&](const Tensor& tensor, const Piece& p) {
    if (tensor.kernels.measure != nullptr)
      tensor.kernels.measure(tensor.sweep, p.n, p.x, p.g, p.slots.data(), &results_[p.chunk * sums_a_chunk_]);
  });
  for (std::size_t first = 0, last = 0; first < chunks_.size(); first = last) {
    Tensor& tensor = tensors[chunks_[first].tensor];
    while (last < chunks_.size() && &tensors[chunks_[last].tensor] == &tensor) ++last;
    if (tensor.g == nullptr || tensor.kernels.measure == nullptr) continue;
    for (std::size_t k = 0; k < tensor.program->measures(); ++k) {
      terms_.clear();
      for (std::size_t i = first; i < last; ++i) terms_.push_back(results_[i * sums_a_chunk_ + k]);
      sums_[k] = tree_sum(terms_);
    }
    tensor.program->conclude(tensor.coefficients.data(), sums_.data());
  }
}

/// The linear algebra of matrix rules: a tensor a task.
void Runner::transform(std::span<Tensor> tensors) {
  for_pieces(tensors, [](const Tensor& tensor, const Piece& p) {
    if (tensor.kernels.before != nullptr)
      tensor.kernels.before(tensor.sweep, p.n, p.x, p.g, p.slots.data(), p.direction);
  });
  run(tensors.size(), elements_with_gradient(tensors) > kAlone, [&](std::size_t i) {
    const Tensor& tensor = tensors[i];
    if (tensor.g == nullptr || tensor.kernels.transform == nullptr || tensor.size == 0) return;
    workspaces_->lend([&](void* workspace) {
      tensor.kernels.transform(tensor.coefficients.data(), isa_, tensor.rows, tensor.columns,
                               tensor.direction->data(), workspace);
    });
  });
}

}  // namespace gradus::engine
