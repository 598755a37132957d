#include "trainer/report/time_book.h"

#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"
#include "trainer/report/timing_reading.h"

namespace understudy {
namespace {

using testing::DoubleNear;
using Kind = TimeRecord::Kind;

TimeRecord begin(std::uint64_t start, double began, double time, std::int64_t from) {
  return {.kind = Kind::kBegin, .start = start, .time = time, .began = began, .completed = from};
}

TimeRecord progress(std::uint64_t start, double time, std::int64_t completed, const IterationSeconds& since) {
  return {.kind = Kind::kProgress, .start = start, .time = time, .completed = completed, .since = since};
}

TimeRecord span(std::uint64_t start, double time, std::int64_t completed, RunSpan what, double seconds) {
  return {
      .kind = Kind::kSpan, .start = start, .time = time, .completed = completed, .span = what, .span_seconds = seconds};
}

TimeRecord end(std::uint64_t start, double time, std::int64_t completed) {
  return {.kind = Kind::kEnd, .start = start, .time = time, .completed = completed, .message = "done"};
}

/// By hand: start 1 takes 5 s to open, saves after iteration 10, is killed after iteration 14 was recorded; start 2
/// begins 20 s later, goes on from 10 and ends after 20.
TEST(TimeBook, KeepsTheBookOfAKilledRun) {
  TimeBook book;
  book.add(begin(1, 1000, 1005, 0));
  book.add(progress(1, 1016, 10, {10, 10.0, 2.0, 1.0}));  // 1 s is left over
  book.add(span(1, 1019, 10, RunSpan::kValidating, 3.0));
  book.add(span(1, 1020, 10, RunSpan::kSampling, 1.0));
  book.add(span(1, 1022, 10, RunSpan::kSaving, 2.0));
  book.add(progress(1, 1026, 14, {4, 4.0, 0.5, 0.5}));
  book.add(begin(2, 1046, 1050, 10));
  book.add(progress(2, 1060, 20, {10, 10.0, 1.0, 1.5}));
  book.add(span(2, 1062, 20, RunSpan::kSaving, 2.0));
  book.add(end(2, 1062, 20));
  EXPECT_DOUBLE_EQ(book.total(), 62.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kUseful), 17.0);
  EXPECT_DOUBLE_EQ(book.exchange_seconds(), 2.5);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kDataWait), 3.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kValidating), 3.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kSampling), 1.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kSaving), 4.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kOther), 1.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kLost), 4.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kRestarting), 9.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kNotRunning), 20.0);
  EXPECT_DOUBLE_EQ(book.share(TimeUse::kUseful), 17.0 / 62.0);
  EXPECT_EQ(book.lost_iterations(), 4);
  ASSERT_EQ(book.starts().size(), 2U);
  EXPECT_EQ(book.starts()[0].lost, 4);
  EXPECT_EQ(book.starts()[0].reached, 14);
  EXPECT_FALSE(book.starts()[0].end);
  EXPECT_EQ(book.starts()[1].from, 10);
  EXPECT_EQ(book.starts()[1].end, StartEnd::kDone);
  EXPECT_EQ(book.starts()[1].message, "done");
}

/// The newest checkpoint was damaged: what an earlier start did after the older one is lost, too.
TEST(TimeBook, LosesWorkOfEveryStartAfterTheOneThatIsResumed) {
  TimeBook book;
  book.add(begin(1, 0, 0, 0));
  book.add(progress(1, 10, 10, {10, 10.0, 0.0, 0.0}));
  book.add(span(1, 11, 10, RunSpan::kSaving, 1.0));
  book.add(progress(1, 21, 20, {10, 10.0, 0.0, 0.0}));
  book.add(span(1, 22, 20, RunSpan::kSaving, 1.0));
  book.add(begin(2, 22, 22, 20));
  book.add(progress(2, 27, 25, {5, 5.0, 0.0, 0.0}));
  book.add(begin(3, 27, 27, 10));
  EXPECT_EQ(book.starts()[0].lost, 10);
  EXPECT_EQ(book.starts()[1].lost, 5);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kLost), 16.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kUseful), 10.0);
  EXPECT_DOUBLE_EQ(book.total(), 27.0);
}

TEST(TimeBook, SplitsAStretchWithoutARecordOfItsSave) {
  TimeBook book;
  book.add(begin(1, 0, 0, 0));
  book.add(progress(1, 40, 40, {40, 40.0, 8.0, 0.0}));
  book.add(begin(2, 40, 40, 30));
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kLost), 10.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kUseful), 24.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kDataWait), 6.0);
  EXPECT_EQ(book.lost_iterations(), 10);
}

TEST(TimeBook, LeavesOutAStartThatHasLostTheRun) {
  TimeBook book;
  book.add(begin(1, 0, 1, 0));
  book.add(begin(2, 10, 11, 0));
  book.add(progress(1, 12, 5, {5, 5.0, 0.0, 0.0}));
  book.add(progress(2, 13, 2, {2, 2.0, 0.0, 0.0}));
  EXPECT_DOUBLE_EQ(book.total(), 13.0);
  EXPECT_DOUBLE_EQ(book.seconds(TimeUse::kUseful), 2.0);
}

TEST(TimeBook, IsEmptyWithoutRecords) {
  const TimeBook book;
  EXPECT_EQ(book.total(), 0.0);
  EXPECT_EQ(book.share(TimeUse::kUseful), 0.0);
  EXPECT_TRUE(book.starts().empty());
}

/// A run on a made-up clock, killed anywhere, which keeps a book of its own: second by second, by iteration.
class MadeUpRun {
 public:
  MadeUpRun(const std::filesystem::path& path, unsigned seed) : path_(path), random_(seed) {}

  void live() {
    const int starts = whole(1, 8);
    log_every_ = whole(1, 40);
    save_every_ = whole(1, 30);
    for (int number = 1; number <= starts; ++number) one_start(static_cast<std::uint64_t>(number), number == starts);
  }

  double sum(TimeUse use) const {
    double seconds = 0.0;
    for (const auto& entry : ledger_) seconds += entry.use == use ? entry.seconds : 0.0;
    return seconds;
  }
  double last_record() const { return last_record_; }

 private:
  struct Entry {
    std::int64_t completed;  ///< the run stands on it while it stands on so many iterations; 0: always
    TimeUse use;
    double seconds;
  };

  int whole(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  double seconds() { return std::exponential_distribution<double>(0.5)(random_); }

  double take(std::int64_t completed, TimeUse use) {
    const double taken = seconds();
    now_ += taken;
    unwritten_.push_back({completed, use, taken});
    return taken;
  }

  void written() {
    ledger_.insert(ledger_.end(), unwritten_.begin(), unwritten_.end());
    unwritten_.clear();
    last_record_ = now_;
  }

  /// Nobody knows of what a killed start did after its last record but that the run was not running on record.
  void killed() {
    unwritten_.clear();
    if (whole(0, 2) == 0) write_half_a_line();
  }

  void write_half_a_line() const {
    const std::string text = read_file(path_);
    write_file_atomically(path_, text + "{\"iteration\":7,\"seco");
  }

  void one_start(std::uint64_t number, bool last) {
    now_ += seconds();
    if (!last && whole(0, 5) == 0) return;  // killed before it could say that it began
    const double began = now_;
    if (last_record_ > 0.0) ledger_.push_back({0, TimeUse::kNotRunning, began - last_record_});
    for (Entry& entry : ledger_) {
      if (entry.completed > saved_) entry = {0, TimeUse::kLost, entry.seconds};
    }
    take(0, TimeUse::kRestarting);
    std::int64_t completed = saved_;
    TimingLog log(path_, {.number = number, .began = began, .from = saved_}, [this] { return now_; });
    written();
    const int moments = whole(0, 200);
    for (int moment = 0; moment < moments || last; ++moment) {
      ++completed;
      IterationSeconds iteration{.iterations = 1};
      iteration.data_wait_seconds = take(completed, TimeUse::kDataWait);
      iteration.seconds = iteration.data_wait_seconds + take(completed, TimeUse::kUseful);
      const double before = now_ - last_record_;
      log.count(iteration, completed);
      if (before >= 30.0) written();
      if (completed % log_every_ == 0) {
        log.logged(completed - 1, 1, {});
        written();
      }
      take(completed, TimeUse::kOther);
      if (moment == moments - 1 && !last) break;  // before what is due
      if (completed % save_every_ == 0) {
        log.spent(RunSpan::kValidating, take(completed, TimeUse::kValidating), completed);
        written();
        const double saving = take(completed, TimeUse::kSaving);
        saved_ = completed;
        if (whole(0, 9) == 0 && !last) break;  // killed between a save and its record
        log.spent(RunSpan::kSaving, saving, completed);
        written();
        if (last) break;
      }
    }
    if (!last) return killed();
    log.ended(StartEnd::kDone, "done", completed);
    written();
  }

  std::filesystem::path path_;
  std::mt19937 random_;
  double now_ = 1e9;
  double last_record_ = 0.0;
  std::int64_t saved_ = 0;
  int log_every_ = 1;
  int save_every_ = 1;
  std::vector<Entry> ledger_;
  std::vector<Entry> unwritten_;
};

TEST(TimeBook, AddsUpToTheWholeTimeOfAnyHistory) {
  const TemporaryFolder folder(memory_folder());
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const std::filesystem::path path = folder.path() / std::to_string(seed);
    MadeUpRun run(path, seed);
    run.live();
    const TimeBook book = read_timing(path).book;
    double shares = 0.0;
    for (std::size_t i = 0; i < kTimeUses; ++i) {
      const auto use = static_cast<TimeUse>(i);
      shares += book.share(use);
      EXPECT_THAT(book.seconds(use), DoubleNear(run.sum(use), 1e-4)) << i;
    }
    EXPECT_THAT(shares, DoubleNear(1.0, 1e-9));
    const double whole = run.last_record() - book.starts().front().began;
    EXPECT_THAT(book.total(), DoubleNear(whole, 1e-3 * whole));
  }
}

TEST(ReadTiming, TakesPacesOfTheNewestStart) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "timing.jsonl";
  double now = 10.0;
  const auto clock = [&now] { return now; };
  {
    TimingLog log(path, {.number = 1, .began = 9.0, .nodes = {"a"}}, clock);
    log.logged(0, 1, {.samples_per_second = 1.0, .peak_memory_bytes = 900, .rank_seconds = {9.0}});
  }
  TimingLog log(path, {.number = 2, .began = 20.0, .nodes = {"a", "b"}}, clock);
  for (const double seconds : {1.0, 5.0, 2.0})
    log.logged(0, 2, {.samples_per_second = 1.0 / seconds, .peak_memory_bytes = 100, .rank_seconds = {seconds, 3.0}});
  write_file_atomically(path, read_file(path) + "{\"iteration\": 3, \"seconds\": 1.0}\n{\"torn");
  const RunTiming timing = read_timing(path);
  ASSERT_EQ(timing.ranks.size(), 2U);
  EXPECT_EQ(timing.ranks[0].median_seconds, 2.0);
  EXPECT_EQ(timing.ranks[0].longest_seconds, 5.0);
  EXPECT_EQ(timing.ranks[1].median_seconds, 3.0);
  EXPECT_EQ(timing.iterations, 3);
  EXPECT_EQ(timing.samples_per_second, 0.5);
  EXPECT_EQ(timing.peak_memory_bytes, 100);
  EXPECT_EQ(timing.unreadable, 1);
  EXPECT_EQ(timing.without_start, 1);
  EXPECT_EQ(timing.book.starts().back().nodes, (std::vector<std::string>{"a", "b"}));
}

TEST(ReadTiming, TakesAMissingFileForAnEmptyOne) {
  EXPECT_EQ(read_timing("/nowhere/timing.jsonl").book.total(), 0.0);
}

}  // namespace
}  // namespace understudy
