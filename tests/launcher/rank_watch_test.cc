#include "launcher/rank_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RankWatchTest : public testing::Test {
 protected:
  /// Connects as an attendant would.
  LineSocket attendant(const std::string& token) {
    auto socket = LineSocket::connect({"127.0.0.1"}, watch_.address().port, 1000);
    EXPECT_TRUE(socket);
    socket->send(token);
    return std::move(*socket);
  }
  static std::string status_of(int rank, std::optional<RankEnd> end = std::nullopt, int stop_signal = 0) {
    RankStatus status;
    status.rank = rank;
    status.end = end;
    status.stop_signal = stop_signal;
    return to_line(status);
  }
  void wait_for_news() {
    std::vector<pollfd> events;
    watch_.add_descriptors(events);
    ASSERT_GT(poll(events.data(), events.size(), 10000), 0);
    watch_.read();
  }
  static std::vector<std::string> next_lines(LineSocket& socket) {
    pollfd event{socket.descriptor(), POLLIN, 0};
    poll(&event, 1, 10000);
    return socket.receive();
  }

  RankWatch watch_;
};

TEST_F(RankWatchTest, KeepsTheLastWordOfEveryRank) {
  LineSocket first = attendant(watch_.address().token);
  LineSocket second = attendant(watch_.address().token);
  first.send(status_of(0));
  second.send(status_of(1, std::nullopt, 10));
  second.send(status_of(1, RankEnd{.signal = 9}, 10));
  while (watch_.ranks().size() < 2 || watch_.ended_badly().empty()) wait_for_news();
  EXPECT_THAT(watch_.last_words(), SizeIs(2));
  EXPECT_THAT(watch_.ended_badly(), ElementsAre(1));
  EXPECT_EQ(watch_.last_words()[1].stop_signal, 10);
}

TEST_F(RankWatchTest, EndsRanksOfFormerStarts) {
  LineSocket stranger = attendant("yesterday");
  stranger.send(status_of(0));
  wait_for_news();
  EXPECT_THAT(next_lines(stranger), ElementsAre("kill"));
  watch_.read();
  EXPECT_THAT(watch_.ranks(), IsEmpty());
}

TEST_F(RankWatchTest, TellsRanksThatComeLaterToo) {
  watch_.tell_all(AttendantCommand::kStop);
  LineSocket late = attendant(watch_.address().token);
  wait_for_news();
  EXPECT_THAT(next_lines(late), ElementsAre("stop"));
}

TEST_F(RankWatchTest, CollectsStacks) {
  LineSocket rank = attendant(watch_.address().token);
  rank.send(to_line(RankStacks{3, "main"}));
  while (watch_.stacks().empty()) wait_for_news();
  EXPECT_EQ(watch_.stacks().at(3), "main");
}

TEST_F(RankWatchTest, GivesEveryStartItsOwnToken) {
  EXPECT_NE(RankWatch().address().token, watch_.address().token);
}

}  // namespace
}  // namespace understudy
