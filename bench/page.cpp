#include "page.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string_view>

#include "paired.hpp"

namespace gradus::bench {

namespace {

std::string text_of(double seconds) {
  char text[32];
  const bool small = seconds < 1e-3;
  std::snprintf(text, sizeof text, small ? "%.4g µs" : "%.3g ms", seconds * (small ? 1e6 : 1e3));
  return text;
}

std::string line_of(const Row& row) {
  char ratio[16];
  std::snprintf(ratio, sizeof ratio, "%.2f", row.ratio);
  const std::string verdict = row.goal.empty() ? "" : row.goal + (row.met ? ": met" : ": **not met**");
  return "| " + row.name + " | " + text_of(row.ours) + " | " + row.reference_name + " | " +
         text_of(row.reference) + " | " + ratio + " | " + verdict + " |\n";
}

std::string table_of(const std::string& name) {
  std::string lines;
  for (const Row& row : rows())
    if (row.table == name) lines += line_of(row);
  if (lines.empty()) return lines;
  return "| step | time | against | its time | ratio | goal |\n|---|---:|---|---:|---:|---|\n" + lines;
}

}  // namespace

bool write_tables(const std::string& page) {
  std::ifstream in(page);
  std::ostringstream out;
  std::string line;
  bool skipping = false;
  while (std::getline(in, line)) {
    constexpr std::string_view kMark = "<!-- bench: ", kEnd = " -->";
    if (line == "<!-- end -->") skipping = false;
    if (!skipping) out << line << '\n';
    if (!line.starts_with(kMark)) continue;
    const std::string table = table_of(line.substr(kMark.size(), line.size() - kMark.size() - kEnd.size()));
    out << table;
    skipping = !table.empty();
  }
  if (!in.eof()) return false;
  in.close();
  return static_cast<bool>(std::ofstream(page) << out.str() << std::flush);
}

}  // namespace gradus::bench
