#include "engine/bundles.hpp"

#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "engine/tiles.hpp"

namespace gradus::engine {

namespace {

/// Elements of a tensor that is bundled, at most: to copy more takes longer than to call a kernel.
constexpr std::size_t kSmall = 128;
constexpr std::size_t kAligned = 16;  // elements

bool can_be_placed(const Tensor& t) {
  return !t.placed && !t.mapped && t.size > 0 && t.size <= kChunk && t.rows_direct &&
         std::all_of(t.slots.begin(), t.slots.end(), [](const Array& s) { return s.over == Over::element; });
}

/// From here on its slots lie at `place`, so many bytes from one to the next.
void move_slots(Tensor& t, std::byte* place, std::size_t stride) {
  for (Array& slot : t.slots) {
    std::memcpy(place, slot.elements, t.size * bytes_of(t.arithmetic));
    slot.elements = place;
    place += stride;
  }
  t.slot_buffers.clear();
  t.placed = true;
}

}  // namespace

void Bundles::plan(std::span<Tensor> tensors) {
  std::map<std::pair<const Program*, Dtype>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (can_be_placed(tensors[i])) alike[{tensors[i].program, tensors[i].arithmetic}].push_back(i);
  for (auto& [kind, numbers] : alike) {
    const auto large = std::stable_partition(numbers.begin(), numbers.end(), [&](std::size_t i) {
      return tensors[i].size <= kSmall && tensors[i].shares_clock();
    });
    place(tensors, numbers, static_cast<std::size_t>(large - numbers.begin()));
  }
}

/// Of tensors of one rule and one type, of which the first so many are small.
void Bundles::place(std::span<Tensor> tensors, std::span<const std::size_t> numbers, std::size_t small) {
  std::vector<std::size_t> offsets(numbers.size());
  std::vector<Bundle> fresh;
  std::size_t size = 0;
  for (std::size_t first = 0, last = 0; first < numbers.size(); first = last) {
    const std::size_t begin = size;
    do {
      offsets[last] = size;
      size += tensors[numbers[last++]].size;
    } while (last < small && size + tensors[numbers[last]].size <= begin + kTile);
    if (last - first > 1) fresh.push_back({members_.size() + first, members_.size() + last});
    size = (size + kAligned - 1) / kAligned * kAligned;
  }
  const Tensor& any = tensors[numbers.front()];
  const std::size_t bytes = bytes_of(any.arithmetic);
  bundles_.reserve(bundles_.size() + fresh.size());
  members_.reserve(members_.size() + numbers.size());
  std::byte* const slots = slots_.emplace_back(any.arithmetic, any.slots.size() * size).data();
  // Nothing fails any more.
  bundles_.insert(bundles_.end(), fresh.begin(), fresh.end());
  members_.insert(members_.end(), numbers.begin(), numbers.end());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    move_slots(tensors[numbers[i]], slots + offsets[i] * bytes, size * bytes);
  for (const Bundle& bundle : fresh)
    for (const std::size_t i : members_of(bundle)) tensors[i].bundled = true;
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
