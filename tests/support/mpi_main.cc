#include "tests/support/mpi_main.h"

#include <cstdio>
#include <memory>

#include <gtest/gtest.h>

#include "clusters/mpi_session.h"

namespace understudy {
namespace {

Communicator* ranks = nullptr;

/// Prints failures alone, with the rank: of several ranks only rank 0 tells the whole story.
class FailurePrinter final : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr,
                 "rank %d: %s:%d: %s\n",
                 ranks->rank(),
                 result.file_name() == nullptr ? "" : result.file_name(),
                 result.line_number(),
                 result.message());
  }
};

}  // namespace

Communicator& test_ranks() {
  return *ranks;
}

}  // namespace understudy

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  understudy::MpiSession session(understudy::MpiSession::Start::kAlways, std::chrono::seconds(60));
  understudy::ranks = &session.ranks();
  if (session.ranks().rank() != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new understudy::FailurePrinter);
  }
  const int result = RUN_ALL_TESTS();
  // A rank that failed may have left the others in the middle of an exchange.
  if (result != 0) session.abort(result);
  return 0;
}
