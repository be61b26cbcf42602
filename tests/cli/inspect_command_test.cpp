#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/program.hpp"
#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/write_tensor_file.hpp"
#include "gradus/gradus.hpp"

namespace gradus::test {
namespace {

class InspectCommand : public ::testing::Test {
 protected:
  [[nodiscard]] Outcome inspect() const { return run({"inspect", file_.string()}); }
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "a.safetensors";
};

TEST_F(InspectCommand, tells_tensors_steps_groups_and_that_it_is_whole) {
  std::vector<float> x(1500, 1), g(1500, 1);
  Optimizer optimizer(Adam{.lr = Cosine{.from = 0.5, .to = 0, .steps = 9}});
  optimizer.add("w", {1500}, x, g);
  optimizer.step();
  checkpoint::save(optimizer, file_);
  const Outcome outcome = inspect();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* text : {"6 tensors, whole", "optimizer of 1 step, seed 0",
                           "group 0: adam:lr=cosine(from=0.5,", "state.w.exp_avg  ", "6,000  [1500]", "I64"})
    EXPECT_TRUE(contains(outcome.out, text)) << outcome.out;
}

TEST_F(InspectCommand, says_why_it_refuses_a_damaged_one) {
  checkpoint::write_tensor_file(file_, {}, {{"note", "of nothing"}});
  EXPECT_TRUE(contains(inspect().out, "0 tensors, whole"));
  std::fstream(file_, std::ios::in | std::ios::out | std::ios::binary).seekp(40).put('!');
  const Outcome outcome = inspect();
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(contains(outcome.err, "a.safetensors")) << outcome.err;
  EXPECT_EQ(run({"inspect", (folder_.path() / "none").string()}).exit_code, 2);
}

TEST_F(InspectCommand, shows_names_that_a_terminal_need_not_obey) {
  const std::vector<std::byte> byte(1);
  std::vector<checkpoint::GivenTensor> tensors(1);
  tensors[0].name = "\x1b[31m\xe2\x80\xae";
  tensors[0].type = checkpoint::Type::u8;
  tensors[0].give = checkpoint::from_memory(byte);
  checkpoint::write_tensor_file(file_, tensors);
  const Outcome outcome = inspect();
  EXPECT_TRUE(contains(outcome.out, "[31m")) << outcome.err;
  EXPECT_FALSE(contains(outcome.out, "\x1b"));
  EXPECT_FALSE(contains(outcome.out, "\xe2\x80\xae"));
}

}  // namespace
}  // namespace gradus::test
