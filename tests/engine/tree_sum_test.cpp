#include "gradus/engine/tree_sum.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <span>

#include "support/gradients.hpp"

namespace gradus::test {
namespace {

using engine::kLanes;
using engine::kLeaf;
using engine::position_sums;
using engine::TreeSum;

/// By definition: neighbours are added, then neighbours of these; what is left over goes up as it is.
double plain_tree(std::span<const double> leaves) {
  if (leaves.empty()) return 0;
  if (leaves.size() == 1) return leaves[0];
  const std::size_t half = std::bit_ceil(leaves.size()) / 2;
  return plain_tree(leaves.first(half)) + plain_tree(leaves.subspan(half));
}

/// By definition: 16 lanes, of which the lower ones take in the upper ones.
double plain_leaf(std::span<const double> terms) {
  std::vector<double> lanes(kLanes, 0);
  for (std::size_t i = 0; i < terms.size(); ++i) lanes[i % kLanes] += terms[i];
  for (; lanes.size() > 1; lanes.resize(lanes.size() / 2))
    for (std::size_t l = 0; l < lanes.size() / 2; ++l) lanes[l] += lanes[l + lanes.size() / 2];
  return lanes[0];
}

double tree_of(std::span<const double> leaves) {
  TreeSum tree;
  for (const double leaf : leaves) tree.add(leaf);
  return tree.total();
}

TEST(TreeSum, is_a_tree_of_neighbours_for_any_number_of_leaves) {
  const std::vector<double> leaves = noise_array<double>(1, 1100);
  for (std::size_t n = 0; n <= leaves.size(); ++n)
    ASSERT_EQ(tree_of(std::span(leaves).first(n)), plain_tree(std::span(leaves).first(n))) << n;
}

// What threads rely on: the holder of the leaves [i 2^k, (i + 1) 2^k) adds them up by himself.
TEST(TreeSum, of_whole_subtrees_that_were_added_up_elsewhere_is_the_same) {
  const std::vector<double> leaves = noise_array<double>(2, 1100);
  for (const std::size_t each : {1UL, 2UL, 4UL, 16UL, 64UL, 1024UL})
    for (std::size_t n = 0; n <= leaves.size(); n += 1 + n / 7) {
      TreeSum tree;
      for (std::size_t first = 0; first < n; first += each)
        tree.add(tree_of(std::span(leaves).subspan(first, std::min(each, n - first))));
      ASSERT_EQ(tree.total(), tree_of(std::span(leaves).first(n))) << n << " by " << each;
    }
}

TEST(PositionSums, are_leaves_of_lanes_and_their_tree_for_any_number_of_elements) {
  const auto terms = noise_array<double>(3, 5 * kLeaf + 17), others = noise_array<double>(4, terms.size());
  for (std::size_t n = 0; n <= terms.size(); n += n < 1100 ? 1 : 37) {
    std::vector<double> leaves, other_leaves;
    for (std::size_t i = 0; i < n; i += kLeaf) {
      leaves.push_back(plain_leaf(std::span(terms).subspan(i, std::min(kLeaf, n - i))));
      other_leaves.push_back(plain_leaf(std::span(others).subspan(i, std::min(kLeaf, n - i))));
    }
    double sums[2] = {7, 7};
    position_sums<2>(n, sums, [&](std::size_t i) {
      return std::array{Real<double>{terms[i]}, Real<double>{others[i]}};
    });
    ASSERT_EQ(sums[0], plain_tree(leaves)) << n;
    ASSERT_EQ(sums[1], plain_tree(other_leaves)) << n;
  }
}

}  // namespace
}  // namespace gradus::test
