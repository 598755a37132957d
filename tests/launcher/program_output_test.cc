#include "launcher/program_output.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(ProgramOutput, HoldsBothStreams) {
  EXPECT_EQ(program_output({"sh", "-c", "echo out; echo error >&2"}), "out\nerror\n");
  EXPECT_EQ(program_output({"sh", "-c", "seq 20000"}).size(), 108894U);
}

TEST(ProgramOutput, IsEmptyWithoutTheProgram) {
  EXPECT_EQ(program_output({"/nowhere/program"}), "");
}

}  // namespace
}  // namespace understudy
