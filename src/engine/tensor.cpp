#include "engine/tensor.hpp"

#include <algorithm>

#include "engine/tiles.hpp"
#include "gradus/core/error.hpp"
#include "gradus/engine/sweep.hpp"

namespace gradus::engine {

namespace {

Dtype arithmetic_of(Dtype parameter) { return parameter == Dtype::f64 ? Dtype::f64 : Dtype::f32; }

State state_of(const SlotInfo& slot, const StateOptions& options) {
  for (const auto& [name, state] : options.slots)
    if (name == slot.name) return state;
  return slot.values == Values::precise ? State::plain : options.dtype;
}

std::size_t count_of(Over over, const Tensor& t) {
  if (over == Over::row) return static_cast<std::size_t>(t.rows);
  if (over == Over::column) return static_cast<std::size_t>(t.columns);
  return t.size;
}

}  // namespace

Tensor::Tensor(const Program& rule, Isa instructions, const Kind& kind, const StateOptions& options,
               ScratchFile* file, Domain& its_domain)
    : arithmetic(arithmetic_of(kind.dtype)),
      isa(instructions),
      size(kind.size),
      clock(std::make_shared<Clock>()),
      kernels(rule.kernels(isa, arithmetic)),
      rows(size > 0 ? kind.first_dimension : 0),
      columns(rows > 0 ? static_cast<std::int64_t>(size) / rows : 0),
      domain(&its_domain),
      seed(kind.seed),
      key(kind.key),
      program(&rule) {
  x = {.dtype = kind.dtype, .rounding = options.parameter_rounding};
  if (options.keep_low_half && kind.dtype != arithmetic) {
    if (kind.dtype != Dtype::bf16)
      throw Error(std::string("keep_low_half is for bfloat16 parameters, and this one is ") +
                  name_of(kind.dtype));
    low_half = std::make_unique<Buffer>(Dtype::f16, size, size < options.from_size ? nullptr : file);
    mapped = low_half->mapped();
    x.dtype = Dtype::halves;
    x.beside = low_half->data();
  }
  if (x.dtype != arithmetic) x.codec = codec_for(isa, x.dtype, arithmetic);
  make_slots(options, file);
  make_matrices();
  if (kind.row_steps != RowSteps::shared) make_row_state(kind.row_steps);
  for (const ScalarInfo& scalar : rule.scalars()) clock->scalars.push_back(scalar.initial);
  clock->coefficients.resize(rule.coefficients_size());
  if (rule.is_matrix()) direction = std::make_unique<Buffer>(arithmetic, size);
}

void Tensor::make_slots(const StateOptions& options, ScratchFile* file) {
  const std::vector<double> initial = program->initial();
  for (std::size_t s = 0; s < initial.size(); ++s) {
    const SlotInfo& slot = program->slots()[s];
    const bool plain = slot.over != Over::element || size < options.from_size;
    const Dtype dtype = plain ? arithmetic : slot_dtype(state_of(slot, options), slot.values, arithmetic);
    Buffer& buffer = slot_buffers.emplace_back(dtype, count_of(slot.over, *this), plain ? nullptr : file);
    mapped = mapped || buffer.mapped();
    Array& array = slots.emplace_back(Array{.dtype = dtype,
                                            .over = slot.over,
                                            .rounding = options.rounding,
                                            .elements = buffer.data(),
                                            .beside = buffer.beside()});
    if (dtype == arithmetic) {
      if (initial[s] != 0) buffer.fill(initial[s]);
      continue;
    }
    array.codec = codec_for(isa, dtype, arithmetic);
    fill(buffer, array.codec, initial[s]);
  }
}

void Tensor::make_row_state(RowSteps row_steps) {
  row_state = std::make_unique<RowState>(row_steps, *program, static_cast<std::size_t>(rows));
  if (!row_state->caught_up() || rows < 2) return;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    const auto block = static_cast<std::int64_t>(layout_of(slots[s].dtype).block);
    if (columns % block != 0)
      throw Error("its rows of " + std::to_string(columns) + " elements have 8-bit blocks of " +
                  std::to_string(block) + " in common in slot '" + program->slots()[s].name +
                  "', and can be caught up only together; keep the slot in another type, or rows shared");
  }
}

void Tensor::fill(const Buffer& buffer, const Codec& codec, double value) const {
  Buffer block(arithmetic, kBlock);
  block.fill(value);
  const Layout layout = layout_of(buffer.dtype());
  in_windows(buffer, 0, size, [&](std::size_t offset, std::size_t n) {
    for (std::size_t i = offset; i < offset + n; i += kBlock)
      codec.encode(std::min(kBlock, offset + n - i), block.data(), nullptr,
                   buffer.data() + i * layout.element_bytes,
                   buffer.beside() + i / layout.block * layout.beside_bytes);
  });
}

void Tensor::read_ahead(std::size_t first, std::size_t last) const {
  for (const Buffer& buffer : slot_buffers) buffer.read_ahead(first, last);
  if (low_half) low_half->read_ahead(first, last);
}
void Tensor::let_go(std::size_t first, std::size_t last) const {
  for (const Buffer& buffer : slot_buffers) buffer.let_go(first, last);
  if (low_half) low_half->let_go(first, last);
}

void Tensor::make_matrices() {
  workspace = program->is_matrix() ? program->workspace(rows, columns) : 0;
  for (const MatrixShape shape : program->matrix_shapes(rows, columns)) {
    const Buffer& buffer =
        matrix_buffers.emplace_back(arithmetic, static_cast<std::size_t>(shape.rows * shape.columns));
    matrices.push_back({shape, buffer.data()});
  }
}

void Tensor::bind(void* parameter, Dtype gradient_dtype, const void* gradient) {
  if (row_state && gradient != nullptr) {
    const std::span<const std::int64_t> all = row_state->all();
    x.elements = static_cast<std::byte*>(parameter);
    return bind_rows(all, gradient_dtype, gradient);
  }
  x.elements = static_cast<std::byte*>(parameter);
  if (gradient_dtype != g.dtype || (gradient != nullptr && g.elements == nullptr))
    g = array_of(gradient_dtype);
  g.elements = static_cast<std::byte*>(const_cast<void*>(gradient));  // only ever read
  row_gradient.reset();
  rows_direct = x.dtype == arithmetic && std::all_of(slots.begin(), slots.end(),
                                                     [&](const Array& s) { return s.dtype == arithmetic; });
  direct = rows_direct && (gradient == nullptr || g.dtype == arithmetic) &&
           std::all_of(slots.begin(), slots.end(), [](const Array& s) { return s.over == Over::element; });
}

void Tensor::bind_rows(std::span<const std::int64_t> row_numbers, Dtype dtype, const void* values) {
  bind(x.elements, g.dtype, nullptr);
  row_gradient = {row_numbers, array_of(dtype)};
  row_gradient->values.elements = static_cast<std::byte*>(const_cast<void*>(values));  // only ever read
}

/// Of the caller's, without elements yet.
Array Tensor::array_of(Dtype dtype) const {
  Array array{.dtype = dtype};
  if (dtype != arithmetic) array.codec = codec_for(isa, dtype, arithmetic);
  return array;
}

void Tensor::recall_step() {
  std::vector<double> scalars = clock->scalars, shared = domain->shared;  // which the step has moved already
  Now now{clock->t, 0, 0, 0, scalars, shared};
  program->at(now, clock->coefficients.data());
  clock->sweep = {clock->coefficients.data(), program->lr(), 1, kAhead};
}

void Tensor::begin_step(double gradient_norm, double gain) {
  ++clock->t;
  const bool matrix = program->is_matrix();
  Now now{clock->t, gradient_norm, matrix ? rows : 0, matrix ? columns : 0, clock->scalars, domain->shared};
  program->at(now, clock->coefficients.data());
  clock->sweep = {clock->coefficients.data(), program->lr(), gain, kAhead};
  if (!row_state) return;
  row_state->gradient_norm = gradient_norm;
  if (row_state->caught_up()) row_state->log.add(clock->t, clock->sweep);
}

}  // namespace gradus::engine
