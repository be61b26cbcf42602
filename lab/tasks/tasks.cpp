#include <fmt/format.h>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {

const std::vector<const TaskKind*>& task_kinds() {
  static const std::vector<const TaskKind*> kKinds{&kFashionMlp,
                                                   &kFashionCnn,
                                                   &kGlossBag,
                                                   &kGlossBagDense,
                                                   &kGlossBigram,
                                                   &kGlossLstm,
                                                   &kGlossTransformer,
                                                   &kQuadratic,
                                                   &kRotatedQuadratic,
                                                   &kRosenbrock,
                                                   &kDriftingQuadratic,
                                                   &kReddi,
                                                   &kWilson};
  return kKinds;
}

const TaskKind& find_task(std::string_view name) {
  std::vector<std::string> names;
  for (const TaskKind* kind : task_kinds()) {
    if (name == kind->name) return *kind;
    names.emplace_back(kind->name);
  }
  const std::vector<std::string> similar = nearest(std::string(name), names);
  throw Error(
      fmt::format("there is no task '{}'; {}", name,
                  similar.empty() ? "there are: " + listed(names) : "did you mean " + listed(similar) + "?"));
}

}  // namespace gradus::lab
