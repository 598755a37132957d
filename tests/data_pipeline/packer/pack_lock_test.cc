#include "data_pipeline/packer/pack_lock.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(PackLock, IsHeldByOneAtATime) {
  const TemporaryFolder folder;
  std::optional<PackLock> first(folder.path() / "packing");
  EXPECT_THAT(message_of([&] { PackLock(folder.path() / "packing"); }),
              testing::HasSubstr("packing/lock: another pack is at work here; wait until it ends"));
  const PackLock elsewhere(folder.path() / "other");
  first.reset();
  EXPECT_NO_THROW(PackLock(folder.path() / "packing"));
}

TEST(PackLock, DoesNotStopTheWorkWhereNoneCanBeMade) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "packing", "a file, no folder");
  EXPECT_NO_THROW(PackLock(folder.path() / "packing"));
}

}  // namespace
}  // namespace understudy
