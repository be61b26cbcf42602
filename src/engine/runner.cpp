#include "engine/runner.hpp"

#include <algorithm>
#include <utility>

#include "engine/denormals.hpp"
#include "engine/tiles.hpp"

namespace gradus::engine {

void Runner::plan(std::span<Tensor> tensors) {
  roster_.plan(tensors);
  bundles_.plan(tensors);
  chunks_.clear();
  std::size_t elements = 0, workspace = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i];
    elements += t.size;
    if (t.program->is_matrix()) workspace = std::max(workspace, bytes_of(t.arithmetic) * t.workspace);
    if (t.bundled) continue;
    for (std::size_t offset = 0; offset < t.size; offset += kChunk)
      chunks_.add({i, offset, std::min(kChunk, t.size - offset)}, t);
  }
  inspection_.plan(tensors);
  measurements_.plan(tensors);
  crew_.prepare(elements);
  plan_matrices(tensors);
  workspaces_.resize(std::min(shared_.size() + alone_.size(), crew_.threads()), workspace);
}

/// Largest first: a matrix that is more than a thread's part of the work that is left is shared out.
void Runner::plan_matrices(std::span<const Tensor> tensors) {
  const auto work_on = [&](std::size_t i) {
    const auto rows = static_cast<double>(tensors[i].rows), columns = static_cast<double>(tensors[i].columns);
    return rows * columns * std::min(rows, columns);
  };
  shared_.clear();
  alone_.clear();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].program->is_matrix() && tensors[i].size > 0) alone_.push_back(i);
  std::sort(alone_.begin(), alone_.end(), [&](std::size_t i, std::size_t j) {
    return std::pair(-work_on(i), i) < std::pair(-work_on(j), j);
  });
  double left = 0;
  for (const std::size_t i : alone_) left += work_on(i);
  const auto threads = static_cast<double>(crew_.threads());
  auto first_alone = alone_.begin();
  for (; first_alone != alone_.end() && threads * work_on(*first_alone) > left; ++first_alone)
    left -= work_on(*first_alone);
  shared_.assign(alone_.begin(), first_alone);
  alone_.erase(alone_.begin(), first_alone);
}

bool Runner::begin(std::span<Tensor> tensors) {
  roster_.call(tensors);
  rows_.clear();
  return !roster_.of_clocks().empty();
}

Finding Runner::inspect(std::span<const Tensor> tensors, double factor, bool want_norm) {
  return inspection_.look({tensors, chunks_, bundles_, roster_, rows_, crew_}, factor, want_norm);
}

void Runner::step(std::span<Tensor> tensors, double gradient_norm, double gain) {
  for (const std::size_t i : roster_.of_clocks()) tensors[i].begin_step(gradient_norm, gain);
  measurements_.take(tensors, roster_.elements(), chunks_, crew_);
  if (!shared_.empty() || !alone_.empty()) transform(tensors);
  move(tensors);
  rows_.step(tensors, roster_.with_rows(), crew_);
}

namespace {

/// The elements' part of a step.
void move_part(const Tensor& t, std::size_t offset, std::size_t size) {
  const bool matrix = t.kernels.update == nullptr;
  const Access access{.reads_g = !matrix,
                      .writes_x = true,
                      .first_slot = matrix ? t.kernels.slots_before : 0,
                      .last_slot = t.slots.size()};
  in_tiles(t, offset, size, access, [&](std::size_t at, std::size_t n, const Part& part) {
    if (matrix)
      t.kernels.after(t.clock->sweep, n, part.x, t.direction->data() + at * bytes_of(t.arithmetic),
                      part.slots.data());
    else
      t.kernels.update(t.clock->sweep, n, part.x, part.g, part.slots.data());
    flush_slots(t, t.clock->t, n, part);
  });
}

}  // namespace

void Runner::move(std::span<const Tensor> tensors) {
  const auto all = [](const Tensor&) { return true; };
  const std::size_t tasks = chunks_.tasks();
  crew_.run(tasks + bundles_.tasks(), worth_sharing(roster_.elements()), [&](std::size_t task) {
    if (task >= tasks)
      return bundles_.step(task - tasks, tensors, [](const Tensor& t) { move_part(t, 0, t.size); });
    chunks_.page(task, crew_.threads(), tensors, all);
    chunks_.each(task, tensors, [&](std::size_t, const Chunk& chunk) {
      move_part(tensors[chunk.tensor], chunk.offset, chunk.size);
    });
  });
  chunks_.page(tasks, crew_.threads(), tensors, all);
}

void Runner::transform(std::span<Tensor> tensors) {
  const auto transformed = [](const Tensor& t) { return t.kernels.before != nullptr; };
  chunks_.sweep(crew_, tensors, roster_.elements(), transformed, [&](std::size_t, const Chunk& chunk) {
    const Tensor& t = tensors[chunk.tensor];
    const Access access{.last_slot = t.kernels.slots_before};
    in_tiles(t, chunk.offset, chunk.size, access, [&](std::size_t at, std::size_t n, const Part& part) {
      t.kernels.before(t.clock->sweep, n, part.x, part.g, part.slots.data(),
                       t.direction->data() + at * bytes_of(t.arithmetic));
      flush_slots(t, t.clock->t, n, part);
    });
  });
  {
    const DefaultFloatEnvironment environment;
    for (const std::size_t i : shared_) transform(tensors[i], crew_);
  }
  crew_.run(alone_.size(), roster_.elements(), [&](std::size_t i) {
    Crew alone(nullptr);
    transform(tensors[alone_[i]], alone);
  });
}

/// The linear algebra of a matrix rule.
void Runner::transform(const Tensor& t, Crew& crew) {
  if (!t.has_dense_gradient()) return;
  workspaces_.lend([&](void* workspace) {
    t.kernels.transform(t.clock->coefficients.data(), isa_, crew, {t.rows, t.columns}, t.direction->data(),
                        t.matrices, workspace, t.workspace);
  });
  if (t.clock->t % kFlushSteps != 0) return;
  for (const KeptMatrix& m : t.matrices)
    flush_denormals(isa_, t.arithmetic, static_cast<std::size_t>(m.shape.rows * m.shape.columns), m.data);
}

void Runner::catch_up(std::span<const Tensor> tensors) {
  for (const Tensor& t : tensors) crew_.prepare(Rows::elements_to_catch_up(t));
  for (const Tensor& t : tensors) Rows::catch_up(t, crew_);
}

namespace {

/// Calls f(offset, n) for the elements that a step has moved: all, unless rows have steps of their own.
template <class F>
void each_moved(const Tensor& t, F f) {
  if (t.clock->t == 0) return;
  if (!t.row_state || !t.row_state->own()) return f(std::size_t{0}, t.size);
  const std::vector<double>& steps = t.row_state->steps;
  const auto columns = static_cast<std::size_t>(t.columns);
  for (std::size_t row = 0, end = 0; row < steps.size(); row = end + 1) {
    end = row;
    while (end < steps.size() && steps[end] > 0) ++end;
    if (end > row) f(row * columns, (end - row) * columns);
  }
}

}  // namespace

void Runner::evaluate(std::span<const Tensor> tensors) {
  const Access access{.reads_g = false, .writes_x = true};
  for (const Tensor& t : tensors) {
    if (t.kernels.evaluation_point == nullptr) continue;
    each_moved(t, [&](std::size_t offset, std::size_t size) {
      in_windows(t, offset, size, [&](std::size_t first, std::size_t count) {
        in_tiles(t, first, count, access, [&](std::size_t, std::size_t n, const Part& part) {
          t.kernels.evaluation_point(t.clock->sweep, n, part.x, part.slots.data());
        });
      });
    });
  }
}

std::vector<double> Runner::denominators(const Tensor& t, std::size_t first, std::size_t count) {
  std::vector<double> found(count);
  in_windows(t, first, count, [&](std::size_t offset, std::size_t size) {
    in_tiles(t, offset, size, {.reads_g = false}, [&](std::size_t at, std::size_t n, const Part& part) {
      t.kernels.denominators(t.clock->sweep, n, part.slots.data(), found.data() + (at - first));
    });
  });
  return found;
}

}  // namespace gradus::engine
