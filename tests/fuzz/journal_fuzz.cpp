// A race's journal. A line that is a JSON object gets the checksum that it lacks: no change of an input would find it.

#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz.hpp"
#include "lab/race/journal.hpp"
#include "memory_file.hpp"

namespace gradus::fuzz {

namespace {

using Json = nlohmann::ordered_json;
using lab::Journal;

constexpr const char* kCommon = "a race";  // as the inputs of the corpus have it

bool nests_deep(std::string_view line) {
  constexpr std::ptrdiff_t kDeep = 64;  // the journal refuses it, and it would take this target's stack
  return std::ranges::count_if(line, [](char c) { return c == '[' || c == '{'; }) > kDeep;
}

std::string with_checksum(std::string_view line) {
  if (nests_deep(line)) return std::string(line);
  Json document = Json::parse(line, nullptr, false);
  if (!document.is_object() || document.contains("crc32")) return std::string(line);
  const std::string text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  document["crc32"] = fmt::format("{:08x}", crc.checksum());
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string with_checksums(std::string_view input) {
  std::string text;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(line.size());
    text += with_checksum(line);
    if (input.empty()) break;  // a line that was cut short
    input.remove_prefix(1);
    text += '\n';
  }
  return text;
}

lab::TrainingSpec any_training() {
  lab::TrainingSpec spec;
  spec.phases = {{.rule = "adam", .settings = {}, .lr = {}, .state = {}, .text = "adam"}};
  spec.points = {{{"lr", 0.1}}};
  return spec;
}

lab::TrainingRecord train(const lab::TrainingSpec& /*spec*/, const lab::TrainingWatch& /*watch*/) {
  lab::TrainingRecord record;
  record.train_loss = record.validation_loss = record.validation_metric = {0.5};
  return record;
}

/// How many trainings the file has; nothing where it is refused.
std::optional<std::size_t> trainings_in(const std::filesystem::path& file) {
  return accepted([&] { return Journal(file, kCommon, Journal::Mode::go_on).size_at_first(); });
}

}  // namespace

void look_at(std::string_view input) {
  static const MemoryFile file;
  file.write(with_checksums(input));
  const auto before = trainings_in(file.path());
  if (!before) return;
  expect(trainings_in(file.path()) == before, "as many trainings when it is opened again");
  {
    Journal journal(file.path(), kCommon, Journal::Mode::go_on);
    static_cast<void>(journal.remembering(train)(any_training(), {}));
    journal.conclude();
  }
  const auto after = trainings_in(file.path());
  expect(after == *before || after == *before + 1, "one training more, unless it is there");
  expect(Journal(file.path(), "another race", Journal::Mode::begin).size_at_first() == 0,
         "a race that is through is followed by another");
}

}  // namespace gradus::fuzz
