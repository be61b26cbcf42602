#include "engine/bundles.hpp"

#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "engine/tiles.hpp"

namespace gradus::engine {

namespace {

/// Elements of a tensor at most: to copy more takes longer than to call a kernel.
constexpr std::size_t kSmall = 128;

bool can_be_bundled(const Tensor& t) {
  return !t.bundled && t.size > 0 && t.size <= kSmall && t.shares_clock() && t.rows_direct &&
         std::all_of(t.slots.begin(), t.slots.end(), [](const Array& s) { return s.over == Over::element; });
}

/// From here on its slots lie where `place` is, a tile from one to the next.
void move_slots(Tensor& t, std::byte* place) {
  const std::size_t bytes = bytes_of(t.arithmetic);
  for (Array& slot : t.slots) {
    std::memcpy(place, slot.elements, t.size * bytes);
    slot.elements = place;
    place += kTile * bytes;
  }
  t.slot_buffers.clear();
  t.bundled = true;
}

}  // namespace

void Bundles::plan(std::span<Tensor> tensors) {
  std::map<std::pair<const Program*, Dtype>, std::vector<std::size_t>> small;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (can_be_bundled(tensors[i])) small[{tensors[i].program, tensors[i].arithmetic}].push_back(i);
  for (const auto& [kind, numbers] : small) bundle(tensors, numbers);
}

/// Tensors of one rule and one type.
void Bundles::bundle(std::span<Tensor> tensors, std::span<const std::size_t> small) {
  std::vector<Bundle> fresh;  // of `small`
  for (std::size_t first = 0, last = 0; first < small.size(); first = last) {
    std::size_t elements = 0;
    while (last < small.size() && elements + tensors[small[last]].size <= kTile)
      elements += tensors[small[last++]].size;
    if (last - first > 1) fresh.push_back({first, last});
  }
  const Tensor& any = tensors[small.front()];
  const std::size_t a_bundle = any.slots.size() * kTile;
  bundles_.reserve(bundles_.size() + fresh.size());
  members_.reserve(members_.size() + small.size());
  std::byte* place = slots_.emplace_back(any.arithmetic, fresh.size() * a_bundle).data();
  for (const Bundle& b : fresh) {  // nothing fails any more
    bundles_.push_back({members_.size(), members_.size() + (b.last - b.first)});
    std::size_t offset = 0;
    for (const std::size_t i : small.subspan(b.first, b.last - b.first)) {
      members_.push_back(i);
      move_slots(tensors[i], place + offset * bytes_of(any.arithmetic));
      offset += tensors[i].size;
    }
    place += a_bundle * bytes_of(any.arithmetic);
  }
}

/// False, and nothing is done, unless all of them take one step, from gradients that need not be decoded.
bool Bundles::step_together(std::span<const Tensor> tensors, std::span<const std::size_t> members) {
  const Tensor& first = tensors[members.front()];
  return with_type(first.arithmetic, [&]<class T>(T) {
    alignas(64) std::array<T, kTile> x, g;
    std::size_t n = 0;
    for (const std::size_t i : members) {
      const Tensor& t = tensors[i];
      if (!t.has_dense_gradient() || !t.direct || t.clock != first.clock) return false;
      std::memcpy(x.data() + n, t.x.elements, t.size * sizeof(T));
      std::memcpy(g.data() + n, t.g.elements, t.size * sizeof(T));
      n += t.size;
    }
    Part part = part_of(first, 0);
    part.x = x.data();
    part.g = g.data();
    first.kernels.update(first.clock->sweep, n, part.x, part.g, part.slots.data());
    flush_slots(first, first.clock->t, n, part);
    n = 0;
    for (const std::size_t i : members) {
      std::memcpy(tensors[i].x.elements, x.data() + n, tensors[i].size * sizeof(T));
      n += tensors[i].size;
    }
    return true;
  });
}

}  // namespace gradus::engine
