#include "trainer/evaluation/evaluation_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::Not;

EvaluationReport report() {
  EvaluationReport report{.set = "sets/faces", .picture_size = 64, .measures = kAkd, .people_of_set = 5};
  report.total.clips = 2;
  report.total.self.pictures = 8;
  report.total.self.scores[kNetwork] = {21.504, 0.75, 0.0312};
  report.persons.resize(1);
  report.persons[0].name = "ada";
  report.persons[0].self.scores[kNetwork] = {21.504, 0.75, 0.0312};
  return report;
}

TEST(EvaluationTable, SaysWhatWasMeasured) {
  const std::string text = format_table(report());
  EXPECT_THAT(text, HasSubstr("sets/faces: 1 of 5 people, 2 clips, 8 pictures of 64 x 64\n"));
  EXPECT_THAT(text, Not(HasSubstr("left out")));
  EvaluationReport with_short = report();
  with_short.short_clips = 1;
  EXPECT_THAT(format_table(with_short), HasSubstr("left out: 1 clip too short"));
}

TEST(EvaluationTable, AlignsNumbersUnderTheirTitles) {
  const std::string text = format_table(report());
  EXPECT_THAT(text,
              HasSubstr("                              PSNR dB    SSIM      L1\n"
                        "  network                       21.50  0.7500  0.0312\n"));
  EXPECT_THAT(text, HasSubstr("  ada                           21.50  0.7500  0.0312\n"));
}

TEST(EvaluationTable, ShowsOnlyWhatWasTaken) {
  EvaluationReport more = report();
  EXPECT_THAT(format_table(more), Not(HasSubstr("AKD")));
  EXPECT_THAT(format_table(more), Not(HasSubstr("Cross-reenactment")));
  EXPECT_THAT(format_table(more), Not(HasSubstr("Identity")));
  more.measures = kPoseError;
  more.total.swap = SwapReport{.pictures = 3, .psnr = 15.0};
  more.total.identity_error = IdentityReport{.pictures = 4, .errors = {0.3, 0.1, 0.9}};
  EXPECT_THAT(format_table(more), HasSubstr("AKD px"));
  EXPECT_THAT(format_table(more), Not(HasSubstr("pose error")));
  EXPECT_THAT(format_table(more), HasSubstr("copying A"));
  EXPECT_THAT(format_table(more), HasSubstr("0.3000"));
}

}  // namespace
}  // namespace understudy
