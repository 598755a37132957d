#include "launcher/commands/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/problems.h"

namespace understudy {
namespace {

using testing::HasSubstr;

class Commands : public testing::Test {
 protected:
  Commands() { add_commands(app_, chosen_); }
  std::vector<CLI::App*> all() {
    return app_.get_subcommands([](const CLI::App*) { return true; });
  }

  CLI::App app_;
  RunCommand chosen_;
};

TEST_F(Commands, EndTheirHelpWithAnExample) {
  CLI::App parent;
  const CLI::App* command = add_command(parent, "paint", "Paint a face", "understudy paint --colour red");
  EXPECT_THAT(command->help(), HasSubstr("Paint a face"));
  EXPECT_THAT(command->get_footer(), HasSubstr("Example:\n  understudy paint --colour red"));
}

TEST_F(Commands, HaveEachADescriptionAndAnExampleOfTheirOwn) {
  ASSERT_GE(all().size(), 16U);
  for (const CLI::App* command : all()) {
    EXPECT_FALSE(command->get_description().empty()) << command->get_name();
    const bool has_children = !command->get_subcommands([](const CLI::App*) { return true; }).empty();
    if (!has_children) EXPECT_THAT(command->get_footer(), HasSubstr("understudy " + command->get_name()));
  }
}

TEST_F(Commands, AreChosenByTheCommandLine) {
  app_.parse("doctor");
  EXPECT_TRUE(chosen_.run);
}

TEST_F(Commands, RefuseUnknownOptions) {
  EXPECT_THROW(app_.parse("doctor --colour"), CLI::ParseError);
  EXPECT_FALSE(chosen_.run);
}

TEST_F(Commands, AreSuggestedForASlip) {
  std::vector<std::string> names;
  for (const CLI::App* command : all()) names.push_back(command->get_name());
  EXPECT_EQ(nearest_word("trian", names), "train");
  EXPECT_EQ(nearest_word("renact", names), "reenact");
  EXPECT_EQ(nearest_word("xyzzy", names), "");
}

}  // namespace
}  // namespace understudy
