#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/idx_files.hpp"
#include "support/text.hpp"

namespace gradus::test {

struct Outcome {
  int exit_code;
  std::string out, err;
};

/// The program, begun with its output going to files; end it by wait().
class Program {
 public:
  explicit Program(std::vector<std::string> words) {
    words.insert(words.begin(), GRADUS_PROGRAM);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::fflush(nullptr);  // or the child would print it too
    pid_ = fork();
    if (pid_ != 0) return;
    if (std::freopen((folder_.path() / "out").c_str(), "w", stdout) == nullptr ||
        std::freopen((folder_.path() / "err").c_str(), "w", stderr) == nullptr)
      _exit(99);
    execv(argv.front(), argv.data());
    _exit(98);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const { kill(pid_, number); }
  [[nodiscard]] std::string err() const { return text_of(folder_.path() / "err"); }

  Outcome wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return {code, text_of(folder_.path() / "out"), err()};
  }

 private:
  TemporaryFolder folder_;
  pid_t pid_;
};

inline Outcome run(std::vector<std::string> words) { return Program(std::move(words)).wait(); }

}  // namespace gradus::test
