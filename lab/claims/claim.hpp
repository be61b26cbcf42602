#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/results/results.hpp"

/// What people say about adaptive optimizers, each sentence made precise and put to the test. A claim is a file of this
/// folder; HACKING.md tells how to add one.
namespace gradus::lab {

class Workbench;

/// What is asked of an experiment. The claim says on which side of the threshold the mean lies; which numbers count for
/// it and which against is written down here, before anything is run.
struct Question {
  std::string text;  ///< what is measured: "ln of AdaGrad's rate where signs flip, beside where they do not"
  bool claimed_above;
  double threshold = 0;
  int digits = 2;           ///< after the point, when shown
  const char* unit = "";    ///< with a space before it, if it wants one
  bool either_way = false;  ///< claimed is that the mean is less than the threshold away from 0
};

/// Where somebody says or shows it.
struct Source {
  const char* text;  ///< authors, title, where and when; and what it says, in a few words
};

/// A mean of a curve at a place, with the 95% interval of the mean.
struct CurvePoint {
  std::string panel;   ///< small multiples have one each; empty where there is but one
  std::string series;  ///< what has a colour and a place in the legend
  double x = 0, mean = 0, low = 0, high = 0;
};

/// What the figure of a claim shows.
struct Plot {
  std::string title, x_title, y_title;
  bool log_x = false, log_y = false;
  bool scattered = false;  ///< points by themselves, with no line through them
  std::vector<CurvePoint> points;
};

/// What an experiment leaves behind.
struct Evidence {
  /// By question, and within one by seed. NaN where a run has none, as where it diverged.
  std::vector<std::vector<double>> answers;
  Plot plot;
};

struct Claim {
  int number;
  const char* name;       ///< "flipping-signs"; of its file, its page and its results
  const char* sentence;   ///< as people say it
  const char* measured;   ///< what is done, and what is looked at
  const char* protocol;   ///< data, lengths, seeds, how rates were chosen
  const char* otherwise;  ///< what the figure would look like if it were not so
  const char* lesson;     ///< what most people read: "supported", "refuted"; empty where lessons differ
  bool always = false;    ///< the sentence says so: one question that speaks against it refutes it
  std::vector<Source> for_it, against_it;
  std::vector<Question> questions;
  Evidence (*run)(Workbench& bench);
};

/// All claims, by number.
const std::vector<const Claim*>& claims();
/// By number or by name. Throws Error for others, with those that may have been meant.
const Claim& find_claim(std::string_view number_or_name);

}  // namespace gradus::lab
