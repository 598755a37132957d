#include "trainer/evaluation/evaluation_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace understudy {
namespace {

TEST(EvaluationJson, KeepsEveryDigitAndOnlyWhatWasTaken) {
  EvaluationReport report{.set = "set", .fingerprint = "abc", .sources = 2, .measures = kPoseError, .landmarks = 5};
  report.total.self = {.pictures = 3, .scores = {}};
  report.total.self.scores[kNetwork] = {1.0 / 3.0, 0.1, 0.2, 0.3};
  report.persons.resize(1);
  report.persons[0].name = "ada";
  report.persons[0].identity = 7;
  report.persons[0].identity_error = IdentityReport{.pictures = 2, .errors = {0.5, 0.25, 1.0}};
  report.persons[0].swap = SwapReport{.pictures = 1, .angle_error = 2.5};
  const auto json = nlohmann::json::parse(format_json(report, {.clips = 4}, {.weights = "runs/a", .threads = 2}));
  EXPECT_EQ(json["format"], kEvaluationFormat);
  EXPECT_EQ(json["weights"], "runs/a");
  EXPECT_EQ(json["fingerprint"], "abc");
  EXPECT_EQ(json["options"]["sources"], 2);
  EXPECT_EQ(json["options"]["threads"], 2);
  EXPECT_TRUE(json["options"]["landmark_judge"].is_null());
  EXPECT_EQ(json["totals"]["self"]["network"]["psnr"].get<double>(), 1.0 / 3.0);
  EXPECT_EQ(json["totals"]["self"]["network"]["akd"].get<double>(), 0.3);
  EXPECT_FALSE(json["totals"]["self"]["network"].contains("pose_error"));
  EXPECT_FALSE(json["totals"].contains("swap"));
  EXPECT_EQ(json["persons"][0]["name"], "ada");
  EXPECT_EQ(json["persons"][0]["row"], 7);
  EXPECT_EQ(json["persons"][0]["identity"]["network"]["identity_error"], 0.5);
  EXPECT_EQ(json["persons"][0]["swap"]["network"]["angle_error"], 2.5);
}

}  // namespace
}  // namespace understudy
