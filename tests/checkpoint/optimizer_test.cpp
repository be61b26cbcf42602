// A training in a file: every rule, in every type, goes on as if it had not been broken off.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/write_tensor_file.hpp"
#include "gradus/core/error.hpp"
#include "no_waiting.hpp"
#include "rules/all_types.hpp"
#include "rules/table.hpp"
#include "support/files.hpp"
#include "support/state_file.hpp"
#include "support/text.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

using checkpoint::load;
using checkpoint::LoadOptions;
using checkpoint::save;

class CheckpointFile {
 protected:
  NoWaiting disk_;
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "training.safetensors";
};

class EveryRule : public testing::TestWithParam<RuleRow>, protected CheckpointFile {
 protected:
  void SetUp() override {
    try {
      static_cast<void>(rule_text(GetParam().rule));
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
  [[nodiscard]] std::vector<Shape> shapes() const { return {shape_for(GetParam()), shape_for(GetParam())}; }
};

TEST_P(EveryRule, goes_on_from_a_file_in_every_type) {
  for_all_types([&](const Types& types) {
    TypedBench unbroken(GetParam().rule, types, shapes()), resumed(GetParam().rule, types, shapes());
    for (std::uint64_t i = 0; i < 4; ++i) unbroken.step(i);
    resumed.step(99);
    save(unbroken.optimizer, file_, disk_);
    load(resumed.optimizer, file_);
    EXPECT_EQ(resumed.contents(), unbroken.contents()) << text_of(types);
    for (std::uint64_t i = 4; i < 9; ++i) {
      unbroken.step(i);
      resumed.step(i);
    }
    EXPECT_EQ(resumed.contents(), unbroken.contents()) << text_of(types);
    EXPECT_EQ(resumed.optimizer.steps(), 9);
  });
}

INSTANTIATE_TEST_SUITE_P(rule, EveryRule, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });

class Checkpoint : public testing::Test, protected CheckpointFile {
 protected:
  static TypedBench bench(const AnyRule& rule, const Types& types = {}) {
    return {rule, types, {{5}, {2, 3}}};
  }
  /// What loading into the bench complains of; nothing of it may have changed.
  std::string complaint(TypedBench& bench, const LoadOptions& options = {}) const {
    const auto before = bench.contents();
    const auto fields = bench.optimizer.rule().fields();
    const std::int64_t steps = bench.optimizer.steps();
    std::string message = message_of([&] { load(bench.optimizer, file_, options); });
    EXPECT_EQ(bench.contents(), before) << message;
    EXPECT_EQ(bench.optimizer.rule().fields(), fields) << message;
    EXPECT_EQ(bench.optimizer.steps(), steps) << message;
    return message;
  }
  /// The file with its JSON changed.
  void change(const std::function<void(nlohmann::json&)>& f) const {
    const checkpoint::TensorFile file(file_);
    std::vector<std::vector<std::byte>> data;
    std::vector<checkpoint::GivenTensor> tensors;
    for (const checkpoint::StoredTensor& tensor : file.tensors()) {
      data.emplace_back(tensor.bytes);
      file.read(tensor.name, data.back());
    }
    for (std::size_t i = 0; i < data.size(); ++i)
      tensors.push_back({file.tensors()[i], checkpoint::from_memory(data[i])});
    nlohmann::json json = nlohmann::json::parse(file.metadata().at("gradus.optimizer"));
    f(json);
    write_tensor_file(file_, tensors, {{"gradus.optimizer", json.dump()}});
  }
};

TEST_F(Checkpoint, brings_back_hyperparameters_with_their_schedules_unless_they_are_to_stay) {
  TypedBench one = bench(Adam{.lr = Cosine{.from = 0.1, .to = 0, .steps = 30}, .beta1 = 0.8});
  for (std::uint64_t i = 0; i < 3; ++i) one.step(i);
  save(one.optimizer, file_);
  TypedBench other = bench(Adam{.lr = 0.5}), kept = bench(Adam{.lr = 0.5});
  load(other.optimizer, file_);
  load(kept.optimizer, file_, {.hyperparameters = false});
  EXPECT_EQ(kept.optimizer.rule().get("lr"), 0.5);
  EXPECT_EQ(rule_text(other.optimizer.rule()), rule_text(one.optimizer.rule()));
  EXPECT_EQ(other.optimizer.rule().fields(), one.optimizer.rule().fields());
  for (std::uint64_t i = 3; i < 20; ++i)
    for (TypedBench* each : {&one, &other}) each->step(i);
  EXPECT_EQ(other.contents(), one.contents());
}

TEST_F(Checkpoint, leaves_parameters_alone_where_they_are_to_stay) {
  TypedBench one = bench(Adam{}), other = bench(Adam{});
  one.step(0);
  save(one.optimizer, file_);
  const std::vector<std::byte> before = other.x[0].elements;
  load(other.optimizer, file_, {.parameters = false});
  EXPECT_EQ(other.x[0].elements, before);
  EXPECT_EQ(other.optimizer.steps(), 1);
}

// Seen elsewhere: state matched by order; a file over the one that it came from.
TEST_F(Checkpoint, matches_by_name_in_any_order_and_over_the_same_file) {
  std::vector<float> a(4, 1), b(4, 2), g(4, 0.5);
  Optimizer first(Adam{}), second(Adam{});
  std::vector<float> c(4), d(4);
  first.add("a", {4}, a, g);
  first.add("b", {4}, b, g);
  second.add("b", {4}, d, g);
  second.add("a", {4}, c, g);
  first.step();
  save(first, file_);
  load(second, file_);
  EXPECT_EQ(c, a);
  EXPECT_EQ(d, b);
  save(second, file_);
  load(first, file_);
  EXPECT_EQ(c, a);
}

TEST_F(Checkpoint, of_another_optimizer_is_refused_with_what_is_different) {
  TypedBench one = bench(Adam{});
  one.step(0);
  save(one.optimizer, file_);
  const auto expect = [&](TypedBench other, const std::vector<const char*>& texts) {
    const std::string message = complaint(other);
    for (const char* text : texts) EXPECT_TRUE(contains(message, text)) << message;
  };
  expect({Adam{}, {}, {{5}}}, {"tensor 'p1' is too much", "tensor 'state.p1.exp_avg' is too much"});
  expect({Adam{}, {}, {{5}, {2, 3}, {1}}}, {"tensor 'p2' is missing", "tensor 'state.p2.step' is missing"});
  expect({Adam{}, {}, {{5}, {3, 2}}}, {"tensor 'p1' is F32 [2, 3], expected F32 [3, 2]"});
  expect(bench(Adam{}, {.x = Dtype::f64, .g = Dtype::f64}), {"tensor 'p0' is F32 [5], expected F64 [5]"});
  expect(bench(AMSGrad{}), {"tensor 'state.p0.max_exp_avg_sq' is missing"});
  expect(bench(AdamEpsHat{}), {"group 0 has the rule adam, expected adam_eps_hat"});
  expect(bench(Adam{}, types_of(Dtype::f32, Dtype::f32, gradus::State::block8)),
         {"tensor 'state.p0.exp_avg' is F32 [5], expected U8 [5]"});
}

TEST_F(Checkpoint, tells_codes_of_one_byte_apart) {
  TypedBench one = bench(Adam{}, types_of(Dtype::f32, Dtype::f32, gradus::State::block8));
  one.step(0);
  save(one.optimizer, file_);
  change([](nlohmann::json& json) { json["codes"]["state.p0.exp_avg"] = "dynamic"; });
  TypedBench other = bench(Adam{}, types_of(Dtype::f32, Dtype::f32, gradus::State::block8));
  EXPECT_TRUE(contains(complaint(other), "tensor 'state.p0.exp_avg' is kept as dynamic, expected e4m3"));
}

TEST_F(Checkpoint, refuses_schedules_without_a_text_when_it_saves) {
  TypedBench one = bench(SGD{.lr = Schedule([](std::int64_t) { return 0.1; })});
  const std::string message = message_of([&] { save(one.optimizer, file_); });
  EXPECT_TRUE(contains(message, "lr of sgd")) << message;
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Checkpoint, with_hostile_metadata_is_refused) {
  TypedBench one = bench(Adam{}), other = bench(Adam{});
  one.step(0);
  const auto refused = [&](const std::function<void(nlohmann::json&)>& f, const char* expected) {
    save(one.optimizer, file_);
    change(f);
    const std::string message = complaint(other);
    EXPECT_TRUE(contains(message, expected)) << message;
  };
  using Json = nlohmann::json;
  refused([](Json& j) { j = 1; }, "gradus.optimizer is no JSON object");
  refused([](Json& j) { j["format"] = 2; }, "format should be 1");
  refused([](Json& j) { j.erase("steps"); }, "steps should be there");
  refused([](Json& j) { j["steps"] = -1; }, "steps should be a number of steps");
  refused([](Json& j) { j["steps"] = 1.5; }, "steps should be a number of steps");
  refused([](Json& j) { j["steps"] = INT64_MAX; }, "steps are 9223372036854775807; there may be 0 to 2^53");
  refused([](Json& j) { j["seed"] = "x"; }, "seed should be a number");
  refused([](Json& j) { j["seed"] = 7; }, "the seed is 7, expected 0");
  refused([](Json& j) { j["groups"] = {}; }, "groups should be a list");
  refused([](Json& j) { j["groups"].push_back(j["groups"][0]); }, "2 groups, expected 1");
  refused([](Json& j) { j["groups"][0]["rule"] = "adam:lr="; }, "group 0: ");
  refused([](Json& j) { j["groups"][0]["rule"] = "no_such_rule"; }, "no_such_rule");
  refused([](Json& j) { j["groups"][0]["rounding"] = "up\x1b"; }, "rounding");
  refused([](Json& j) { j["groups"][0]["parameters"] = 1; }, "parameters should be a list of names");
  refused([](Json& j) { j["codes"] = 1; }, "codes should be an object");
  refused(
      [](Json& j) {
        for (int i = 0; i < 20; ++i) j["groups"] = Json::array({j["groups"]});
      },
      "too deep");
}

TEST_F(Checkpoint, of_names_that_are_no_utf8_is_refused_when_it_is_saved) {
  std::vector<float> x(3);
  Optimizer one(Adam{});
  one.add("\xFF", {3}, x, {});
  EXPECT_EQ(message_of([&] { save(one, file_); }), "gradus.optimizer: '\\xff' is not UTF-8");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Checkpoint, of_an_optimizer_that_has_been_moved_from_is_refused) {
  TypedBench one = bench(Adam{});
  save(one.optimizer, file_);
  const std::string before = text_of(file_);
  const Optimizer other = std::move(one.optimizer);
  const char* const why =
      "() was called on an optimizer that has been moved from; it can only be assigned to";
  EXPECT_TRUE(contains(message_of([&] { save(one.optimizer, file_); }), why));
  EXPECT_TRUE(contains(message_of([&] { load(one.optimizer, file_); }), why));
  EXPECT_EQ(text_of(file_), before);
}

TEST_F(Checkpoint, between_evaluate_and_train_is_refused) {
  TypedBench one = bench(ScheduleFreeAdamW{});
  one.step(0);
  save(one.optimizer, file_);
  const std::string before = text_of(file_);
  one.optimizer.evaluate();
  const char* const why = "() was called between evaluate() and train(); call train() first";
  EXPECT_TRUE(contains(message_of([&] { save(one.optimizer, file_); }), why));
  EXPECT_TRUE(contains(complaint(one), why));
  EXPECT_EQ(text_of(file_), before);
  one.optimizer.train();
  load(one.optimizer, file_);
}

TEST_F(Checkpoint, goes_on_after_a_step_that_failed) {
  const auto make = [] { return bench(SGD{.lr = Linear{.from = 1, .to = -1, .steps = 2}}); };
  TypedBench one = make(), other = make();
  for (std::uint64_t i = 0; i < 2; ++i) EXPECT_EQ(one.step(i).status, Status::applied);
  EXPECT_EQ(one.step(2).status, Status::failed);
  save(one.optimizer, file_);
  load(other.optimizer, file_);
  EXPECT_EQ(other.contents(), one.contents());
  EXPECT_EQ(other.step(2).status, Status::failed);
  load(other.optimizer, file_);
  EXPECT_EQ(other.contents(), one.contents());
}

using CheckpointDeathTest = Checkpoint;

// As of a child that saves while its parent trains.
TEST_F(CheckpointDeathTest, of_an_optimizer_whose_state_is_lost_is_refused) {
  Types types;
  types.state.file = name_of_state_file();
  TypedBench one = bench(Adam{}, types);
  save(one.optimizer, file_);
  const auto try_both = [&] {
    std::fputs(message_of([&] { save(one.optimizer, file_); }).c_str(), stderr);
    std::fputs(message_of([&] { load(one.optimizer, file_); }).c_str(), stderr);
    std::_Exit(0);
  };
  const std::string refusal = "is the state of the process that this one was forked from; .*";
  EXPECT_EXIT(try_both(), testing::ExitedWithCode(0), refusal + ".*" + refusal);
  load(one.optimizer, file_);
}

TEST_F(Checkpoint, of_other_programs_is_no_optimizer) {
  checkpoint::write_tensor_file(file_, {}, {});
  TypedBench other = bench(Adam{});
  EXPECT_TRUE(contains(complaint(other), "holds no optimizer: its metadata lack gradus.optimizer"));
}

}  // namespace
}  // namespace gradus::test
