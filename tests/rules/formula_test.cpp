#include "gradus/formula.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gradus/gradus.hpp"
#include "rules/all_types.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {

namespace {

/// The rule of HACKING.md.
struct Lion {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.99;
  static constexpr std::array fields{Field{"lr", &Lion::lr, kNonNegative, ""},
                                     Field{"beta1", &Lion::beta1, kDecayRate, ""},
                                     Field{"beta2", &Lion::beta2, kDecayRate, ""}};
  static constexpr std::array slots{Slot{"m"}};
  struct Step {
    Ema direction, mean;
  };
  Step at(Now&) const { return {Ema(beta1), Ema(beta2)}; }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& m) {
    const V u = sign(c.direction(m, g));
    m = c.mean(m, g);
    return u;
  }
};

/// Operations that the rules above have not, with old values that are read after new ones were written.
struct Odd {
  static constexpr std::array slots{Slot{"a"}, Slot{"b"}};
  struct Step {
    Coef k;
  };
  Step at(Now& now) const { return {2.0 / (static_cast<double>(now.t) * static_cast<double>(now.t))}; }
  template <class V>
  static V update(const Step& c, V g, V x, V& a, V& b) {
    const V old = a;
    a = max(Coef(0.25), min(abs(g), b + c.k * x));
    b = old;
    return where(g < a, V{1} / (Coef(3.0) + a * a), -g - old) * (b - Coef(1.0) / (Coef(2.0) + abs(x)));
  }
};

struct Pair {
  const char* name;
  AnyRule compiled;
  const char* formula;
  std::vector<Setting> fields;
};

const std::vector<Pair>& pairs() {
  static const std::vector<Pair> all{
      {"adam",
       Adam{.lr = 0.01},
       "exp_avg = ema(beta1, exp_avg, g)\n"
       "exp_avg_sq = ema(beta2, exp_avg_sq, g * g)  # a comment\n"
       "u = 1 / (1 - beta1 ** t) * exp_avg / (sqrt(1 / (1 - beta2 ** t) * exp_avg_sq) + eps)",
       {{"lr", 0.01}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}}},
      {"adagrad",
       AdaGrad{.lr = 0.1},
       "sum = sum + g ** 2; u = g / (sqrt(sum) + eps)",
       {{"lr", 0.1}, {"eps", 1e-10}}},
      {"momentum",
       Momentum{.lr = Linear{.from = 0.1, .to = 0.01, .steps = 5}},
       "momentum_buffer = momentum * momentum_buffer + 1 * g\nu = momentum_buffer",
       {{"lr", Linear{.from = 0.1, .to = 0.01, .steps = 5}}, {"momentum", 0.9}}},
      {"lion",
       Lion{},
       "u = sign(ema(beta1, m, g))\nm = ema(beta2, m, g)",
       {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.99}}},
      {"odd",
       Odd{},
       "old = a\n"
       "a = max(.25, min(abs(g), b + 2 / (t * t) * x))\n"
       "b = old\n"
       "u = where(g < a, 1 / (3 + a ** 2), -g - old) * (b - 1.0 / (2 + abs(x)))",
       {}}};
  return all;
}

class Formula : public testing::TestWithParam<Pair> {};

TEST_P(Formula, has_the_bits_of_the_compiled_rule) {
  const AnyRule interpreted = formula_rule("", GetParam().formula, GetParam().fields);
  for (const Isa isa : available_isas())
    for (const Types& types : {Types{}, Types{.x = Dtype::f64},
                               Types{.x = Dtype::bf16, .state = {.dtype = State::bf16, .from_size = 0}}}) {
      TypedBench compiled(GetParam().compiled, types, {{1}, {300}, {20'000}}, {.isa = isa});
      TypedBench run(interpreted, types, {{1}, {300}, {20'000}}, {.isa = isa});
      for (std::uint64_t i = 0; i < 4; ++i) {
        EXPECT_EQ(compiled.step(i).status, Status::applied);
        EXPECT_EQ(run.step(i).status, Status::applied);
      }
      for (std::size_t p = 0; p < run.x.size(); ++p)
        EXPECT_EQ(differing(run.contents(p), compiled.contents(p)), "")
            << name_of(isa) << ", " << text_of(types);
    }
}

INSTANTIATE_TEST_SUITE_P(rule, Formula, testing::ValuesIn(pairs()),
                         [](const auto& pair) { return pair.param.name; });

void expect_refused(std::string_view formula, const std::string& message) {
  try {
    formula_rule("", formula, {{"lr", 1.0}, {"beta", 0.5}});
    ADD_FAILURE() << "not refused: " << formula;
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(message)) << formula;
  }
}

TEST(FormulaText, is_refused_with_line_and_column) {
  expect_refused("", "line 1, column 1: expected a line 'u = ...'");
  expect_refused("u = g +", "line 1, column 8: expected a number, a name or '('");
  expect_refused("m = g\nu = bets * m", "line 2, column 5: there is no 'bets'; the nearest: beta");
  expect_refused("u = sqrt(g, g)", "column 5: sqrt() takes 1 arguments, not 2");
  expect_refused("u = sqr(g)", "column 5: there is no function 'sqr'; the nearest: sqrt");
  expect_refused("u = (g", "column 7: expected ')', found the end of the formula");
  expect_refused("u = g g", "column 7: expected an operator or the end of the line, found 'g'");
  expect_refused("u = g $ g", "found '$'");
  expect_refused("lr = g; u = g", "column 1: 'lr' is given, and cannot be written");
  expect_refused("u = g ** 1.5", "column 10: expected t, or a whole number from 1 to 8");
  expect_refused("u = g ** t", "column 5: expected a field before '** t'");
  expect_refused("u = ema(g, g, g)", "column 5: ema() takes a number first");
  expect_refused("u = 1e999 * g", "column 5: expected a number");
  expect_refused("u = " + std::string(200, '(') + "g", "more than 100 parentheses");
  expect_refused(std::string(10'001, ' '), "it has 10001 characters; there may be 10000");
  std::string nine = "u = g";
  for (char c = 'a'; c <= 'i'; ++c) nine += std::string(";") + c + "_ = " + c + "_ + g";
  expect_refused(nine, "it needs 9 arrays that are kept; there may be 8");
}

TEST(FormulaText, fields_are_checked) {
  EXPECT_THROW(formula_rule("", "u = g", {{"lr", 1.0}, {"lr", 2.0}}), Error);
  EXPECT_THROW(formula_rule("", "u = g", {{"lr", NAN}}), Error);
  AnyRule rule = formula_rule("", "u = g", {{"lr", 1.0}});
  EXPECT_THROW(rule.set("beta", 1.0), Error);
  EXPECT_THROW(rule.set("lr", 1e300), Error);
}

TEST(FormulaText, a_name_makes_it_known) {
  const AnyRule rule = formula_rule("sign_descent", "u = sign(g)", {{"lr", 0.5}});
  const std::string text = rule_text(rule);
  EXPECT_EQ(text, "sign_descent:lr=0.5");
  EXPECT_EQ(rule_text(parse_rule(text)), text);
  EXPECT_EQ(parse_rule(text).program().kind(), rule.program().kind());
  EXPECT_NO_THROW(formula_rule("sign_descent", "u = sign(g)", {{"lr", 0.25}}));
  EXPECT_THROW(formula_rule("sign_descent", "u = -sign(g)", {{"lr", 0.5}}), Error);
  EXPECT_THROW(formula_rule("adam", "u = g", {}), Error);
  EXPECT_THROW((void)rule_text(formula_rule("", "u = g", {})), Error);
}

}  // namespace

}  // namespace gradus::test
