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

const std::byte* at(const Array& array, std::size_t offset) {
  return array.elements + offset * bytes_of(array.dtype);
}

}  // namespace

void Inspection::plan(std::span<const Tensor> tensors) {
  limit_ = kInfinity;
  for (const Tensor& tensor : tensors) limit_ = std::min(limit_, largest_root_of(tensor));
}

/// A finite norm says that every element is finite too: one look for
/// both, unless it is large enough for a square that is not finite.
Finding Inspection::look(const Gradients& gradients, double factor, bool want_norm) {
  Finding finding{{}, {}, true, {}, want_norm ? norm(gradients, factor) : std::nan("")};
  if (finding.norm <= limit_) return finding;
  find_largest(gradients);
  const std::span<const Tensor> tensors = gradients.tensors;
  if (factor * *std::max_element(of_tensors_.begin(), of_tensors_.end()) <= limit_) return finding;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const double magnitude = factor * of_tensors_[i], largest = largest_of(tensors[i].arithmetic);
    if (magnitude > largest) {
      finding.non_finite.push_back(i);
      finding.rows.push_back(first_row_beyond(gradients, i, factor, largest));
      finding.given_finite = finding.given_finite && !std::isinf(of_tensors_[i]);
    } else if (magnitude > largest_root_of(tensors[i])) {
      finding.overflowing.push_back(i);
    }
  }
  return finding;
}

/// Of a tensor that has NaN or something beyond `largest`: where its gradient is of rows, the first such row.
std::optional<std::int64_t> Inspection::first_row_beyond(const Gradients& gradients, std::size_t tensor,
                                                         double factor, double largest) const {
  const Tensor& t = gradients.tensors[tensor];
  if (!t.row_gradient) return std::nullopt;
  const Coalesced& gradient = gradients.rows.gradient(tensor);
  const auto columns = static_cast<std::size_t>(t.columns);
  const Survey survey = survey_for(isa_, gradient.values().dtype);
  std::size_t place = 0;
  const auto is_finite = [&] {
    return factor * survey.largest(columns, at(gradient.values(), place * columns)) <= largest;
  };
  while (is_finite()) ++place;
  return gradient.rows()[place];
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

/// of_tensors_: join of look(survey, n, elements) at each chunk of a dense gradient.
template <class Look, class Join>
void Inspection::look_at_dense(const Gradients& gradients, Look look, Join join) {
  of_chunks_.resize(gradients.chunks.pieces().size());
  const auto look_at = [&](const Array& g, std::size_t offset, std::size_t n) {
    return look(survey_for(isa_, g.dtype), n, at(g, offset));
  };
  const std::span<const Tensor> tensors = gradients.tensors;
  const std::size_t tasks = gradients.chunks.tasks();
  gradients.crew.run(
      tasks + gradients.bundles.tasks(), worth_sharing(gradients.roster.elements()), [&](std::size_t task) {
        if (task < tasks)
          return gradients.chunks.each(task, tensors, [&](std::size_t number, const Chunk& chunk) {
            of_chunks_[number] = look_at(tensors[chunk.tensor].g, chunk.offset, chunk.size);
          });
        gradients.bundles.each(task - tasks, tensors, [&](std::size_t i) {
          const double all = look_at(tensors[i].g, 0, tensors[i].size);
          of_tensors_[i] = join(std::span(&all, 1));
        });
      });
  by_tensor(gradients.chunks.pieces(), [&](std::size_t tensor, std::size_t first, std::size_t last) {
    if (tensors[tensor].has_dense_gradient())
      of_tensors_[tensor] = join(std::span(of_chunks_).subspan(first, last - first));
  });
}

/// The same of the values of rows.
template <class Look, class Join>
void Inspection::look_at_rows(const Gradients& gradients, Look look, Join join) {
  const std::vector<Chunk>& chunks = gradients.rows.chunks();
  of_chunks_.resize(chunks.size());
  gradients.crew.run(chunks.size(), gradients.rows.elements(), [&](std::size_t i) {
    const Array& values = gradients.rows.values(chunks[i].tensor);
    of_chunks_[i] = look(survey_for(isa_, values.dtype), chunks[i].size, at(values, chunks[i].offset));
  });
  by_tensor(chunks, [&](std::size_t tensor, std::size_t first, std::size_t last) {
    of_tensors_[tensor] = join(std::span(of_chunks_).subspan(first, last - first));
  });
}

/// The tree of each tensor's leaves, and the tree of the
/// tensors by number; one without a gradient counts as 0.
double Inspection::root_of_squares(const Gradients& gradients, double factor) {
  of_tensors_.assign(gradients.tensors.size(), 0.0);
  look_at_dense(
      gradients,
      [&](const Survey& survey, std::size_t n, const void* g) { return survey.squares(n, g, factor); },
      [](std::span<const double> squares) {
        TreeSum tree;
        for (const double sum : squares) tree.add(sum);
        return tree.total();
      });
  for (const std::size_t i : gradients.roster.with_rows())
    of_tensors_[i] =
        row_squares_.sum(gradients.tensors[i], gradients.rows.gradient(i), factor, gradients.crew);
  TreeSum all;
  for (std::size_t i = 0; i < of_tensors_.size(); ++i)
    if (gradients.tensors[i].size > 0) all.add(of_tensors_[i]);
  return sqrt(Real<double>{all.total()}).value;
}

/// Of each tensor's gradient the largest magnitude, infinity for NaN too.
void Inspection::find_largest(const Gradients& gradients) {
  const auto look = [](const Survey& survey, std::size_t n, const void* g) { return survey.largest(n, g); };
  const auto largest_of_all = [](std::span<const double> magnitudes) {
    double largest = 0;
    for (const double m : magnitudes) largest = std::max(largest, std::isnan(m) ? kInfinity : m);
    return largest;
  };
  of_tensors_.assign(gradients.tensors.size(), 0.0);
  look_at_dense(gradients, look, largest_of_all);
  look_at_rows(gradients, look, largest_of_all);
}

}  // namespace gradus::engine
