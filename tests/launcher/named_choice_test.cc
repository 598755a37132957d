#include "launcher/commands/named_choice.h"

#include <cstdint>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

enum class Colour : std::uint8_t { kRed, kGreen, kBlue = 7 };

class NamedChoice : public testing::Test {
 protected:
  NamedChoice() {
    const std::vector<std::pair<std::string, Colour>> names{{"red", Colour::kRed}, {"blue", Colour::kBlue}};
    app_.add_option("--paint", paint_, "")->transform(named_choice(names));
    app_.add_option("--frame", frame_, "")->transform(named_choice(names));
  }
  std::string refusal(const std::string& line) {
    try {
      app_.parse(line);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }

  CLI::App app_;
  Colour paint_ = Colour::kGreen;
  std::optional<Colour> frame_;
};

TEST_F(NamedChoice, TakesNames) {
  app_.parse("--paint blue");
  EXPECT_EQ(paint_, Colour::kBlue);
  EXPECT_FALSE(frame_);
  app_.parse("--frame=red");
  EXPECT_EQ(frame_, Colour::kRed);
}

TEST_F(NamedChoice, SaysWhichNamesThereAre) {
  EXPECT_EQ(refusal("--paint mauve"), "--paint: \"mauve\" must be one of red, blue");
  EXPECT_EQ(refusal("--frame green"), "--frame: \"green\" must be one of red, blue");
  EXPECT_EQ(refusal("--paint 7"), "--paint: \"7\" must be one of red, blue");
}

}  // namespace
}  // namespace understudy
