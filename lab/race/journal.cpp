#include "lab/race/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <cerrno>
#include <sstream>
#include <system_error>

#include "gradus/core/error.hpp"
#include "lab/results/fields_json.hpp"
#include "lab/results/file.hpp"

namespace gradus::lab {

void fields(auto&& field, Is<TrainingRecord> auto& v) {
  field("train_loss", v.train_loss);
  field("validation_loss", v.validation_loss);
  field("validation_metric", v.validation_metric);
  field("test_metric", v.test_metric);
  field("layers", v.layers);
  field("train_seconds", v.train_seconds);
  field("final_test_loss", v.final_test_loss);
  field("seconds", v.seconds);
  field("optimizer_step_seconds", v.optimizer_step_seconds);
  field("diverged", v.diverged);
}

namespace {

using json::Json;

constexpr const char* kFormat = "gradus-journal-2";
constexpr std::size_t kMostMiB = 4096;

/// What tells one training of a race from another.
std::string key_of(const TrainingSpec& spec) {
  std::string phases;
  for (const PhaseSpec& phase : spec.phases) phases += (phases.empty() ? "" : ">") + phase.text;
  Json key{{"entry", phases},     {"switch_at", spec.switch_at}, {"points", json::write(spec.points)},
           {"steps", spec.steps}, {"seed", spec.seed},           {"final", spec.is_final}};
  if (spec.probe != nullptr) key["probe"] = spec.probe->name;
  return key.dump();
}

std::string checksum(const std::string& text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return fmt::format("{:08x}", crc.checksum());
}

/// A line is a document with its own checksum: a digit that a disk has changed would be another result.
std::string line_of(Json document) {
  document["crc32"] = checksum(document.dump());
  return document.dump();
}

/// Throws where it is no such line.
Json document_of(const std::string& line) {
  Json document = json::parse(line);
  const bool has_checksum = document.is_object() && document.contains("crc32");
  const Json found = has_checksum ? document["crc32"] : Json();
  if (has_checksum) document.erase("crc32");
  if (found != checksum(document.dump()))
    throw Error(
        fmt::format("is damaged: {}; without this line its training is done again (without the file, where "
                    "it is the first)",
                    has_checksum ? "its checksum is another" : "it has no checksum"));
  return document;
}

/// What was trained to its end has every curve; a trial's validation curves have their end alone.
void check(const TrainingRecord& record, const Json& key) {
  if (record.diverged) return;
  const bool is_final = key.at("final").get<bool>();
  const std::size_t looks = is_final ? record.train_loss.size() : 1;
  for (const auto* curve : {&record.validation_loss, &record.validation_metric})
    if (curve->size() != looks) throw Error("holds a curve of another length than its training has looks");
  if (key.contains("probe") && record.probed.size() != looks)
    throw Error("holds another number of probes than its training has looks");
  for (const LayerSteps& layer : record.layers)
    if (is_final && (layer.effective_rates.size() != looks || layer.update_ratios.size() != looks))
      throw Error("holds numbers of a layer at another number of looks");
  if (record.train_loss.empty() || (is_final && record.layers.empty()) ||
      (is_final && (record.test_metric.size() != looks || record.train_seconds.size() != looks)))
    throw Error("holds a curve of another length than its training has looks");
}

[[noreturn]] void fail_to_write(const std::filesystem::path& file) {
  throw Error("cannot write " + file.string() + ": " + std::generic_category().message(errno));
}

}  // namespace

Journal::File::File(const std::filesystem::path& file)
    // Without O_NONBLOCK a pipe would wait for its reader.
    : descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail_to_write(file);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(descriptor_);
  throw Error(file.string() + " is in use: another race is under way in this folder; give --out another one");
}

Journal::File::~File() { ::close(descriptor_); }

Journal::Journal(std::filesystem::path file, const std::string& common, Mode mode)
    : path_(std::move(file)), file_(path_) {
  if (mode != Mode::overwrite) read(common, mode);
  if (records_.empty()) {
    cut_to(0);
    append(line_of({{"format", kFormat}, {"common", common}}));
  }
  size_at_first_ = records_.size();
}

void Journal::cut_to(std::uintmax_t size) {
  if (::ftruncate(file_.descriptor(), static_cast<off_t>(size)) != 0 &&
      errno != EINVAL)  // /dev/full has no size
    fail_to_write(path_);
}

void Journal::read(const std::string& common, Mode mode) {
  const std::string text = read_file(path_, kMostMiB);
  const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  std::istringstream lines(text.substr(0, whole));
  bool finished = false, first = true;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    try {
      const Json document = document_of(line);
      if (first && (!document.contains("format") || !document.contains("common")))
        throw Error("is not how a journal begins");
      if (first &&
          (document.at("format") != kFormat || (mode == Mode::go_on && document.at("common") != common)))
        throw Error(fmt::format("is of another race: {}; this one is {}; --overwrite forgets the other",
                                document.at("common").dump(), common));
      if (!first && document.contains("key")) {
        TrainingRecord record;
        json::read(document.at("record"), "record", record);
        if (document.contains("probed")) json::read(document.at("probed"), "probed", record.probed);
        check(record, document.at("key"));
        records_[document.at("key").dump()] = std::move(record);
      }
      finished = document.contains("finished");
    } catch (const std::exception& error) {
      throw Error(fmt::format("{}, line {}: {}", path_.string(), number, error.what()));
    }
    first = false;
  }
  if (mode == Mode::begin && !finished && !records_.empty())
    throw Error(
        fmt::format("{} has {} trainings of a race that was broken off: --resume goes on with them, "
                    "--overwrite forgets them",
                    path_.string(), records_.size()));
  if (mode == Mode::begin) records_.clear();
  if (!records_.empty()) cut_to(whole);
}

/// Whole or not at all: what others write next begins a line.
void Journal::append(const std::string& line) {
  const std::string whole = line + "\n";
  const off_t before = ::lseek(file_.descriptor(), 0, SEEK_END);
  std::string_view rest = whole;
  bool failed = false;
  while (!failed && !rest.empty()) {
    const ssize_t written = ::write(file_.descriptor(), rest.data(), rest.size());
    failed = written < 0 && errno != EINTR;
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!failed && (::fdatasync(file_.descriptor()) == 0 || errno == EINVAL)) return;  // /dev/full has no disk
  const std::string why = std::generic_category().message(errno);
  [[maybe_unused]] const int cut = ::ftruncate(file_.descriptor(), before);  // else --resume passes it by
  throw Error(
      fmt::format("cannot write {}: {}; what stands in it need not be trained again", path_.string(), why));
}

Trainer Journal::remembering(Trainer train) {
  return [this, train = std::move(train)](const TrainingSpec& spec, const TrainingWatch& watch) {
    const std::string key = key_of(spec);
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = records_.find(key); found != records_.end()) return found->second;
    }
    TrainingRecord record = train(spec, watch);
    if (record.stopped) return record;
    const std::lock_guard lock(mutex_);
    Json line{{"key", Json::parse(key)}, {"record", json::write(record)}};
    if (spec.probe != nullptr) line["probed"] = json::write(record.probed);
    append(line_of(std::move(line)));
    records_.emplace(key, record);
    return record;
  };
}

std::string common_to_trainings(const RaceSettings& s) {
  return fmt::format("gradus {}, {}, {}, data {}, {} parameters, {} steps of {}, looks every {}, schedule {}",
                     s.gradus_version, s.task, s.title, s.data_checksum, s.parameters, s.steps, s.batch,
                     s.looks.front(), s.schedule);
}

void Journal::conclude() { append(line_of({{"finished", true}})); }

}  // namespace gradus::lab
