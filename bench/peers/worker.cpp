#include "worker.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include "gradus/core/error.hpp"

namespace gradus::bench {

namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

}  // namespace

Words::Words(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) throw Error("'" + word + "' is not KEY=VALUE");
    words_[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

const std::string& Words::at(const std::string& key) const {
  const auto it = words_.find(key);
  if (it == words_.end()) throw Error("no word says " + key + "=");
  return it->second;
}

std::vector<Shape> Words::shapes() const {
  std::vector<Shape> shapes;
  for (const std::string& one : split(at("shapes"), ',')) {
    Shape& shape = shapes.emplace_back();
    for (const std::string& dimension : split(one, 'x')) shape.push_back(std::stoll(dimension));
  }
  return shapes;
}

std::vector<std::int64_t> Words::rows() const {
  std::ifstream in(at("rows"), std::ios::binary | std::ios::ate);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(in.tellg()) / sizeof(std::int64_t));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(rows.data()),
          static_cast<std::streamsize>(rows.size() * sizeof(std::int64_t)));
  if (!in) throw Error("cannot read rows from '" + at("rows") + "'");
  return rows;
}

int run(int argc, char** argv, void (*work)(const Words& words)) try {
  work({argc, argv});
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}

void serve(const std::function<void()>& step, const std::function<std::vector<double>()>& first_elements) {
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "x") {
      std::cout.precision(9);
      for (const double x : first_elements()) std::cout << x << ' ';
      std::cout << std::endl;
      continue;
    }
    const auto start = std::chrono::steady_clock::now();
    for (long i = std::stol(line); i > 0; --i) step();
    std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << std::endl;
  }
}

}  // namespace gradus::bench
