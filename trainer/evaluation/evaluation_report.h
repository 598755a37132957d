#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "trainer/evaluation/scores.h"

namespace understudy {

/// What is shown instead of the truth.
enum Shown : std::size_t { kNetwork, kCopiedSource, kMeanPicture, kShown };

/// Self-reenactment: source and driving frames of one clip. Means over the pictures.
struct SelfReport {
  std::int64_t pictures = 0;
  std::array<Scores, kShown> scores{};
};

/// Synthetic heads, A with pose and expression of B against the true picture of it. Means over the pictures; angles in
/// degrees, each the mean of yaw, pitch and roll.
struct SwapReport {
  std::int64_t pictures = 0;
  double psnr = 0.0;
  double psnr_copied = 0.0;  ///< showing A's source frame
  double angle_error = 0.0;
  double angle_error_copied = 0.0;  ///< of A's source frame's true angles
  double angle_error_truth = 0.0;   ///< of the true picture: the fit's own error
};

/// Identity error of people driven by others. Means over people.
struct IdentityReport {
  std::int64_t pictures = 0;  ///< reenacted
  std::array<double, kShown> errors{};
};

/// A person, or all.
struct PersonReport {
  std::string name;            ///< empty of all
  std::uint32_t identity = 0;  ///< row in the set
  std::int64_t clips = 0;
  SelfReport self;
  std::optional<SwapReport> swap;
  std::optional<IdentityReport> identity_error;
};

struct EvaluationReport {
  std::string set;
  std::string fingerprint;         ///< with masks, where they were read
  std::int64_t picture_size = 0;   ///< side of the judged pictures
  std::int64_t sources = 0;        ///< frames that showed the person
  bool foreground = false;         ///< everything but the foreground is black
  std::size_t measures = 0;        ///< taken, of `Measure`
  std::int64_t landmarks = 0;      ///< that the judge finds; 0: no judge
  std::int64_t short_clips = 0;    ///< left out
  std::int64_t people_of_set = 0;  ///< measured or not
  PersonReport total;
  std::vector<PersonReport> persons;  ///< in the set's order
};

}  // namespace understudy
