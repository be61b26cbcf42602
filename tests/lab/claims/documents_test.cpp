#include "lab/claims/documents.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "lab/claims/made_up.hpp"
#include "lab/results/file.hpp"
#include "support/files.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;
using gradus::test::contains;
using gradus::test::made_up;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;
using gradus::test::text_of;
using gradus::test::write_plain;

using Complaints = std::vector<std::string>;

std::vector<ClaimResults> results_in(const fs::path& docs) {
  std::vector<ClaimResults> all;
  for (const Claim* claim : claims())
    if (const fs::path file = docs / "claims" / "results" / (claim->name + std::string(".json"));
        fs::exists(file))
      all.push_back(claim_results(read_file(file, 1)));
  return all;
}

/// Files that stand below docs/ and may come from results: their paths.
std::set<std::string> files_in(const fs::path& docs) {
  std::set<std::string> paths;
  if (fs::exists(docs / "choosing.md")) paths.insert("choosing.md");
  if (!fs::exists(docs / "claims")) return paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(docs / "claims"))
    if (const fs::path file = entry.path(); entry.is_regular_file() && !file.string().ends_with(".vl.json"))
      paths.insert(fs::relative(file, docs).string());
  return paths;
}

void check_amount(const ClaimResults& results, Complaints& complaints) {
  constexpr std::size_t kSeeds = 5, kMostBytes = 100'000;
  if (results.quick || results.evidence.answers.front().size() != kSeeds)
    complaints.push_back(results.claim + " was not run in full");
  if (to_text(results).size() > kMostBytes) complaints.push_back(results.claim + " has too many numbers");
}

/// What is wrong with documents, a sentence each.
Complaints complaints(const fs::path& docs) {
  const std::vector<ClaimResults> results = results_in(docs);
  Complaints complaints;
  std::set<std::string> left = files_in(docs);
  for (const ClaimResults& each : results) {
    check_amount(each, complaints);
    if (left.erase("claims/" + each.claim + ".svg") == 0) complaints.push_back(each.claim + " has no figure");
  }
  for (const auto& [path, text] : results.empty() ? std::vector<Document>() : documents(results)) {
    if (path.ends_with(".vl.json")) continue;
    if (left.erase(path) == 0)
      complaints.push_back(path + " is missing");
    else if (text_of(docs / path) != text)
      complaints.push_back(path + " is not what its results say");
  }
  for (const std::string& path : left) complaints.push_back(path + " has no results");
  return complaints;
}

TEST(Documents, of_this_repository_say_what_their_results_say) {
  EXPECT_EQ(complaints(GRADUS_DOCS), Complaints{})
      << "`./gradus claims report --markdown docs` writes them anew from docs/claims/results";
}

TEST(Documents, of_this_repository_have_every_claim) {
  EXPECT_EQ(results_in(GRADUS_DOCS).size(), claims().size());
}

class MadeUpDocuments : public ::testing::Test {
 protected:
  MadeUpDocuments() { write({made_up(find_claim("2"), 5), made_up(find_claim("17"), -5)}); }

  void write(const std::vector<ClaimResults>& results) {
    fs::create_directories(docs_ / "claims" / "results");
    for (const auto& [path, text] : documents(results)) write_plain(docs_ / path, text);
    for (const ClaimResults& each : results) write_plain(docs_ / "claims" / (each.claim + ".svg"), "<svg/>");
  }
  [[nodiscard]] std::string text(const std::string& path) const { return text_of(docs_ / path); }
  void change(const std::string& path, const std::string& from, const std::string& to) const {
    std::string changed = text(path);
    ASSERT_TRUE(contains(changed, from));
    write_plain(docs_ / path, changed.replace(changed.find(from), from.size(), to));
  }

  TemporaryFolder folder_;
  fs::path docs_ = folder_.path();
};

TEST_F(MadeUpDocuments, are_those_of_their_results) { EXPECT_EQ(complaints(docs_), Complaints{}); }

TEST_F(MadeUpDocuments, betray_a_changed_verdict) {
  change("claims/scales.md", "**supported**", "**refuted**");
  EXPECT_EQ(complaints(docs_), (Complaints{"claims/scales.md is not what its results say"}));
  change("claims/scales.md", "**refuted**", "**supported**");
  change("claims/README.md", "**refuted**", "**supported**");
  change("choosing.md", "against [claim 17]", "for [claim 17]");
  EXPECT_EQ(complaints(docs_), (Complaints{"choosing.md is not what its results say",
                                           "claims/README.md is not what its results say"}));
}

TEST_F(MadeUpDocuments, betray_results_that_are_other_ones) {
  write_plain(docs_ / "claims" / "results" / "scales.json", to_text(made_up(find_claim("2"), -5)));
  EXPECT_EQ(complaints(docs_), (Complaints{"choosing.md is not what its results say",
                                           "claims/README.md is not what its results say",
                                           "claims/scales.md is not what its results say"}));
}

TEST_F(MadeUpDocuments, betray_what_is_missing) {
  fs::remove(docs_ / "claims" / "scales.md");
  fs::remove(docs_ / "claims" / "adam-always-wins.svg");
  EXPECT_EQ(complaints(docs_), (Complaints{"adam-always-wins has no figure", "claims/scales.md is missing"}));
}

TEST_F(MadeUpDocuments, betray_pages_without_results) {
  fs::remove_all(docs_ / "claims" / "results");
  EXPECT_EQ(complaints(docs_).size(), files_in(docs_).size());
  write({made_up(find_claim("17"), -5)});
  EXPECT_EQ(complaints(docs_),
            (Complaints{"claims/scales.md has no results", "claims/scales.svg has no results"}));
}

TEST_F(MadeUpDocuments, want_five_seeds) {
  write({made_up(find_claim("2"), 5, 4), made_up(find_claim("17"), -5)});
  EXPECT_EQ(complaints(docs_), (Complaints{"scales was not run in full"}));
  ClaimResults quick = made_up(find_claim("2"), 5);
  quick.quick = true;
  EXPECT_TRUE(contains(message_of([&] { documents(std::vector{quick}); }), "'scales' was run with --quick"));
}

TEST_F(MadeUpDocuments, link_to_one_another_and_escape_what_markdown_would_take_for_its_own) {
  EXPECT_TRUE(contains(text("claims/README.md"), "](scales.md) | **supported** | 6 | 0 | 0 | 5 |"));
  EXPECT_TRUE(contains(text("claims/scales.md"), "![what is \\<left\\>](scales.svg)"));
  EXPECT_TRUE(contains(text("claims/scales.md"),
                       "| decades that Adam is ahead of SGD along the axes | above 1.00 |"));
  EXPECT_TRUE(contains(text("claims/adam-always-wins.md"), "\nAgainst it:\n\n- "));
  EXPECT_TRUE(contains(text("choosing.md"), "(against [claim 17](claims/adam-always-wins.md), which wants"));
}

TEST_F(MadeUpDocuments, begin_with_what_is_against_the_lesson) {
  write({made_up(find_claim("2"), -5)});
  EXPECT_TRUE(
      contains(text("claims/scales.md"), ".\n\nAgainst the lesson that most people read, this came out"));
}

}  // namespace
}  // namespace gradus::lab
