// The benchmarks of gradus. Takes Google Benchmark's options: --benchmark_filter=adamw,
// --benchmark_min_time=0.05 for a quick look, --benchmark_out=FILE.json. Ends with a table of the ratios that
// docs/performance.md has; `--page FILE` writes them into it, each between its marks.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string_view>

#include "gradus/engine/executor.hpp"
#include "gradus/engine/isa.hpp"
#include "page.hpp"
#include "paired.hpp"

namespace {

/// Takes `--page FILE` out of the words. Null if it is not among them.
const char* take_page(int& argc, char** argv) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) != "--page") continue;
    const char* const page = argv[i + 1];
    std::copy(argv + i + 2, argv + argc + 1, argv + i);  // with the null pointer at the end
    argc -= 2;
    return page;
  }
  return nullptr;
}

int refuse(const char* page) {
  std::fprintf(stderr, "gradus_bench: '%s' cannot be read or written\n", page);
  return 1;
}

void print_table() {
  if (gradus::bench::rows().empty()) return;
  std::printf("\n%-38s %12s  %-28s %12s %7s  %s\n", "step", "time [us]", "against", "time [us]", "ratio",
              "goal");
  for (const gradus::bench::Row& row : gradus::bench::rows())
    std::printf("%-38s %12.2f  %-28s %12.2f %7.3f  %s%s\n", row.name.c_str(), row.ours * 1e6,
                row.reference_name.c_str(), row.reference * 1e6, row.ratio, row.goal.c_str(),
                row.goal.empty() ? ""
                : row.met        ? ": met"
                                 : ": NOT met");
  std::printf("Times: the shortest. Ratio: of the other's time to ours, the median over all turns.\n");
}

}  // namespace

int main(int argc, char** argv) {
  const char* const page = take_page(argc, argv);
  if (page != nullptr && !std::fstream(page)) return refuse(page);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("instruction set", std::string(name_of(gradus::choose_isa())));
  benchmark::AddCustomContext("threads", std::to_string(gradus::shared_executor()->threads()));
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 2;
  benchmark::Shutdown();
  print_table();
  if (page == nullptr) return 0;
  if (gradus::bench::write_tables(page)) return 0;
  return refuse(page);
}
