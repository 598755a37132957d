#include "data_pipeline/plain_file.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "common/atomic_file.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(PlainFile, ReadsAnyRangeAndRefusesToEndEarly) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "x", "0123456789");
  PlainFile opened(folder.path() / "x");
  const PlainFile file = std::move(opened);
  EXPECT_EQ(file.size(), 10U);
  std::array<char, 4> target{};
  file.read_at(6, std::as_writable_bytes(std::span(target)));
  EXPECT_EQ(std::string_view(target.data(), 4), "6789");
  file.drop_cache(0, 10);
  file.read_ahead(0, 10);
  EXPECT_THAT(message_of([&] { file.read_at(7, std::as_writable_bytes(std::span(target))); }),
              AllOf(HasSubstr("/x: cannot read 1 bytes at 10"), HasSubstr("cut short")));
  EXPECT_THAT(message_of([&] { PlainFile(folder.path() / "none"); }),
              AllOf(HasSubstr("none: cannot open"), HasSubstr("No such file")));
}

TEST(PlainFile, NamesTheLimitOfOpenFiles) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "x", "0123456789");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const std::string message = message_of([&] { PlainFile(folder.path() / "x"); });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(message, AllOf(HasSubstr("Too many open files"), HasSubstr("ulimit -n")));
}

TEST(PublishFile, RenamesAndTellsWhyNot) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "x.partial", "whole");
  EXPECT_EQ(read_file(publish_file(folder.path() / "x.partial", folder.path() / "x")), "whole");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "x.partial"));
  EXPECT_THROW(publish_file(folder.path() / "x.partial", folder.path() / "y"), FileError);
}

}  // namespace
}  // namespace understudy
