#include "engine/inspection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "gradus/core/real.hpp"
#include "gradus/engine/survey.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double largest_of(Dtype arithmetic) {
  return with_type(arithmetic, []<class T>(T) { return static_cast<double>(std::numeric_limits<T>::max()); });
}

/// The largest number whose square is finite. For a matrix rule the sum of as many squares as the parameter
/// has elements: products of a gradient with itself add up no more than these.
double largest_root_of(const Tensor& tensor) {
  const double squares = tensor.program->is_matrix() ? std::max(1.0, static_cast<double>(tensor.size)) : 1;
  return std::sqrt(largest_of(tensor.arithmetic) / squares);
}

double least_root_of(std::span<const Tensor> tensors) {
  double least = kInfinity;
  for (const Tensor& tensor : tensors) least = std::min(least, largest_root_of(tensor));
  return least;
}

const std::byte* at(const Array& array, std::size_t offset) {
  return array.elements + offset * bytes_of(array.dtype);
}

}  // namespace

/// A finite norm says that every element is finite too: one look for
/// both, unless it is large enough for a square that is not finite.
Finding Inspection::look(std::span<const Tensor> tensors, const Chunks& chunks, const Rows& rows, Crew& crew,
                         double factor, bool want_norm) {
  const Gradients all{tensors, chunks, rows, crew};
  of_chunks_.resize(chunks.pieces().size() + rows.chunks().size());
  of_tensors_.resize(tensors.size());
  Finding finding{{}, true, {}, want_norm ? norm(all, factor) : std::nan("")};
  if (finding.norm <= least_root_of(tensors)) return finding;
  find_largest(all);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const double magnitude = factor * of_tensors_[i];
    if (magnitude > largest_of(tensors[i].arithmetic)) {
      finding.non_finite.push_back(i);
      finding.given_finite = finding.given_finite && !std::isinf(of_tensors_[i]);
    } else if (magnitude > largest_root_of(tensors[i])) {
      finding.overflowing.push_back(i);
    }
  }
  return finding;
}

/// Where the squares overflow though every gradient is
/// finite (doubles beyond 1e154), all are scaled down first.
double Inspection::norm(const Gradients& gradients, double factor) {
  const double plain = root_of_squares(gradients, factor);
  if (!std::isinf(plain)) return plain;
  find_largest(gradients);
  const double scale = *std::max_element(of_tensors_.begin(), of_tensors_.end());
  return std::isinf(scale) ? scale : root_of_squares(gradients, 1 / scale) * scale * factor;
}

/// of_chunks_: f(survey, n, elements) of each chunk of a gradient, those of rows last.
template <class F>
void Inspection::each_chunk(const Gradients& gradients, F f) {
  const auto look = [&](const Array& g, const Chunk& chunk) {
    return f(survey_for(isa_, g.dtype), chunk.size, at(g, chunk.offset));
  };
  gradients.chunks.run(gradients.crew, gradients.tensors, [&](std::size_t number, const Chunk& chunk) {
    of_chunks_[number] = look(gradients.tensors[chunk.tensor].g, chunk);
  });
  const std::vector<Chunk>& chunks = gradients.rows.chunks();
  double* const of_rows = of_chunks_.data() + gradients.chunks.pieces().size();
  gradients.crew.run(chunks.size(), gradients.rows.elements(), [&](std::size_t i) {
    of_rows[i] = look(gradients.rows.values(chunks[i].tensor), chunks[i]);
  });
}

/// of_tensors_: f of what each_chunk() has found in each tensor's gradient; 0 where there is none.
template <class F>
void Inspection::by_tensor(const Gradients& gradients, F f) {
  std::fill(of_tensors_.begin(), of_tensors_.end(), 0.0);
  const std::span found(of_chunks_);
  engine::by_tensor(gradients.chunks.pieces(), [&](std::size_t tensor, std::size_t first, std::size_t last) {
    if (gradients.tensors[tensor].has_dense_gradient())
      of_tensors_[tensor] = f(found.subspan(first, last - first));
  });
  const std::span of_rows = found.subspan(gradients.chunks.pieces().size());
  engine::by_tensor(gradients.rows.chunks(), [&](std::size_t tensor, std::size_t first, std::size_t last) {
    of_tensors_[tensor] = f(of_rows.subspan(first, last - first));
  });
}

/// The tree of each tensor's leaves, and the tree of the
/// tensors by number; one without a gradient counts as 0.
double Inspection::root_of_squares(const Gradients& gradients, double factor) {
  each_chunk(gradients, [&](const Survey& survey, std::size_t n, const void* g) {
    return survey.squares(n, g, factor);
  });
  by_tensor(gradients, [](std::span<const double> squares) {
    TreeSum tree;
    for (const double sum : squares) tree.add(sum);
    return tree.total();
  });
  TreeSum all;
  for (std::size_t i = 0; i < of_tensors_.size(); ++i)
    if (gradients.tensors[i].size > 0) all.add(of_tensors_[i]);
  return sqrt(Real<double>{all.total()}).value;
}

/// Of each tensor's gradient the largest magnitude, infinity for NaN too.
void Inspection::find_largest(const Gradients& gradients) {
  each_chunk(gradients,
             [](const Survey& survey, std::size_t n, const void* g) { return survey.largest(n, g); });
  by_tensor(gradients, [](std::span<const double> magnitudes) {
    double largest = 0;
    for (const double m : magnitudes) {
      if (std::isnan(m)) return kInfinity;
      largest = std::max(largest, m);
    }
    return largest;
  });
}

}  // namespace gradus::engine
