#include "launcher/commands/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/problems.h"

namespace understudy {
namespace {

using testing::HasSubstr;

class Commands : public testing::Test {
 protected:
  Commands() {
    for (const auto add : {add_train_command,
                           add_validate_command,
                           add_evaluate_command,
                           add_synthesize_command,
                           add_shard_command,
                           add_export_command,
                           add_reenact_command,
                           add_replay_command,
                           add_checkpoint_command,
                           add_launch_command,
                           add_submit_command,
                           add_doctor_command,
                           add_config_reference_command}) {
      add(app_, chosen_);
    }
  }
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
  ASSERT_EQ(all().size(), 13U);
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
