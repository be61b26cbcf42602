#pragma once

#include <string>
#include <string_view>

namespace gradus::lab {

/// The plotter, run as a child process: it reads its script from a private temporary folder, which is gone
/// afterwards whatever happens, heeds no start-up file, and sits in a process group of its own, so that a
/// Ctrl-C meant for the race does not take away the report of what the race had found.
class Gnuplot {
 public:
  explicit Gnuplot(std::string program = "gnuplot") : program_(std::move(program)) {}

  /// Throws Error with the remedy when the program cannot be run.
  void require() const;

  /// The SVG that `script` draws; the script sets no terminal and no output of its own. Throws Error with
  /// gnuplot's own words when it fails.
  std::string draw(int width, int height, std::string_view script) const;

 private:
  std::string program_;
};

}  // namespace gradus::lab
