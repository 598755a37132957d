#include "clusters/heartbeat.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace understudy {
namespace {

TEST(Heartbeat, IsReadByTheParentOfTheProcessThatBeats) {
  Heartbeat heartbeat;
  const std::uint64_t before = heartbeat.read().beats;
  const pid_t child = fork();
  if (child == 0) {
    heartbeat.begin_iteration(41);
    const Heartbeat::Mark mark(heartbeat, Section::kSave);
    heartbeat.enter_collective(heartbeat.new_channel(), "agree on the end of an iteration");
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  const HeartbeatReading reading = heartbeat.read();
  EXPECT_GT(reading.beats, before);
  EXPECT_EQ(reading.iteration, 41);
  EXPECT_EQ(reading.section, Section::kSave);
  EXPECT_EQ(reading.collective.entered, 1U);
  EXPECT_TRUE(reading.collective.waiting());
  EXPECT_EQ(reading.collective.intent, "agree on the end of an iteration");
}

TEST(Heartbeat, GoesBackToTheSectionBefore) {
  Heartbeat heartbeat;
  EXPECT_EQ(heartbeat.read().section, Section::kStart);
  {
    const Heartbeat::Mark validation(heartbeat, Section::kValidation);
    { const Heartbeat::Mark save(heartbeat, Section::kSave); }
    EXPECT_EQ(heartbeat.read().section, Section::kValidation);
  }
  EXPECT_EQ(heartbeat.read().section, Section::kStart);
}

TEST(Heartbeat, CallsTheFirstIterationByItsOwnName) {
  Heartbeat heartbeat;
  const auto section_in_step = [&] {
    const Heartbeat::Mark step(heartbeat, Section::kStep);
    heartbeat.begin_iteration(7);
    const Heartbeat::Mark data(heartbeat, Section::kData);
    const Section section = heartbeat.read().section;
    heartbeat.end_iteration();
    return section;
  };
  EXPECT_EQ(section_in_step(), Section::kFirstStep);
  EXPECT_EQ(section_in_step(), Section::kData);
  EXPECT_EQ(section_in_step(), Section::kData);
  const auto gaps = heartbeat.read().gaps;
  EXPECT_EQ(gaps[static_cast<std::size_t>(Section::kFirstStep)].count, 1U);
  EXPECT_EQ(gaps[static_cast<std::size_t>(Section::kStep)].count, 2U) << "one whole iteration each";
}

TEST(Heartbeat, CountsGapsBySection) {
  Heartbeat heartbeat;
  const Heartbeat::Mark mark(heartbeat, Section::kValidation);
  for (int i = 0; i < 5; ++i) heartbeat.beat();
  const GapReading gap = heartbeat.read().gaps[static_cast<std::size_t>(Section::kValidation)];
  EXPECT_EQ(gap.count, 5U);
  EXPECT_GT(gap.p99_seconds, 0.0);
  EXPECT_LT(gap.p99_seconds, 60.0);
}

TEST(Heartbeat, ShowsTheCommunicatorThatWaits) {
  Heartbeat heartbeat;
  const int main = heartbeat.new_channel();
  const int other = heartbeat.new_channel();
  { const CollectiveMark done(&heartbeat, main, "first"); }
  EXPECT_FALSE(heartbeat.read().collective.waiting());
  EXPECT_EQ(heartbeat.read().collective.intent, "first");
  const CollectiveMark waits(&heartbeat, other, std::string(500, 'x'));
  EXPECT_TRUE(heartbeat.read().collective.waiting());
  EXPECT_EQ(heartbeat.read().collective.intent, std::string(95, 'x')) << "cut to what fits";
  for (int i = 0; i < 10; ++i) EXPECT_LT(heartbeat.new_channel(), Heartbeat::kChannels);
}

TEST(Heartbeat, CarriesARequestToStop) {
  Heartbeat heartbeat;
  EXPECT_FALSE(heartbeat.stop_requested());
  const pid_t child = fork();
  if (child == 0) {
    heartbeat.request_stop();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(heartbeat.stop_requested());
}

TEST(Heartbeat, NamesItsSections) {
  for (std::size_t i = 0; i < kSections; ++i) {
    const auto section = static_cast<Section>(i);
    EXPECT_EQ(section_named(name_of(section)), section);
  }
  EXPECT_FALSE(section_named("lunch").has_value());
}

}  // namespace
}  // namespace understudy
