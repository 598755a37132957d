#include "clusters/processor_binding.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text << "\n";
}

TEST(ProcessorsFrom, ReadsTheKernelsNotation) {
  EXPECT_THAT(*processors_from("0-2,8"), ElementsAre(0, 1, 2, 8));
  EXPECT_THAT(*processors_from("5"), ElementsAre(5));
  EXPECT_THAT(*processors_from(""), IsEmpty());
  for (const char* wrong : {"a", "3-1", "1-", "-1", "1,,2", "99999"}) EXPECT_FALSE(processors_from(wrong)) << wrong;
}

TEST(ProcessorsNear, AreThoseOfTheCardsMemoryNode) {
  const TemporaryFolder sys;
  write(sys.path() / "bus/pci/devices/0000:c1:00.0/numa_node", "0");
  write(sys.path() / "devices/system/node/node0/cpulist", "0-1,3");
  EXPECT_THAT(processors_near("0000:c1:00.0", sys.path()), IsEmpty()) << "one memory node";
  write(sys.path() / "devices/system/node/node1/cpulist", "4-5,7");
  EXPECT_THAT(processors_near("0000:c1:00.0", sys.path()), ElementsAre(0, 1, 3));
  write(sys.path() / "bus/pci/devices/0000:c1:00.0/numa_node", "1");
  EXPECT_THAT(processors_near("0000:c1:00.0", sys.path()), ElementsAre(4, 5, 7));
  write(sys.path() / "bus/pci/devices/0000:c1:00.0/numa_node", "-1");
  EXPECT_THAT(processors_near("0000:c1:00.0", sys.path()), IsEmpty()) << "the kernel does not know";
  EXPECT_THAT(processors_near("0000:00:00.0", sys.path()), IsEmpty()) << "no such card";
}

TEST(BindToProcessorsNear, ChangesNothingForAnUnknownCard) {
  EXPECT_EQ(bind_to_processors_near("ffff:ff:ff.f"), "");
}

}  // namespace
}  // namespace understudy
