#include "machine.hpp"

#include <fmt/chrono.h>

#include <chrono>
#include <fstream>

#include "gradus/engine/isa.hpp"
#include "lab/tasks/libraries.hpp"

namespace gradus::tool {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown";
}

}  // namespace

lab::Machine this_machine() {
  return {.cpu = cpu_name(),
          .compiler = GRADUS_COMPILER,
          .libtorch = lab::libtorch_version(),
          .blas = lab::blas_library(),
          .instruction_set = std::string(name_of(choose_isa()))};
}

std::string now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::now()));
}

}  // namespace gradus::tool
