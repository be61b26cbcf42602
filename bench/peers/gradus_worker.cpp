// gradus' side of `./gradus bench --peers`.

#include <map>

#include "../problem.hpp"
#include "../table.hpp"
#include "gradus/engine/codec.hpp"
#include "worker.hpp"

namespace gradus::bench {

namespace {

OptimizerOptions options_of(const Words& words) {
  static const std::map<std::string, State> kStates{{"plain", State::plain},
                                                    {"bf16", State::bf16},
                                                    {"block8", State::block8},
                                                    {"dynamic8", State::dynamic8}};
  OptimizerOptions options;
  options.non_finite = words.at("look") == "yes" ? NonFinite::skip : NonFinite::propagate;
  options.state.dtype = kStates.at(words.at("state"));
  options.state.rounding = words.at("drawn") == "yes" ? Rounding::stochastic : Rounding::nearest;
  options.state.parameter_rounding = options.state.rounding;
  return options;
}

std::vector<double> first_elements(const Buffer& x) {
  std::vector<double> first(8);
  engine::codec_for(Isa::baseline, x.dtype(), Dtype::f64)
      .decode(first.size(), x.data(), nullptr, first.data());
  return first;
}

void work(const Words& words) {
  const AnyRule rule = make_rule(words.at("rule"), {{"lr", words.at("lr")}});
  if (words.at("rows") != "none") {
    const Shape shape = words.shapes().front();
    Table table(shape[0], shape[1], rule, options_of(words));
    table.give(words.rows());
    return serve([&] { table.step(); }, [&] { return first_elements(table.table()); });
  }
  const Dtype dtype = words.at("dtype") == "bf16" ? Dtype::bf16 : Dtype::f32;
  Problem problem(words.shapes(), rule, options_of(words), {dtype, dtype});
  serve([&] { problem.step(); }, [&] { return first_elements(problem.values()); });
}

}  // namespace

}  // namespace gradus::bench

int main(int argc, char** argv) { return gradus::bench::run(argc, argv, gradus::bench::work); }
