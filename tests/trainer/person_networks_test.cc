#include "trainer/evaluation/person_networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/data_set.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/mirror_reenactor.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/evaluation/evaluation_options.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

/// A folder with runs named like people of a set of id00 ... id02.
class PersonNetworksTest : public testing::Test {
 protected:
  PersonNetworksTest() { write_tiny_set(place_.path() / "set"); }
  void add_run(const std::string& person) const {
    const RunSettings settings = tiny_settings("fsrt");
    publish_tiny_checkpoint(folder_ / person, settings, tiny_state(fsrt_config(settings)), 2);
  }
  DataSet set() const { return DataSet::open(place_.path() / "set"); }
  TemporaryFolder place_;
  std::filesystem::path folder_ = place_.path() / "tuned";
};

TEST_F(PersonNetworksTest, FindsTheRunOfEveryPerson) {
  for (const char* person : {"id00", "id01", "id02"}) add_run(person);
  PersonNetworks networks = open_person_networks({.weights = folder_, .config = {}, .detector = {}}, set(), {});
  EXPECT_EQ(networks.picture_size(), 32);
  EXPECT_NO_THROW(networks.of("id02"));
  EXPECT_FALSE(networks.hold_one_person());
}

TEST_F(PersonNetworksTest, NamesEveryoneWithoutARun) {
  add_run("id01");
  const InferenceSource source{.weights = folder_, .config = {}, .detector = {}};
  EXPECT_THAT(([&] { open_person_networks(source, set(), {}); }),
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("2 of 3 people: id00, id02;"), HasSubstr("--person"))));
  EXPECT_NO_THROW(open_person_networks(source, set(), {.persons = {"id01"}}));
  EXPECT_EQ(first_networks(source, set(), {.persons = {"id01"}}).weights, folder_ / "id01");
}

TEST_F(PersonNetworksTest, TakesARunForEverybody) {
  add_run("id00");
  const InferenceSource source{.weights = folder_ / "id00", .config = {}, .detector = {}};
  PersonNetworks networks = open_person_networks(source, set(), {});
  EXPECT_EQ(&networks.of("id00"), &networks.of("id02"));
  EXPECT_EQ(first_networks(source, set(), {}).weights, source.weights);
}

TEST_F(PersonNetworksTest, RefusesPeopleWhoseNetworksDrawOtherPictures) {
  PersonNetworks networks(
      [](const std::string& person) {
        return std::make_unique<MirrorReenactor>(MirrorKind{.size = person == "id00" ? 32 : 64});
      },
      "id00");
  EXPECT_THAT([&] { networks.of("id01"); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("64 x 64"), HasSubstr("32 x 32"))));
}

}  // namespace
}  // namespace understudy
