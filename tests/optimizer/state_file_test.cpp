// State in a mapped file: the bits of state in memory, little of it resident, and what a full or failing disk does.

#include "support/state_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "rules/all_types.hpp"
#include "support/hash.hpp"
#include "support/text.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

/// In the file of that name.
StateOptions in_file(StateOptions state = {.from_size = 0}) {
  state.file = name_of_state_file();
  return state;
}
Types in_file(Types types) {
  types.state = in_file(types.state);
  return types;
}

constexpr std::size_t kPage = 4096;
std::size_t whole_pages(std::size_t bytes) {
  const auto page = std::max(kPage, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  return (bytes + page - 1) / page * page;
}

// The bits: all rules are in rules/types_test.cpp

// Of several windows, by several threads.
TEST(StateFile, has_the_bits_of_memory_in_a_long_sweep) {
  const std::vector<Shape> shapes{{3'500'000}, {70'001}, {1'000, 1'500}};
  const Types plain{}, halves = types_of(Dtype::bf16, Dtype::bf16, State::block8, Rounding::stochastic, true);
  for (const Types& types : {plain, halves}) {
    TypedBench memory(LAMB{}, types, shapes), file(LAMB{}, in_file(types), shapes);
    for (std::uint64_t i = 0; i < 2; ++i) {
      EXPECT_EQ(memory.step(i).status, Status::applied);
      EXPECT_EQ(file.step(i).status, Status::applied);
    }
    for (std::size_t p = 0; p < shapes.size(); ++p)
      EXPECT_EQ(differing(file.contents(p), memory.contents(p)), "") << text_of(types) << ", p" << p;
    EXPECT_EQ(file.optimizer.effective_lr(file.ids[0]), memory.optimizer.effective_lr(memory.ids[0]));
  }
}

TEST(StateFile, has_the_bits_of_memory_for_rows) {
  const std::vector<std::int64_t> rows{17, 3, 299, 3};
  const std::vector<float> values = noise_array<float>(1, rows.size() * 256);
  for (const RowSteps row_steps : {RowSteps::shared, RowSteps::own, RowSteps::caught_up}) {
    const StateOptions options{.dtype = State::block8, .from_size = 0, .row_steps = row_steps};
    Bench<float> memory(Adam{}, {{300, 256}}, {.state = options});
    Bench<float> file(Adam{}, {{300, 256}}, {.state = in_file(options)});
    for (Bench<float>* bench : {&memory, &file}) {
      bench->step(0);
      bench->optimizer.set_gradient(bench->ids[0], {rows, values});
      for (int i = 0; i < 3; ++i) EXPECT_EQ(bench->optimizer.step().status, Status::applied);
      bench->optimizer.catch_up();
    }
    EXPECT_EQ(hash_of(file), hash_of(memory)) << static_cast<int>(row_steps);
  }
}

// What is in the file

TEST(StateFile, has_no_name_and_is_gone_with_the_optimizer) {
  const std::string name = name_of_state_file();
  {
    const TypedBench bench(Adam{}, in_file(Types{}), {{300}});
    EXPECT_FALSE(std::filesystem::exists(name));
    EXPECT_NE(nameless(name), "");
  }
  EXPECT_EQ(nameless(name), "");
}

TEST(StateFile, has_the_slots_and_low_halves_of_large_parameters) {
  const std::string name = name_of_state_file();
  Types types{.x = Dtype::bf16, .state = in_file({.keep_low_half = true})};
  TypedBench bench(Adam{}, types, {{4095}});
  EXPECT_EQ(size_of(nameless(name)), 0U);
  std::vector<bfloat16> x(4096);
  bench.optimizer.add("large", {4096}, x, {});
  EXPECT_EQ(size_of(nameless(name)), 2 * whole_pages(4096 * 4) + whole_pages(4096 * 2));
}

TEST(StateFile, has_no_numbers_of_rows_and_columns) {
  const TypedBench bench(RowwiseAdaGrad{}, in_file(Types{}), {{5000, 2}});
  EXPECT_EQ(size_of(nameless(name_of_state_file())), 0U);
}

TEST(StateFile, is_shared_by_the_groups_that_name_it) {
  const std::string name = name_of_state_file();
  TypedBench bench(Adam{}, in_file(Types{}), {{300}});
  std::vector<float> x(300), y(300), z(300);
  bench.optimizer.add("x", {300}, x, {}, bench.optimizer.add_group(SGD{}));
  EXPECT_EQ(size_of(nameless(name)), 2 * whole_pages(1200));
  bench.optimizer.add("y", {300}, y, {}, bench.optimizer.add_group(Momentum{}));
  EXPECT_EQ(size_of(nameless(name)), 3 * whole_pages(1200));
  StateOptions other = in_file();
  other.file += "_other";
  bench.optimizer.add("z", {300}, z, {}, bench.optimizer.add_group(Momentum{}, other));
  EXPECT_EQ(size_of(nameless(name)), 3 * whole_pages(1200));
  EXPECT_EQ(size_of(nameless(other.file)), whole_pages(1200));
}

// Memory

/// How many parts of the file of that name are mapped. (A sanitizer maps parts of its own beside them.)
std::size_t mappings_of(const std::string& file) {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find(file) != std::string::npos ? 1 : 0;
  return count;
}

TEST(StateFile, takes_few_mappings_for_many_parameters) {
  constexpr std::size_t kMany = 2000, kEach = 300;
  std::vector<float> x(kMany * kEach), g(x.size(), 1.0F);
  Optimizer optimizer(Adam{}, {.state = in_file()});
  for (std::size_t i = 0; i < kMany; ++i)
    optimizer.add(std::to_string(i), {kEach}, std::span(x).subspan(i * kEach, kEach),
                  std::span(g).subspan(i * kEach, kEach));
  const std::size_t mappings = mappings_of(name_of_state_file());
  EXPECT_GT(mappings, 0U);
  EXPECT_LT(mappings, 20U);
  EXPECT_EQ(optimizer.step().status, Status::applied);
  EXPECT_NEAR(x.back(), -1e-3, 1e-6);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// Beside what is there before, in bytes.
std::size_t peak_of(const std::function<void()>& f) {
  start_of_peak();
  const std::size_t before = peak_resident();
  f();
  return peak_resident() - before;
}

TEST(StateFile, is_hardly_resident) {
  constexpr std::size_t kMiB = 1 << 20, kElements = 12 * kMiB;
  std::vector<bfloat16> x(kElements, to_bfloat16(1.0F)), g(kElements, to_bfloat16(0.5F));
  const StateOptions state{.dtype = State::f64, .file = name_of_state_file()};
  const auto pool = std::make_shared<ThreadPool>(2);  // windows grow with threads
  for (const AnyRule& rule : {AnyRule(LAMB{}), AnyRule(AdaGrad{.initial_accumulator_value = 0.1})}) {
    Optimizer optimizer(rule, {.executor = pool, .state = state});
    const std::size_t slots = rule.program().slots().size();
    const std::size_t peak = peak_of([&] {
      optimizer.add("x", {static_cast<std::int64_t>(kElements)}, x, g);
      for (int i = 0; i < 2; ++i) EXPECT_EQ(optimizer.step().status, Status::applied);
    });
    EXPECT_EQ(size_of(nameless(state.file)), slots * kElements * sizeof(double));
    EXPECT_LT(peak, slots * 32 * kMiB) << rule.name() << ", of " << slots * kElements * sizeof(double);
  }
}
#endif

// What cannot be

TEST(StateFile, that_is_there_already_is_refused_and_left_as_it_is) {
  const StateOptions state = in_file();
  std::ofstream(state.file) << "mine";
  EXPECT_EQ(message_of([&] { Optimizer(Adam{}, {.state = state}); }),
            "StateOptions: file '" + state.file +
                "' is there already; state is kept in a scratch file: name one that is not there");
  std::string content;
  std::ifstream(state.file) >> content;
  EXPECT_EQ(content, "mine");
  std::filesystem::remove(state.file);
  EXPECT_EQ(message_of([&] { Optimizer(Adam{}, {.state = state}); }), "");
}

TEST(StateFile, that_cannot_be_made_is_refused) {
  EXPECT_EQ(message_of([] { Optimizer(Adam{}, {.state = {.file = "/no/such/folder/state"}}); }),
            "StateOptions: file '/no/such/folder/state' cannot be made: No such file or directory");
  EXPECT_TRUE(contains(message_of([] { Optimizer(Adam{}, {.state = {.file = testing::TempDir()}}); }),
                       "StateOptions: file '" + testing::TempDir() + "' "));
}

TEST(StateFile, with_a_zero_in_its_name_is_refused) {
  StateOptions state;
  state.file = std::string("/tmp/a\0b", 8);
  EXPECT_NE(message_of([&] { Optimizer(Adam{}, {.state = state}); }).find("its name has a zero in it"),
            std::string::npos);
}

/// Files of this process get no larger, as long as it lives.
class FileLimit {
 public:
  explicit FileLimit(std::size_t bytes) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

// The first slot still fits.
TEST(StateFile, without_room_makes_add_fail_and_change_nothing) {
  const std::string name = name_of_state_file();
  Bench<float> bench(Adam{}, {{300}}, {.state = in_file()});
  bench.step(0);
  const std::size_t size = size_of(nameless(name));
  const std::uint64_t before = hash_of(bench);
  std::vector<float> x(5000), g(5000, 1);
  {
    const FileLimit limit(size + 30'000);
    EXPECT_EQ(message_of([&] { bench.optimizer.add("w", {5000}, x, g); }),
              "parameter 'w': StateOptions: file '" + name + "' has no room for " +
                  std::to_string(whole_pages(20'000)) + " bytes more: File too large");
  }
  EXPECT_EQ(size_of(nameless(name)), size);
  EXPECT_EQ(bench.optimizer.size(), 1U);
  EXPECT_EQ(hash_of(bench), before);
  EXPECT_EQ(message_of([&] { bench.optimizer.add("w", {5000}, x, g); }), "");
  EXPECT_EQ(bench.step(1).status, Status::applied);
}

TEST(StateFile, gives_back_the_room_of_a_parameter_that_is_refused) {
  Bench<float> bench(Adam{}, {{300}}, {.state = in_file()});
  const std::size_t size = size_of(nameless(name_of_state_file()));
  EXPECT_EQ(message_of([&] { bench.optimizer.add("w", {300}, bench.x[0], {}); }),
            "parameter 'w' overlaps parameter 'p0' in memory");
  EXPECT_EQ(size_of(nameless(name_of_state_file())), size);
}

// Death. Of few elements: a forked child has no threads.

TEST(StateFileDeathTest, of_a_process_follows_when_a_page_cannot_be_read) {
  EXPECT_DEATH(
      {
        TypedBench bench(Adam{}, in_file(Types{}), {{300}});
        bench.step(0);
        std::filesystem::resize_file(nameless(name_of_state_file()), 0);
        bench.step(1);
      },
      "");
}

TEST(StateFileDeathTest, of_a_forked_child_follows_when_it_looks_at_state) {
  TypedBench bench(Adam{}, in_file(Types{}), {{300}});
  EXPECT_DEATH(bench.optimizer.state(bench.ids[0], "exp_avg").decode(), "");
  EXPECT_EQ(bench.step(0).status, Status::applied);
}

// What a child took or gave back of the file would be its parent's.
TEST(StateFileDeathTest, of_a_forked_child_does_not_follow_when_it_steps_or_adds) {
  TypedBench bench(Adam{}, in_file(Types{}), {{300}});
  std::vector<float> x(300), g(300);
  const auto try_both = [&] {
    std::fputs(message_of([&] { bench.step(0); }).c_str(), stderr);
    std::fputs(message_of([&] { bench.optimizer.add("x", {300}, x, g); }).c_str(), stderr);
    std::_Exit(0);
  };
  const std::string refusal =
      "StateOptions: file '.*' is the state of the process that this one was forked from; .*";
  EXPECT_EXIT(try_both(), testing::ExitedWithCode(0), refusal + ".*" + refusal);
  bench.optimizer.add("x", {300}, x, g);
  EXPECT_EQ(bench.step(0).status, Status::applied);
}

}  // namespace
}  // namespace gradus::test
