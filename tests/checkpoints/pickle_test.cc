#include "checkpoints/pickle.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(PickleValue, SaysWhichTypeItIsAndWhichWasExpected) {
  EXPECT_EQ(PickleValue("x").to_text("name"), "x");
  EXPECT_EQ(PickleValue(3).to_double("lr"), 3.0);
  EXPECT_THAT([] { PickleValue(1.5).to_int("it"); },
              ThrowsMessage<CheckpointError>("it is a float where an int was expected"));
  EXPECT_THAT([] { PickleValue().to_tensor("w"); },
              ThrowsMessage<CheckpointError>("w is None where a tensor was expected"));
  EXPECT_THAT([] { PickleValue(true).to_int("it"); }, ThrowsMessage<CheckpointError>(HasSubstr("a bool")));
}

TEST(PickleValue, FindsTextKeys) {
  PickleDict dict;
  dict.items.emplace_back(1, "number");
  dict.items.emplace_back("1", "text");
  const PickleValue value(dict);
  EXPECT_EQ(value.find("1")->to_text("1"), "text");
  EXPECT_EQ(value.find("2"), nullptr);
  EXPECT_EQ(PickleValue(7).find("1"), nullptr);
  EXPECT_THAT([&] { value.require("2", "args"); }, ThrowsMessage<CheckpointError>("args has no entry \"2\""));
}

TEST(StateDict, NamesTheEntryThatIsNoTensor) {
  const PickleValue good = state_dict_from({{"a", at::ones({2})}});
  EXPECT_EQ(state_dict_of(good, "model")[0].first, "a");
  PickleDict dict = good.to_dict("model");
  dict.items.emplace_back("b", 3);
  EXPECT_THAT([&] { state_dict_of(dict, "model"); },
              ThrowsMessage<CheckpointError>(HasSubstr("model: entry \"b\" is an int")));
}

}  // namespace
}  // namespace understudy
