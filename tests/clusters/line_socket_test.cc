#include "clusters/line_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Waits until something can be read, as its users do.
void wait_for_input(int descriptor) {
  pollfd event{descriptor, POLLIN, 0};
  ASSERT_EQ(poll(&event, 1, 10000), 1);
}

class LineSocketTest : public testing::Test {
 protected:
  LineSocketTest() {
    auto connected = LineSocket::connect({"127.0.0.1"}, listener_.port(), 1000);
    wait_for_input(listener_.descriptor());
    auto accepted = listener_.accept();
    if (connected) near_ = std::move(*connected);
    if (accepted) far_ = std::move(*accepted);
  }

  LineListener listener_;
  LineSocket near_{-1};
  LineSocket far_{-1};
};

TEST_F(LineSocketTest, CarriesWholeLines) {
  ASSERT_TRUE(near_.open() && far_.open());
  EXPECT_THAT(far_.receive(), IsEmpty());
  near_.send("first");
  near_.send("second");
  std::vector<std::string> lines;
  while (lines.size() < 2) {
    wait_for_input(far_.descriptor());
    for (std::string& line : far_.receive()) lines.push_back(std::move(line));
  }
  EXPECT_THAT(lines, ElementsAre("first", "second"));
}

TEST_F(LineSocketTest, KeepsWhatTheOtherSideDoesNotTakeYet) {
  const std::string line(400000, 'x');
  near_.send(line);
  std::vector<std::string> lines;
  while (lines.empty()) {
    near_.flush();
    wait_for_input(far_.descriptor());
    lines = far_.receive();
  }
  EXPECT_THAT(lines, ElementsAre(line));
  EXPECT_FALSE(near_.has_unsent());
}

TEST_F(LineSocketTest, GivesUpOnAReaderThatTakesNothing) {
  for (int i = 0; i < 200 && near_.open(); ++i) near_.send(std::string(100000, 'x'));
  EXPECT_FALSE(near_.open());
}

TEST_F(LineSocketTest, NoticesTheEnd) {
  near_.close();
  wait_for_input(far_.descriptor());
  EXPECT_THAT(far_.receive(), IsEmpty());
  EXPECT_FALSE(far_.open());
  far_.send("to nobody");
}

TEST(LineListenerTest, IsFoundAmongSeveralAddresses) {
  const LineListener listener;
  EXPECT_TRUE(LineSocket::connect({"no address", "127.0.0.1"}, listener.port(), 1000));
  EXPECT_FALSE(LineSocket::connect({"no address"}, listener.port(), 1000));
  EXPECT_EQ(addresses_of_this_machine().back(), "127.0.0.1");
  for (const std::string& address : addresses_of_this_machine())
    EXPECT_TRUE(LineSocket::connect({address}, listener.port(), 1000)) << address;
}

}  // namespace
}  // namespace understudy
