#include "gradus/engine/isa.hpp"

#include <cstdlib>
#include <string>

#include "gradus/core/error.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus {

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return "avx512";
    case Isa::avx2:
      return "avx2";
    case Isa::baseline:
      break;
  }
  return "baseline";
}

std::vector<Isa> available_isas() {
  std::vector<Isa> isas{Isa::baseline};
#if GRADUS_X86
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2) isas.push_back(Isa::avx2);
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    isas.push_back(Isa::avx512);
#endif
  return isas;
}

Isa choose_isa() {
  const std::vector<Isa> isas = available_isas();
  const char* wanted = std::getenv("GRADUS_ISA");
  if (wanted == nullptr || *wanted == '\0') return isas.back();
  for (const Isa isa : isas)
    if (name_of(isa) == wanted) return isa;
  std::string names;
  for (const Isa isa : isas) names += (names.empty() ? "" : ", ") + std::string(name_of(isa));
  throw Error("GRADUS_ISA is '" + std::string(wanted) + "'; this CPU has: " + names);
}

}  // namespace gradus
