#include "engine/inspection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/core/real.hpp"
#include "gradus/engine/survey.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double largest_of(Dtype arithmetic) {
  return with_type(arithmetic, []<class T>(T) { return static_cast<double>(std::numeric_limits<T>::max()); });
}

/// The largest number whose square is finite.
double largest_root_of(Dtype arithmetic) { return std::sqrt(largest_of(arithmetic)); }

const void* gradient_at(const Tensor& tensor, std::size_t offset) {
  return tensor.g.elements + offset * bytes_of(tensor.g.dtype);
}

}  // namespace

void Inspection::plan(std::size_t tensors, const Chunks& chunks) {
  of_chunks_.resize(chunks.pieces().size());
  of_tensors_.resize(tensors);
}

/// A finite norm says that every element is finite too: one look for
/// both, unless it is large enough for a square that is not finite.
Finding Inspection::look(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew, double factor,
                         bool want_norm) {
  Finding finding{{}, {}, want_norm ? norm(tensors, chunks, crew, factor) : std::nan("")};
  if (finding.norm <= largest_root_of(Dtype::f32)) return finding;
  find_largest(tensors, chunks, crew);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const double magnitude = factor * of_tensors_[i];
    if (magnitude > largest_of(tensors[i].arithmetic))
      finding.non_finite.push_back(i);
    else if (magnitude > largest_root_of(tensors[i].arithmetic))
      finding.overflowing.push_back(i);
  }
  return finding;
}

/// Where the squares overflow though every gradient is
/// finite (doubles beyond 1e154), all are scaled down first.
double Inspection::norm(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew, double factor) {
  const double plain = root_of_squares(tensors, chunks, crew, factor);
  if (!std::isinf(plain)) return plain;
  find_largest(tensors, chunks, crew);
  const double scale = *std::max_element(of_tensors_.begin(), of_tensors_.end());
  return std::isinf(scale) ? scale : root_of_squares(tensors, chunks, crew, 1 / scale) * scale * factor;
}

template <class F>
void Inspection::each_chunk(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew, F f) {
  chunks.run(crew, tensors, [&](std::size_t number, const Chunk& chunk) {
    const Tensor& t = tensors[chunk.tensor];
    of_chunks_[number] = f(survey_for(isa_, t.g.dtype), chunk.size, gradient_at(t, chunk.offset));
  });
}

/// The tree of each tensor's leaves, and the tree of the
/// tensors by number; one without a gradient counts as 0.
double Inspection::root_of_squares(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew,
                                   double factor) {
  each_chunk(tensors, chunks, crew, [&](const Survey& survey, std::size_t n, const void* g) {
    return survey.squares(n, g, factor);
  });
  TreeSum all;
  by_tensor(chunks.pieces(), [&](std::size_t tensor, std::size_t first, std::size_t last) {
    TreeSum tree;
    if (tensors[tensor].has_gradient())
      for (std::size_t i = first; i < last; ++i) tree.add(of_chunks_[i]);
    all.add(tree.total());
  });
  return sqrt(Real<double>{all.total()}).value;
}

/// Of each tensor's gradient the largest magnitude: infinity for NaN too, and 0 where there is none.
void Inspection::find_largest(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew) {
  each_chunk(tensors, chunks, crew,
             [](const Survey& survey, std::size_t n, const void* g) { return survey.largest(n, g); });
  std::fill(of_tensors_.begin(), of_tensors_.end(), 0.0);
  by_tensor(chunks.pieces(), [&](std::size_t tensor, std::size_t first, std::size_t last) {
    if (!tensors[tensor].has_gradient()) return;
    for (std::size_t i = first; i < last; ++i)
      of_tensors_[tensor] =
          std::isnan(of_chunks_[i]) ? kInfinity : std::max(of_tensors_[tensor], of_chunks_[i]);
  });
}

}  // namespace gradus::engine
