#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config_reader.h"
#include "common/config_writer.h"
#include "common/errors.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Reduction { kOrdered, kFast };

struct ToyConfig {
  std::int64_t global_batch = 24;
  double rate = 1e-4;
  bool small = false;
  std::string train;
  std::vector<std::string> mirrors;
  std::vector<std::string> sets;
  std::vector<double> weights = {0.01, 0.02};
  Reduction reduction = Reduction::kOrdered;
};

void describe(ConfigVisitor& visitor, ToyConfig& config) {
  visitor.section("batch", "How samples are grouped.");
  visitor.integer({"global_batch", KeyKind::kMethod, "samples per step"}, config.global_batch, 1, kNoLimit);
  visitor.real({"rate", KeyKind::kMethod, "learning rate"}, config.rate, 0, 1);
  visitor.reals({"weights", KeyKind::kMethod, "loss weights"}, config.weights, 0, kUnbounded);
  visitor.section("data", "Where samples come from.");
  visitor.text({"train", KeyKind::kMachine, "manifest"}, config.train);
  visitor.texts({"mirrors", KeyKind::kMachine, "other places"}, config.mirrors);
  visitor.text_or_texts({"sets", KeyKind::kMachine, "one place or several"}, config.sets);
  visitor.flag({"small", KeyKind::kMethod, "small set"}, config.small);
  visitor.choice({"reduction", KeyKind::kMachine, "sum"},
                 config.reduction,
                 {{"ordered", Reduction::kOrdered}, {"fast", Reduction::kFast}});
}

DescribeConfig describing(ToyConfig& config) {
  return [&config](ConfigVisitor& visitor) { describe(visitor, config); };
}

std::vector<std::string> problems_of(std::string_view toml, const std::vector<ConfigOverride>& overrides = {}) {
  ToyConfig config;
  Problems problems;
  read_config(toml, "run.toml", overrides, describing(config), problems);
  return problems.messages();
}

TEST(Config, TellsWhenTheTextIsNoToml) {
  ToyConfig config;
  Problems problems;
  EXPECT_FALSE(read_config("[batch", "run.toml", {}, describing(config), problems));
  EXPECT_TRUE(read_config("[batch]\nunknown = 1", "run.toml", {}, describing(config), problems));
}

TEST(Problems, KeepPlacesForASecondList) {
  Problems problems;
  problems.set_place("batch.rate", "run.toml:3");
  problems.add_key("batch.rate", "is wrong");
  Problems warnings = problems.with_same_places();
  EXPECT_TRUE(warnings.empty());
  warnings.add_key("batch.rate", "is odd");
  EXPECT_THAT(warnings.messages(), ElementsAre("run.toml:3: batch.rate: is odd"));
}

TEST(Config, ReadsEveryKind) {
  ToyConfig config;
  Problems problems;
  read_config(
      "[batch]\nglobal_batch = 8\nrate = 1\nweights = [1, 0.5]\n"
      "[data]\ntrain = 'a'\nmirrors = ['b', 'c d']\nsmall = true\nreduction = 'fast'\n",
      "run.toml",
      {},
      describing(config),
      problems);
  EXPECT_THAT(problems.messages(), ElementsAre());
  EXPECT_EQ(config.global_batch, 8);
  EXPECT_EQ(config.rate, 1.0);
  EXPECT_THAT(config.weights, ElementsAre(1.0, 0.5));
  EXPECT_EQ(config.train, "a");
  EXPECT_THAT(config.mirrors, ElementsAre("b", "c d"));
  EXPECT_TRUE(config.small);
  EXPECT_EQ(config.reduction, Reduction::kFast);
}

TEST(Config, CollectsEveryProblemWithItsPlace) {
  EXPECT_THAT(
      problems_of("[batch]\nglobal_bach = 3\nrate = 7.5\nweights = 3\n[data]\nsmall = 1\nreduction = 'fats'\n[dta]\n"),
      testing::UnorderedElementsAre("run.toml:3: batch.rate: must lie between 0 and 1, not be 7.5",
                                    "run.toml:4: batch.weights: must be a list of numbers, not an integer",
                                    "run.toml:6: data.small: must be true or false, not an integer",
                                    "run.toml:7: data.reduction: must be one of \"ordered\", \"fast\", not \"fats\"",
                                    "run.toml:2: batch.global_bach: unknown key; did you mean batch.global_batch?",
                                    "run.toml:8: dta: unknown section; did you mean data?"));
}

TEST(Config, RefusesAListWithAnItemOfAnotherType) {
  EXPECT_THAT(problems_of("[data]\nmirrors = ['a', 3]\n"),
              ElementsAre("run.toml:2: data.mirrors: must be a list of texts, not an integer"));
  EXPECT_THAT(problems_of("[data]\nmirrors = 'a'\n"),
              ElementsAre("run.toml:2: data.mirrors: must be a list of texts, not text"));
}

std::vector<std::string> sets_of(std::string_view toml, const std::vector<ConfigOverride>& overrides = {}) {
  ToyConfig config{.sets = {"before"}};
  Problems problems;
  read_config(toml, "run.toml", overrides, describing(config), problems);
  EXPECT_THAT(problems.messages(), ElementsAre());
  return config.sets;
}

TEST(Config, TakesATextForAListOfOne) {
  EXPECT_THAT(sets_of(""), ElementsAre("before"));
  EXPECT_THAT(sets_of("[data]\nsets = 'a, b'\n"), ElementsAre("a, b"));
  EXPECT_THAT(sets_of("[data]\nsets = ['a', 'b']\n"), ElementsAre("a", "b"));
  EXPECT_THAT(sets_of("[data]\nsets = ''\n"), ElementsAre());
  EXPECT_THAT(problems_of("[data]\nsets = 3\n"),
              ElementsAre("run.toml:2: data.sets: must be text or a list of texts, not an integer"));
}

TEST(Config, WritesAListOfOneAsAText) {
  ToyConfig config{.sets = {"a"}};
  EXPECT_THAT(write_config(describing(config)), HasSubstr("sets = \"a\"\n"));
  config.sets = {"a", "b"};
  EXPECT_THAT(write_config(describing(config)), HasSubstr("sets = [\"a\", \"b\"]\n"));
  config.sets = {};
  EXPECT_THAT(write_config(describing(config)), HasSubstr("sets = \"\"\n"));
}

TEST(Config, OverridesTakeListsOfBareWords) {
  EXPECT_THAT(sets_of("", {parse_override("data.sets=[sets/a,sets/b c]")}), ElementsAre("sets/a", "sets/b c"));
  EXPECT_THAT(sets_of("", {parse_override("data.sets=[ a/1 , b ]")}), ElementsAre("a/1", "b"));
  EXPECT_THAT(sets_of("", {parse_override("data.sets=['a', \"b, c\"]")}), ElementsAre("a", "b, c"));
  EXPECT_THAT(sets_of("", {parse_override("data.sets=[a,]")}), ElementsAre("a", ""));
  EXPECT_THAT(sets_of("", {parse_override("data.sets=sets/a")}), ElementsAre("sets/a"));
}

TEST(Config, NamesThePlaceOfASyntaxError) {
  EXPECT_THAT(problems_of("[batch]\nrate = = 3\n"), ElementsAre(HasSubstr("run.toml:2:8: not valid TOML")));
}

TEST(Config, OverridesWinAndBareWordsAreText) {
  ToyConfig config;
  Problems problems;
  read_config("[batch]\nglobal_batch = 8\n",
              "run.toml",
              {parse_override("batch.global_batch=16"),
               parse_override("data.train=sets/faces"),
               parse_override("data.reduction=fast")},
              describing(config),
              problems);
  EXPECT_THAT(problems.messages(), ElementsAre());
  EXPECT_EQ(config.global_batch, 16);
  EXPECT_EQ(config.train, "sets/faces");
  EXPECT_EQ(config.reduction, Reduction::kFast);
  EXPECT_THAT(problems_of("", {parse_override("batch.rate=2")}),
              ElementsAre("--set: batch.rate: must lie between 0 and 1, not be 2"));
  EXPECT_THROW(parse_override("nonsense"), ConfigError);
}

TEST(Config, WritesWhatItReadsBack) {
  ToyConfig config{.global_batch = 3,
                   .rate = 0.1 + 0.2,
                   .small = true,
                   .train = "a \"quoted\\\" path",
                   .mirrors = {"b", "two\nlines"},
                   .weights = {1},
                   .reduction = Reduction::kFast};
  const std::string text = write_config(describing(config));
  ToyConfig again;
  Problems problems;
  read_config(text, "run.toml", {}, describing(again), problems);
  EXPECT_THAT(problems.messages(), ElementsAre());
  EXPECT_EQ(write_config(describing(again)), text);
  EXPECT_EQ(again.rate, config.rate);
  EXPECT_EQ(again.train, config.train);
  EXPECT_EQ(again.mirrors, config.mirrors);
}

/// A key that older files have in another section.
DescribeConfig describing_moved(std::int64_t& batch) {
  return [&batch](ConfigVisitor& visitor) {
    visitor.section("data", "Where samples come from.");
    visitor.section("batch", "How samples are grouped.");
    visitor.integer({"global", KeyKind::kMethod, "samples", "data.batch"}, batch, 1, kNoLimit);
  };
}

TEST(Config, ReadsAKeyUnderItsFormerName) {
  const auto read = [](std::string_view toml, const std::vector<ConfigOverride>& overrides, std::int64_t& batch) {
    Problems problems;
    read_config(toml, "run.toml", overrides, describing_moved(batch), problems);
    return problems.messages();
  };
  std::int64_t batch = 1;
  EXPECT_THAT(read("[data]\nbatch = 5", {}, batch), IsEmpty());
  EXPECT_EQ(batch, 5);
  EXPECT_THAT(read("", {{.key = "data.batch", .value = "6"}}, batch), IsEmpty());
  EXPECT_EQ(batch, 6);
  EXPECT_THAT(read("[data]\nbatch = 0", {}, batch), ElementsAre("run.toml:2: batch.global: must be at least 1, not 0"));
  EXPECT_THAT(read("[data]\nbatch = 2\n[batch]\nglobal = 3", {}, batch),
              ElementsAre(HasSubstr("batch.global: was named data.batch before, and both are set")));
  EXPECT_THAT(read("[data]\nbatches = 2", {}, batch), ElementsAre(HasSubstr("data.batches: unknown key")));
}

TEST(Config, WritesAKeyUnderItsNewNameAlone) {
  std::int64_t batch = 7;
  EXPECT_EQ(write_config(describing_moved(batch)), "[data]\n\n[batch]\nglobal = 7\n");
  EXPECT_THAT(document_config(describing_moved(batch)), HasSubstr("| samples; formerly `data.batch` |"));
}

TEST(Config, ListsDifferencesOfMethodKeysOnly) {
  ToyConfig before;
  ToyConfig now;
  now.global_batch = 12;
  now.train = "elsewhere";
  EXPECT_THAT(method_differences(describing(before), describing(now)),
              ElementsAre("batch.global_batch: 24 in the checkpoint, 12 now"));
}

}  // namespace
}  // namespace understudy
