#pragma once

#include <filesystem>
#include <functional>

#include "lab/results/results.hpp"

namespace gradus::tool {

/// The table on standard output, then the files of summarized results: results.json and report.html, or, of a race
/// that was broken off, unfinished.json and unfinished.html, so that nothing complete is lost. Each is tried
/// whatever became of the others: a closed pipe does not cost the results, nor a full disk the table.
/// `when_saved` is called once the files are there.
void publish(const lab::RaceResults& results, const std::filesystem::path& folder,
             const std::function<void()>& when_saved = {});

/// Names of the files that publish() writes, those of broken races among them.
inline constexpr const char* kPublished[] = {"results.json", "report.html", "unfinished.json",
                                             "unfinished.html"};

}  // namespace gradus::tool
