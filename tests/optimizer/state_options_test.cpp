// How state is kept: what can be asked for, and what can be seen of it.

#include "gradus/states/state_options.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "support/text.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

/// The message of adding a parameter "w" of that type.
std::string refusal(const AnyRule& rule, Dtype x, StateOptions state) {
  return message_of([&] { TypedBench(rule, {x, x, std::move(state)}, {{300}}); });
}

/// The message of a group with that rule, and the same of an optimizer.
std::string refusal_of_group(const AnyRule& rule, const StateOptions& state) {
  Optimizer optimizer(SGD{});
  const std::string message = message_of([&] { optimizer.add_group(rule, state); });
  EXPECT_EQ(message_of([&] { optimizer.add_group(rule); }), "");
  EXPECT_EQ(message_of([&] { Optimizer(rule, {.state = state}); }), message);
  return message;
}

TEST(StateOptions, that_name_a_slot_which_the_rule_lacks_are_refused_for_the_group) {
  EXPECT_EQ(refusal_of_group(Adam{}, {.slots = {{"exp_avg_square", State::bf16}}}),
            "StateOptions name a slot 'exp_avg_square'; adam has: exp_avg, exp_avg_sq");
  EXPECT_EQ(refusal_of_group(SGD{}, {.slots = {{"momentum", State::bf16}}}),
            "StateOptions name a slot 'momentum'; sgd has: none");
  EXPECT_EQ(refusal_of_group(Adam{}, {.slots = {{"exp_avg", State::bf16}}}), "");
}

TEST(StateOptions, that_name_a_slot_twice_are_refused) {
  EXPECT_EQ(refusal_of_group(Adam{}, {.slots = {{"exp_avg", State::bf16}, {"exp_avg", State::block8}}}),
            "StateOptions name the slot 'exp_avg' twice");
}

TEST(StateOptions, that_name_what_is_never_kept_small_are_refused) {
  EXPECT_EQ(refusal_of_group(SOAP{}, {.slots = {{"exp_avg", State::bf16}}}),
            "StateOptions name 'exp_avg', which is a matrix of soap's; only slots are kept in other types");
  EXPECT_EQ(refusal_of_group(Adafactor{}, {.slots = {{"row_var", State::bf16}}}),
            "StateOptions name 'row_var', of which adafactor keeps a number a row or a column; only slots "
            "shaped like the parameter are kept in other types");
}

TEST(StateOptions, that_are_none_are_refused) {
  constexpr const char* kStates = "; it must be plain, f32, f64, bf16, block8 or dynamic8";
  EXPECT_EQ(refusal_of_group(Adam{}, {.dtype = static_cast<gradus::State>(99)}),
            std::string("StateOptions: dtype is number 99 of State") + kStates);
  EXPECT_EQ(refusal_of_group(Adam{}, {.slots = {{"exp_avg", static_cast<gradus::State>(-1)}}}),
            std::string("StateOptions: slot 'exp_avg' is number -1 of State") + kStates);
  EXPECT_EQ(refusal_of_group(Adam{}, {.rounding = static_cast<Rounding>(7)}),
            "StateOptions: rounding is number 7 of Rounding; it must be nearest or stochastic");
  EXPECT_EQ(refusal_of_group(Adam{}, {.parameter_rounding = static_cast<Rounding>(-1)}),
            "StateOptions: parameter_rounding is number -1 of Rounding; it must be nearest or stochastic");
  EXPECT_EQ(refusal_of_group(Adam{}, {.row_steps = static_cast<RowSteps>(9)}),
            "StateOptions: row_steps is number 9 of RowSteps; it must be shared, own or caught_up");
}

// A group may hold bfloat16 weights and float32 gains.
TEST(StateOptions, that_keep_the_low_half_are_refused_for_float16_only) {
  EXPECT_EQ(refusal(Adam{}, Dtype::f16, {.keep_low_half = true}),
            "parameter 'p0': keep_low_half is for bfloat16 parameters, and this one is float16");
  for (const Dtype x : {Dtype::f32, Dtype::f64, Dtype::bf16})
    EXPECT_EQ(refusal(Adam{}, x, {.keep_low_half = true}), "");
}

TEST(StateOptions, that_are_refused_leave_the_optimizer_as_it_is) {
  TypedBench bench(Adam{}, {Dtype::f32, Dtype::f32, {}}, {{30}});
  const GroupId low = bench.optimizer.add_group(Adam{}, StateOptions{.keep_low_half = true});
  std::vector<float> x(3), g(3);
  std::vector<float16> half(3);
  EXPECT_NE(message_of([&] { bench.optimizer.add("w", {3}, half, {}, low); }), "");
  EXPECT_EQ(bench.optimizer.size(), 1U);
  EXPECT_EQ(message_of([&] { bench.optimizer.add("w", {3}, x, g); }), "");
  EXPECT_EQ(bench.step(0).status, Status::applied);
}

// What can be seen

struct Seen {
  const char* rule;
  Dtype x;
  StateOptions state;
  std::string name;
  Dtype dtype;
  Shape shape;
};

TEST(State, of_each_kind_says_what_it_is) {
  const StateOptions block8{.dtype = State::block8, .from_size = 0},
      dynamic8{.dtype = State::dynamic8, .from_size = 0};
  const StateOptions low{.keep_low_half = true};
  const StateOptions by_name{.dtype = State::bf16, .slots = {{"exp_avg_sq", State::f32}}, .from_size = 0};
  const StateOptions p0_by_name{.dtype = State::f64, .slots = {{"p0", State::bf16}}, .from_size = 0};
  const StateOptions by_bf16{.dtype = State::bf16, .from_size = 0};
  const Seen all[] = {
      {"adam", Dtype::f32, {}, "exp_avg", Dtype::f32, {6, 50}},
      {"adam", Dtype::f64, {}, "exp_avg", Dtype::f64, {6, 50}},
      {"adam", Dtype::bf16, {}, "exp_avg", Dtype::f32, {6, 50}},
      {"adam", Dtype::f64, block8, "exp_avg", Dtype::e4m3, {6, 50}},
      {"adam", Dtype::bf16, block8, "exp_avg_sq", Dtype::ue5m3, {6, 50}},
      {"adam", Dtype::f16, dynamic8, "exp_avg", Dtype::dynamic, {6, 50}},
      {"adam", Dtype::f32, dynamic8, "exp_avg_sq", Dtype::udynamic, {6, 50}},
      {"adam", Dtype::f32, by_name, "exp_avg", Dtype::bf16, {6, 50}},
      {"adam", Dtype::f32, by_name, "exp_avg_sq", Dtype::f32, {6, 50}},
      {"adam", Dtype::f64, by_name, "exp_avg_sq", Dtype::f32, {6, 50}},
      {"adam", Dtype::f32, block8, "beta1_product", Dtype::f64, {}},
      {"adam", Dtype::bf16, low, "float32_parameter", Dtype::halves, {6, 50}},
      {"adafactor", Dtype::f32, block8, "row_var", Dtype::f32, {6}},
      {"adafactor", Dtype::f64, dynamic8, "col_var", Dtype::f64, {50}},
      {"rowwise_adagrad", Dtype::bf16, block8, "sum", Dtype::f32, {6}},
      {"soap", Dtype::f16, block8, "GG_left", Dtype::f32, {6, 6}},
      {"soap", Dtype::f64, block8, "Q_right", Dtype::f64, {50, 50}},
      {"prodigy", Dtype::f32, block8, "d", Dtype::f64, {}},
      {"prodigy", Dtype::bf16, block8, "p0", Dtype::f32, {6, 50}},
      {"prodigy", Dtype::f32, p0_by_name, "p0", Dtype::bf16, {6, 50}},
      {"schedule_free_adamw", Dtype::f64, dynamic8, "z", Dtype::f64, {6, 50}},
      {"rmsprop_centered", Dtype::f32, block8, "square_avg", Dtype::f32, {6, 50}},
      {"rmsprop_centered_momentum", Dtype::f32, by_bf16, "grad_avg", Dtype::f32, {6, 50}},
      {"rmsprop_centered_momentum", Dtype::f32, by_bf16, "momentum_buffer", Dtype::bf16, {6, 50}}};
  for (const Seen& seen : all) {
    TypedBench bench(make_rule(seen.rule), {seen.x, Dtype::f32, seen.state}, {{6, 50}});
    bench.step(0);
    const StateView view = bench.optimizer.state(bench.ids[0], seen.name);
    const std::string where = std::string(seen.rule) + ' ' + seen.name;
    EXPECT_EQ(view.name, seen.name);
    EXPECT_EQ(view.dtype, seen.dtype) << where;
    EXPECT_EQ(view.shape, seen.shape) << where;
    EXPECT_EQ(view.size, elements_of(seen.shape)) << where;
    EXPECT_TRUE(view.beside != nullptr || layout_of(view.dtype).beside_bytes == 0) << where;
    EXPECT_EQ(view.decode().size(), view.size) << where;
  }
}

TEST(State, decoded_is_what_was_kept) {
  Types types{Dtype::bf16, Dtype::f32, {.dtype = State::block8, .keep_low_half = true, .from_size = 0}};
  TypedBench bench(Momentum{.lr = 0.1}, types, {{300}});
  const std::vector<double> before = decoded<double>(bench.x[0]);
  bench.step(0);
  const std::vector<double> g = decoded<double>(bench.g[0]);
  const std::vector<double> b = bench.optimizer.state(bench.ids[0], "momentum_buffer").decode();
  const std::vector<double> x = bench.optimizer.state(bench.ids[0], "float32_parameter").decode();
  for (std::size_t i = 0; i < g.size(); ++i) {
    EXPECT_NEAR(b[i], g[i], std::abs(g[i]) / 8 + 1e-2);  // 3 bits of mantissa, drawn; 16 powers of two
    EXPECT_EQ(x[i], static_cast<double>(static_cast<float>(before[i]) - 0.1F * static_cast<float>(g[i])));
  }
}

TEST(State, has_names_that_differ) {
  for (const std::string& rule : rule_names()) {
    TypedBench bench(make_rule(rule), {Dtype::bf16, Dtype::bf16, {.keep_low_half = true, .from_size = 0}},
                     {{6, 50}});
    bench.optimizer.evaluate();
    const std::vector<std::string> names = bench.optimizer.slots(bench.ids[0]);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size()) << rule;
    for (const std::string& name : names) EXPECT_EQ(bench.optimizer.state(bench.ids[0], name).name, name);
  }
}

TEST(StateOptions, leave_the_slots_of_small_parameters_plain) {
  for (const std::size_t from : {299UL, 300UL, 301UL}) {
    TypedBench bench(Adam{}, {Dtype::f32, Dtype::f32, {.dtype = State::block8, .from_size = from}}, {{300}});
    EXPECT_EQ(bench.optimizer.state(bench.ids[0], "exp_avg").dtype, from > 300 ? Dtype::f32 : Dtype::e4m3);
  }
}

TEST(StateOptions, of_the_first_group_are_those_of_the_next_ones_unless_they_have_their_own) {
  TypedBench bench(Adam{}, {Dtype::f32, Dtype::f32, {.dtype = State::bf16, .from_size = 0}}, {{3}});
  const auto dtype_in = [&](const std::string& name, GroupId group) {
    static std::deque<std::vector<float>> arrays;
    const ParameterId id = bench.optimizer.add(name, {3}, arrays.emplace_back(3), {}, group);
    return bench.optimizer.state(id, "exp_avg").dtype;
  };
  EXPECT_EQ(dtype_in("same", bench.optimizer.add_group(AMSGrad{})), Dtype::bf16);
  EXPECT_EQ(dtype_in("overrides", bench.optimizer.add_group({{"lr", 0.5}})), Dtype::bf16);
  EXPECT_EQ(dtype_in("own", bench.optimizer.add_group(Adam{}, StateOptions{})), Dtype::f32);
}

// add() failed: a group of another rule had no slot of that name.
TEST(StateOptions, of_the_first_group_are_those_of_the_next_ones_for_the_slots_that_these_have) {
  const StateOptions state{.slots = {{"exp_avg", State::bf16}, {"exp_avg_sq", State::block8}},
                           .from_size = 0};
  TypedBench bench(Adam{}, {Dtype::f32, Dtype::f32, state}, {{3}});
  std::vector<float> a(3), b(12), c(3);
  const GroupId free = bench.optimizer.add_group(ScheduleFreeAdamW{});
  const ParameterId x = bench.optimizer.add("x", {3}, a, {}, free);
  EXPECT_EQ(bench.optimizer.state(x, "exp_avg_sq").dtype, Dtype::ue5m3);
  const ParameterId y = bench.optimizer.add("y", {3, 4}, b, {}, bench.optimizer.add_group(SOAP{}));
  EXPECT_EQ(bench.optimizer.state(y, "exp_avg").dtype, Dtype::f32);
  bench.optimizer.add("z", {3}, c, {}, bench.optimizer.add_group(SGD{}));
}

// Draws

TypedBench drawn_after_steps(std::uint64_t seed) {
  const Types types{Dtype::bf16,
                    Dtype::f32,
                    {.dtype = State::block8, .parameter_rounding = Rounding::stochastic, .from_size = 0}};
  TypedBench bench(Adam{}, types, {{30, 20}, {700}}, {.seed = seed});
  for (std::uint64_t i = 0; i < 3; ++i) bench.step(i);
  return bench;
}

TEST(Draws, depend_on_the_seed) {
  const auto first = drawn_after_steps(1).contents();
  EXPECT_EQ(drawn_after_steps(1).contents(), first);
  for (std::size_t p = 0; p < first.size(); ++p)
    for (const char* array : {"x", "exp_avg", "exp_avg_sq"})
      EXPECT_NE(drawn_after_steps(2).contents(p).at(array), first[p].at(array)) << array;
}

TEST(Draws, depend_on_the_name_of_a_parameter_not_on_its_number_or_its_neighbours) {
  const auto expected = drawn_after_steps(1).contents();
  TypedBench arrays = drawn_after_steps(1);  // for their memory
  for (const std::vector<std::size_t>& order :
       {std::vector<std::size_t>{1, 0}, std::vector<std::size_t>{0}, std::vector<std::size_t>{1}}) {
    arrays.optimizer = Optimizer(
        Adam{},
        {.state = {.dtype = State::block8, .parameter_rounding = Rounding::stochastic, .from_size = 0},
         .seed = 1});
    const std::vector<Shape> shapes{{30, 20}, {700}};
    for (const std::size_t p : order) {
      arrays.x[p].elements = kept_noise(Dtype::bf16, 1000 + p, arrays.x[p].n).elements;
      arrays.ids[p] =
          arrays.optimizer.add("p" + std::to_string(p), shapes[p], arrays.elements(p), arrays.gradient(p));
    }
    for (std::uint64_t i = 0; i < 3; ++i) arrays.step(i);
    for (const std::size_t p : order) EXPECT_EQ(differing(arrays.contents(p), expected[p]), "") << "p" << p;
  }
}

}  // namespace
}  // namespace gradus::test
