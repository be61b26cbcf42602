#include "lab/report/gnuplot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

std::string reason(int code) { return std::generic_category().message(code); }

class PrivateFolder {
 public:
  PrivateFolder() {
    std::error_code error;
    const fs::path base = fs::temp_directory_path(error);
    if (error) throw Error("TMPDIR names no folder: " + error.message());
    std::string name = (base / "gradus-figure-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error("cannot make a folder in " + base.string() + ": " + reason(errno));
    path_ = name;
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// posix_spawn's two attribute objects, destroyed together.
class SpawnSettings {
 public:
  /// Standard input is empty, the outputs are files, and the child leads a process group of its own.
  SpawnSettings(const fs::path& output, const fs::path& log) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT, 0600);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT, 0600);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    ::posix_spawnattr_setpgroup(&attributes, 0);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

/// Runs `words` to its end and returns its wait status.
int run(std::vector<std::string> words, const fs::path& output, const fs::path& log) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const SpawnSettings settings(output, log);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments[0], &settings.actions, &settings.attributes,
                                    arguments.data(), environ);
  if (failed != 0)
    throw Error(
        fmt::format("cannot run {}, which draws the report's figures: {}; install gnuplot (Debian: "
                    "apt-get install gnuplot-nox)",
                    words[0], reason(failed)));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw Error("cannot wait for " + words[0] + ": " + reason(errno));
  return status;
}

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string in_one_line(const std::string& text) {
  std::string line;
  for (const char c : text)
    if (c != '\n' && c != '\t')
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  return line;
}

}  // namespace

void Gnuplot::require() const {
  const PrivateFolder folder;
  if (run({program_, "--version"}, folder / "version", folder / "log") != 0)
    throw Error(program_ + " --version failed: " + in_one_line(contents(folder / "log")));
}

std::string Gnuplot::draw(int width, int height, std::string_view script) const {
  const PrivateFolder folder;
  std::ofstream(folder / "figure.gp", std::ios::binary)
      << "set encoding utf8\nset decimalsign '.'\n"
      << fmt::format("set terminal svg size {},{} dynamic noenhanced font ',13' linewidth 1 rounded\n", width,
                     height)
      << script << "\n";
  const std::string script_path = (folder / "figure.gp").string();
  const int status =
      run({program_, "--default-settings", script_path}, folder / "figure.svg", folder / "log");
  std::string svg = contents(folder / "figure.svg");
  if (status != 0 || svg.find("</svg>") == std::string::npos)
    throw Error(program_ + " could not draw a figure: " + in_one_line(contents(folder / "log")));
  return svg;
}

}  // namespace gradus::lab
