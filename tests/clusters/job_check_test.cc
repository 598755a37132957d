#include "clusters/job_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(JobCheck, ComparesVersionsAndClocks) {
  const RankFacts first{"1.0", "2.11.0", "n1", 1000.0};
  EXPECT_THAT(differences({first, {"1.0", "2.11.0", "n2", 1059.0}}), IsEmpty());
  EXPECT_THAT(differences({first, first, {"1.1", "2.11.0", "n2", 1000.0}}),
              ElementsAre("rank 2 on n2 has understudy 1.1, rank 0 on n1 has 1.0; install the same on all nodes"));
  EXPECT_THAT(differences({first, {"1.0", "2.10.0", "n2", 900.0}}),
              ElementsAre(HasSubstr("has torch 2.10.0"), HasSubstr("clock of n2 is 100 s behind that of n1")));
}

TEST(JobCheck, FindsNothingInASoundJob) {
  const TemporaryFolder folder;
  for (const int world_size : {1, 2, 5, 50}) {
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      EXPECT_NO_THROW(check_job(ranks, facts_of_this_rank("1.0", "2.11.0"), folder.path()));
    });
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing is left behind";
}

TEST(JobCheck, TellsAllRanksOfARunDirectoryThatOneDoesNotSee) {
  const TemporaryFolder folder;
  std::vector<std::string> said(3);
  run_on_thread_ranks(3, [&](Communicator& ranks) {
    try {
      const auto run = ranks.rank() == 2 ? folder.path() / "elsewhere" : folder.path();
      check_job(ranks, facts_of_this_rank("1.0", "2.11.0"), run);
    } catch (const ConfigError& error) {
      said[static_cast<std::size_t>(ranks.rank())] = error.what();
    }
  });
  EXPECT_THAT(said, testing::Each(HasSubstr("is not seen by rank 2 on ")));
}

/// A network that loses a bit of a number.
class BrokenSums final : public Communicator {
 public:
  explicit BrokenSums(Communicator& ranks) : ranks_(ranks) {}
  int rank() const override { return ranks_.rank(); }
  int world_size() const override { return ranks_.world_size(); }
  int local_rank() const override { return ranks_.local_rank(); }
  int local_size() const override { return ranks_.local_size(); }
  void barrier(std::string_view intent) override { ranks_.barrier(intent); }
  void broadcast(std::span<std::byte> bytes, int root, std::string_view intent) override {
    ranks_.broadcast(bytes, root, intent);
  }
  void all_reduce(
      void* values, std::int64_t count, ElementType type, Reduction reduction, std::string_view intent) override {
    ranks_.all_reduce(values, count, type, reduction, intent);
    if (type == ElementType::kFloat64) *static_cast<double*>(values) += 0x1p-52;
  }
  void exchange(std::span<const OutgoingMessage> outgoing,
                std::span<const IncomingMessage> incoming,
                std::string_view intent) override {
    ranks_.exchange(outgoing, incoming, intent);
  }
  std::unique_ptr<Communicator> duplicate(std::string_view intent) override { return ranks_.duplicate(intent); }

 private:
  Communicator& ranks_;
};

TEST(JobCheck, FindsSumsThatAreNotExact) {
  const TemporaryFolder folder;
  run_on_thread_ranks(2, [&](Communicator& ranks) {
    BrokenSums broken(ranks);
    EXPECT_THAT([&] { check_job(broken, facts_of_this_rank("1.0", "2.11.0"), folder.path()); },
                testing::ThrowsMessage<ConfigError>(HasSubstr("sums over ranks are wrong")));
  });
}

}  // namespace
}  // namespace understudy
