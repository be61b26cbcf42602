// Parameters, and where these lie in memory.

#include <algorithm>
#include <utility>

#include "gradus/core/error.hpp"
#include "gradus/core/shape_text.hpp"
#include "optimizer/impl.hpp"

namespace gradus {

namespace {

/// Throws Error unless the shape is one, and has as many elements as are given.
void check_shape(const std::string& name, const Shape& shape, std::size_t elements) {
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t n) { return n < 0; }))
    throw Error("parameter '" + name + "': shape " + shape_text(shape) + " has a negative dimension");
  std::size_t product = std::count(shape.begin(), shape.end(), 0) > 0 ? 0 : 1;
  for (const std::int64_t n : shape)
    if (__builtin_mul_overflow(product, static_cast<std::size_t>(n), &product))
      throw Error("parameter '" + name + "': shape " + shape_text(shape) + " has too many elements to count");
  if (product != elements)
    throw Error("parameter '" + name + "': shape " + shape_text(shape) + " has " + std::to_string(product) +
                " elements, the array has " + std::to_string(elements));
}

std::string text_of(Dtype dtype) {
  const std::string name = name_of(dtype);
  return name.empty() ? "number " + std::to_string(static_cast<int>(dtype)) + " of Dtype" : name;
}

/// Throws Error unless elements of that type can lie there.
void check_array(const std::string& what, Dtype dtype, const void* data, std::size_t size) {
  if (!is_arithmetic(dtype) && dtype != Dtype::bf16 && dtype != Dtype::f16)
    throw Error(what + " is " + text_of(dtype) + "; it must be float32, float64, bfloat16 or float16");
  if (size == 0) return;
  if (data == nullptr) throw Error(what + " has no memory: its data is null");
  if (reinterpret_cast<std::uintptr_t>(data) % bytes_of(dtype) != 0)
    throw Error(what + " is misaligned: the address of a " + name_of(dtype) +
                " array must be a multiple of " + std::to_string(bytes_of(dtype)));
}

void check_arrays(const std::string& name, const Shape& shape, Elements x, ConstElements g) {
  check_shape(name, shape, x.size);
  check_array("parameter '" + name + "'", x.dtype, x.data, x.size);
  check_array("the gradient of parameter '" + name + "'", g.dtype, g.data, g.size);
  if (g.size != 0 && g.size != x.size)
    throw Error("parameter '" + name + "' has " + std::to_string(x.size) + " elements, its gradient " +
                std::to_string(g.size));
}

/// FNV-1a: what draws know a parameter by, in whatever order it was added.
std::uint32_t key_of(std::string_view name) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

/// Why a rule cannot move some rows of a parameter alone; empty if it can.
std::string unfit_for_rows(const engine::Program& rule) {
  const std::string name(rule.name());
  if (rule.is_matrix()) return name + " works on whole matrices";
  if (!rule.shared().empty()) return name + " shares numbers among parameters";
  for (const engine::SlotInfo& slot : rule.slots())
    if (slot.over == Over::column) return name + " keeps numbers of columns";
  for (const std::span<const Over> sums : rule.looks())
    for (const Over over : sums)
      if (over != Over::row) return name + " measures more than rows";
  return {};
}

/// Throws Error, which says what is asked of the rule, if it cannot.
void check_fits_rows(const std::string& what, const engine::Program& rule) {
  if (const std::string why = unfit_for_rows(rule); !why.empty())
    throw Error(what + " for rules that act on elements or rows; " + why);
}

/// Has it rows that may have steps of their own? Those of a vector are its elements, a bias', say.
bool has_rows(const Shape& shape) { return shape.size() >= 2; }

void bind(engine::Tensor& tensor, Elements x, ConstElements g) {
  tensor.bind(x.data, g.dtype, g.size == 0 ? nullptr : g.data);
}

/// Takes back what a file grows by, unless that is kept.
class Growth {
 public:
  explicit Growth(ScratchFile* file) : file_(file), before_(file != nullptr ? file->size() : 0) {}
  ~Growth() {
    if (file_ != nullptr) file_->shrink_to(before_);
  }
  Growth(const Growth&) = delete;
  Growth& operator=(const Growth&) = delete;
  void keep() { file_ = nullptr; }

 private:
  ScratchFile* file_;
  std::size_t before_;
};

}  // namespace

std::size_t Optimizer::Impl::index(ParameterId id) const {
  if (index_of(id) >= tensors.size())
    throw Error("there is no parameter " + std::to_string(index_of(id)) + "; there are " +
                std::to_string(tensors.size()));
  return index_of(id);
}

engine::Tensor Optimizer::Impl::make_tensor(const std::string& name, const Shape& shape, Elements x,
                                            const Group& group) {
  const RowSteps row_steps = has_rows(shape) ? group.state.row_steps : RowSteps::shared;
  const engine::Tensor::Kind kind{x.dtype,      x.size,       shape.empty() ? 1 : shape.front(),
                                  options.seed, key_of(name), row_steps};
  if (row_steps != RowSteps::shared)
    check_fits_rows("parameter '" + name + "': StateOptions::row_steps other than shared are",
                    group.rule.program());
  try {
    return {group.rule.program(), isa, kind, group.state, group.file, *group.domain};
  } catch (const Error& error) {
    throw Error("parameter '" + name + "': " + error.what());
  }
}

ParameterId Optimizer::Impl::add(std::string name, Shape shape, Elements x, ConstElements g, GroupId id) {
  const Group& its = group(id);
  if (evaluating) throw Error("add() was called between evaluate() and train(); call train() first");
  if (name.empty()) throw Error("a parameter needs a name");
  if (numbers.contains(name)) throw Error("there is already a parameter named '" + name + "'");
  check_arrays(name, shape, x, g);
  if (its.rule.program().is_matrix() && shape.size() < 2)
    throw Error("parameter '" + name + "' has shape " + shape_text(shape) + "; " +
                std::string(its.rule.name()) +
                " takes matrices (two dimensions or more): give it to a group with another rule");

  Growth growth(its.file);
  engine::Tensor tensor = make_tensor(name, shape, x, its);
  bind(tensor, x, g);
  const std::size_t self = tensors.size();
  const Piece x_piece = parameter_of(tensor, self), g_piece = gradient_of(tensor, self);
  infos.push_back({std::move(name), std::move(shape), index_of(id)});
  try {
    if (occupied.overlaps(x_piece, g_piece, tensors)) refuse_overlap_of(x_piece, g_piece);
    numbers.emplace(infos.back().name, self);
    tensors.push_back(std::move(tensor));
    occupied.add(x_piece, g_piece);
  } catch (...) {  // as if nothing had been tried
    if (tensors.size() > self) tensors.pop_back();
    numbers.erase(infos.back().name);
    infos.pop_back();
    throw;
  }
  growth.keep();
  planned = false;
  return ParameterId{self};
}

void Optimizer::Impl::rebind(ParameterId id, Elements x, ConstElements g) {
  engine::Tensor& t = tensor(id);
  const Info& info = infos[index_of(id)];
  const Dtype dtype = t.x.dtype == Dtype::halves ? Dtype::bf16 : t.x.dtype;
  check_arrays(info.name, info.shape, x, g);
  if (x.dtype != dtype)
    throw Error("parameter '" + info.name + "' is " + name_of(dtype) + ", not " + name_of(x.dtype));
  if (t.training_point && x.data != t.x.elements)
    throw Error("parameter '" + info.name +
                "' was rebound between evaluate() and train(); call train() first");
  const void* gradient = g.size == 0 ? nullptr : g.data;
  if (t.x.elements != x.data || t.g.elements != gradient || t.g.dtype != g.dtype || t.row_gradient) {
    placed = false;
    bind(t, x, g);
    occupied.move(parameter_of(t, index_of(id)), gradient_of(t, index_of(id)), tensors.size());
  }
}

/// Throws Error if its rows cannot be moved alone, or would not count steps as its group says.
void Optimizer::Impl::check_takes_rows(ParameterId id) const {
  const engine::Tensor& t = tensors[index(id)];
  const Info& info = infos[index_of(id)];
  const std::string whose = "parameter '" + info.name + "'";
  check_fits_rows(whose + ": a gradient of rows is", *t.program);
  if (t.row_state) return;
  if (groups[info.group].state.row_steps != RowSteps::shared)
    throw Error(whose + " has shape " + shape_text(info.shape) +
                "; rows have steps other than the parameter's (StateOptions::row_steps) in two dimensions or "
                "more: add it as one of one column, or to a group whose row_steps are shared");
  if (t.program->has_evaluation_point())
    throw Error(whose + ": " + std::string(t.program->name()) +
                " begins anew at a parameter's first step; rows that share its steps would miss theirs: let "
                "them count their own (StateOptions::row_steps)");
}

void Optimizer::Impl::set_gradient(ParameterId id, const SparseRows& g) {
  check_takes_rows(id);
  engine::Tensor& t = tensor(id);
  const std::string whose = "parameter '" + infos[index_of(id)].name + "'";
  check_array("the gradient of " + whose, g.values.dtype, g.values.data, g.values.size);
  std::size_t size = 0;
  if (__builtin_mul_overflow(g.rows.size(), static_cast<std::size_t>(t.columns), &size) ||
      size != g.values.size)
    throw Error("the gradient of " + whose + " has " + std::to_string(g.rows.size()) + " rows of " +
                std::to_string(t.columns) + " columns, and " + std::to_string(g.values.size) + " values");
  t.bind_rows(g.rows, g.values.dtype, g.values.data);
  placed = false;
  occupied.move(parameter_of(t, index_of(id)), gradient_of(t, index_of(id)), tensors.size());
}

// Overlaps

void Optimizer::Impl::refuse(const Overlap& overlap) const {
  const std::string& name = infos[overlap.parameter.owner].name;
  const std::string& other = infos[overlap.other.owner].name;
  if (!overlap.other.is_gradient)
    throw Error("parameter '" + name + "' overlaps parameter '" + other + "' in memory");
  if (overlap.other.owner == overlap.parameter.owner)
    throw Error("parameter '" + name + "' overlaps its own gradient in memory");
  throw Error("the gradient of parameter '" + other + "' overlaps parameter '" + name + "' in memory");
}

/// Finds what a new parameter overlaps, to name it: by a look at all. The new one's name is the last.
void Optimizer::Impl::refuse_overlap_of(const Piece& x, const Piece& g) const {
  const std::size_t self = tensors.size();
  if (x.overlaps(g)) refuse({x, g});
  for (std::size_t i = 0; i < self; ++i) {
    const Piece other_x = parameter_of(tensors[i], i), other_g = gradient_of(tensors[i], i);
    if (x.overlaps(other_x)) refuse({x, other_x});
    if (x.overlaps(other_g)) refuse({x, other_g});
    if (g.overlaps(other_x)) refuse({other_x, g});
  }
}

}  // namespace gradus
