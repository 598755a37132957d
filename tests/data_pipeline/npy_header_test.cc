#include "data_pipeline/npy_header.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string with_type(const std::string& type) {
  return "{'descr': " + type + ", 'fortran_order': False, 'shape': (3,), }";
}

std::string with_shape(const std::string& shape) {
  return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
}

void expect_refused(const std::string& text, const std::string& reason) {
  EXPECT_THAT(message_of([&] { parse_npy_header(text, "a.npy"); }), AllOf(HasSubstr("a.npy: "), HasSubstr(reason)))
      << text;
}

TEST(NpyHeader, ReadsTypeOrderAndShape) {
  const NpyHeader header =
      parse_npy_header("{'shape': (206, 68, 2), 'fortran_order': True, 'descr': '>i2'}   \n", "a.npy");
  EXPECT_EQ(header.order, '>');
  EXPECT_EQ(header.kind, 'i');
  EXPECT_EQ(header.size, 2);
  EXPECT_TRUE(header.column_major);
  EXPECT_THAT(header.shape, ElementsAre(206, 68, 2));
  EXPECT_THAT(parse_npy_header(with_shape("()"), "a.npy").shape, IsEmpty());
}

TEST(NpyHeader, RefusesTypesThatAreNoNumbers) {
  for (const std::string type :
       {"|O", "<U8", "|S4", "<f16", "<c8", "<m8", "<f", "f4", "<f4x", "<f-4", "<i3", "|b2", "<f1"})
    expect_refused(with_type("'" + type + "'"), "type '" + type + "'");
  expect_refused(with_type("[('x', '<f4'), ('y', '<f4')]"), "records");
}

TEST(NpyHeader, RefusesDamagedShapes) {
  for (const std::string shape :
       {"(-2,)", "(2 3)", "(99999999999999999999,)", "(2,, 3)", "(x,)", "(2", "[2]", "(2.5,)"})
    EXPECT_THROW(parse_npy_header(with_shape(shape), "a.npy"), DataError) << shape;
  std::string many = "(";
  for (int i = 0; i < 33; ++i) many += "1, ";
  expect_refused(with_shape(many + ")"), "more than 32 dimensions");
}

TEST(NpyHeader, RefusesOtherTextThanThreeKnownKeys) {
  expect_refused("", "'{' is missing");
  expect_refused("{'descr': '<f4', 'fortran_order': False, }", "lacks");
  expect_refused("{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", "one twice");
  expect_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "unknown key 'more'");
  expect_refused("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "neither True nor False");
  expect_refused("{'descr': '<f4", "ends within a text");
  expect_refused("{'descr': exit(), 'fortran_order': False, 'shape': (1,)}", "is missing in its header");
}

}  // namespace
}  // namespace understudy
