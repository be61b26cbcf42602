#include "publish.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "lab/report/html.hpp"
#include "lab/report/output.hpp"
#include "lab/report/terminal.hpp"

namespace gradus::tool {
namespace {

namespace fs = std::filesystem;

lab::TerminalStyle terminal_style() {
  const char* no_color = std::getenv("NO_COLOR");
  std::string locale;
  for (const char* name : {"LANG", "LC_CTYPE", "LC_ALL"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') locale = value;
  const bool utf8 = locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  return {.colors = isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0'), .utf8 = utf8};
}

void print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
    throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

}  // namespace

void publish(const lab::RaceResults& results, const fs::path& folder,
             const std::function<void()>& when_saved) {
  std::string failure;
  const auto attempt = [&failure](const auto& step) {
    try {
      step();
    } catch (const std::exception& error) {
      if (failure.empty()) failure = error.what();
    }
  };
  const bool whole = !results.interrupted;
  attempt([&] { print("\n" + lab::terminal_report(results, terminal_style()) + "\n"); });
  const fs::path data = folder / (whole ? "results.json" : "unfinished.json"),
                 page = folder / (whole ? "report.html" : "unfinished.html");
  attempt([&] {
    lab::write_file_atomically(data, lab::to_text(results));
    lab::write_file_atomically(page, lab::html_report(results));
    if (when_saved) when_saved();
  });
  for (const fs::path& file : {data, page})
    if (fs::exists(file)) attempt([&] { print(file.string() + "\n"); });
  if (!failure.empty()) throw std::runtime_error(failure);  // no fault of the input
  std::error_code error;
  if (whole)
    for (const char* name : {"unfinished.json", "unfinished.html"}) fs::remove(folder / name, error);
}

}  // namespace gradus::tool
