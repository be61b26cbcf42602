#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "commands.hpp"
#include "gradus/checkpoint/shown.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"

namespace gradus::tool {
namespace {

constexpr int kFailure = 1;
constexpr int kBadInput = 2;

/// One line, whatever the message holds.
void complain(std::string message) {
  for (char& c : message)
    if (c == '\n' || c == '\r') c = ' ';
  while (message.ends_with(' ')) message.pop_back();
  constexpr std::size_t kMost = 2000;  // a message may quote a file
  std::fprintf(stderr, "gradus: %s\n", checkpoint::shown(message, kMost).c_str());
}

/// Throws Error if the first word should be a command and is none.
void check_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || *argv[1] == '-' || *argv[1] == '\0') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const std::string word = argv[1];
  for (const std::string& name : names)
    if (word == name) return;
  const std::vector<std::string> similar = nearest(word, names);
  throw Error("there is no command '" + word + "'; " +
              (similar.empty() ? "there are: " + listed(names) : "did you mean " + listed(similar) + "?"));
}

/// Throws Error for `--flag=`, which would take the next flag for its value.
void check_words(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i)
    if (const std::string_view word = argv[i]; word.starts_with("--") && word.find('=') == word.size() - 1)
      throw Error(std::string(word.substr(0, word.size() - 1)) + ": its value is empty");
}

/// Throws Error for `--flag ''`, which is a script's unset variable rather than a wish, and for `--quick=3`.
void check_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options())
    for (const std::string& value : option->results()) {
      if (value.empty()) throw Error(option->get_name() + ": its value is empty");
      if (option->get_items_expected_max() == 0 && value != "true")
        throw Error(option->get_name() + " takes no value; it was given '" + value + "'");
    }
  for (const CLI::App* command : app.get_subcommands()) check_values(*command);
}

/// A stream that the caller has closed must not become the first file that is opened. What is then written to it fails.
void keep_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0)
      ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // the lowest that is free: this one
}

int run(int argc, const char* const* argv) {
  CLI::App app{"Adaptive optimizers: their formulas, and races between them on real data.", "gradus"};
  app.set_version_flag("--version", "gradus " GRADUS_VERSION);
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(26);
  Command chosen;
  add_commands(app, chosen);
  if (argc < 2) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  }
  check_command(app, argc, argv);
  check_words(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    throw Error(error.what());
  }
  check_values(app);
  if (!chosen) throw Error("a command is missing; `gradus --help` has them all");
  return chosen();
}

}  // namespace
}  // namespace gradus::tool

int main(int argc, char** argv) {
  using namespace gradus::tool;
  keep_closed_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file as large as is allowed is an error of the write, as a full disk is
  try {
    const int code = run(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw std::runtime_error("cannot write to standard output");
    return code;
  } catch (const gradus::Error& error) {
    complain(error.what());
    return kBadInput;
  } catch (const std::filesystem::filesystem_error& error) {
    complain(error.path1().string() + ": " + error.code().message());
    return kBadInput;
  } catch (const std::exception& error) {
    complain(error.what());
    return kFailure;
  }
}
