#include "trainer/watching/event_file.h"

#include <bit>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

/// Bytes of records without their checksums, which TensorBoard itself checks in tests/integration/event_file_test.py.
std::vector<std::string> events_in(const std::string& file) {
  std::vector<std::string> events;
  for (std::size_t at = 0; at < file.size();) {
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
      length = length << 8 | static_cast<unsigned char>(file.at(at + static_cast<std::size_t>(i)));
    events.push_back(file.substr(at + 12, length));
    at += 16 + length;
  }
  return events;
}

class EventFileTest : public testing::Test {
 protected:
  std::vector<std::string> events() const { return events_in(read_file(path_)); }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / kEventsName;
};

TEST_F(EventFileTest, WritesWhatTheProtocolSays) {
  EventFile(path_, 0).add_scalars("train/", {{"a", 1.5}}, 300, 2.0);
  ASSERT_EQ(events().size(), 2U);
  EXPECT_THAT(events()[0],
              testing::EndsWith("\x1A\x0D"
                                "brain.Event:2"));
  using namespace std::string_literals;
  // time: double 2.0; step: varint 300; summary of one value: tag and float 1.5.
  EXPECT_EQ(events()[1],
            "\x09\0\0\0\0\0\0\0\x40"s + "\x10\xAC\x02" + "\x2A\x10\x0A\x0E" + "\x0A\x07train/a" + "\x15\0\0\xC0\x3F"s);
}

TEST_F(EventFileTest, GoesOnAfterWhatACheckpointVouchesFor) {
  std::int64_t vouched = 0;
  {
    EventFile file(path_, 0);
    file.add_scalars("", {{"a", 1}}, 1, 0);
    vouched = file.bytes();
    file.add_scalars("", {{"a", 2}}, 2, 0);
  }
  const std::vector<std::string> before = events();
  EventFile(path_, vouched).add_scalars("", {{"a", 2}}, 2, 0);
  EXPECT_EQ(events(), before);
}

TEST_F(EventFileTest, BeginsAnewWhereItWasCut) {
  EventFile(path_, 1000).add_scalars("", {{"a", 1}}, 1, 0);
  EXPECT_EQ(events().size(), 2U);
}

TEST_F(EventFileTest, HasALengthThatTimesDoNotChange) {
  const Picture picture(3, 2);
  std::vector<std::int64_t> lengths;
  for (const double time : {0.0, 1.7e9}) {
    EventFile file(path_, 0);
    file.add_picture("samples", picture, 7, time);
    lengths.push_back(file.bytes());
  }
  EXPECT_EQ(lengths[0], lengths[1]);
}

}  // namespace
}  // namespace understudy
