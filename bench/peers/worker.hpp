#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gradus/optimizer.hpp"

namespace gradus::bench {

/// A worker's words on its command line, each KEY=VALUE; command_of() in compare.py says which there are.
/// Throws Error for another word, and at() for a key that is not there.
class Words {
 public:
  Words(int argc, char** argv);

  [[nodiscard]] const std::string& at(const std::string& key) const;
  /// "64x3x7x7,64": those of the parameters.
  [[nodiscard]] std::vector<Shape> shapes() const;
  /// Of a table, from the file that `rows` names: 64-bit numbers.
  [[nodiscard]] std::vector<std::int64_t> rows() const;

 private:
  std::map<std::string, std::string> words_;
};

/// Its main(): 1, and a line on the standard error, where work() throws.
int run(int argc, char** argv, void (*work)(const Words& words));

/// Answers on the standard output, a line each: first `ready`; to a number the seconds of that many steps; to
/// `x` the first elements of the first parameter. Until the input ends.
void serve(const std::function<void()>& step, const std::function<std::vector<double>()>& first_elements);

}  // namespace gradus::bench
