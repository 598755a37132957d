#include "trainer/report/report.h"

#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/picture.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/report/run_verdict.h"
#include "trainer/watching/event_file.h"
#include "trainer/watching/timing_log.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

/// A run's directory, written by hand.
class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    fs::create_directory(run_);
    write("run.toml", tiny_settings("fsrt").text());
  }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((run_ / name).parent_path());
    write_file_atomically(run_ / name, text);
  }
  void set(const std::string& key, const std::string& value) const {
    write("run.toml", RunSettings::read(read_file(run_ / "run.toml"), "run.toml", {{key, value}}).text());
  }
  RunHistory history() const { return read_run_history(run_); }
  std::string page() const {
    write_report(run_, place_.path() / "page.html");
    return read_file(place_.path() / "page.html");
  }
  /// Three minutes of a start that does ten iterations from `from`.
  void start(std::uint64_t number, double began, Iteration from, const std::vector<std::string>& nodes = {"n1"}) {
    now_ = began + 10.0;
    TimingLog log(run_ / "timing.jsonl", {number, began, from, nodes}, [this] { return now_; });
    now_ += 100.0;
    log.count({10, 100.0, 20.0, 10.0}, from + 10);
    log.logged(from + 9, 1, {.seconds = 10.0, .rank_seconds = std::vector<double>(nodes.size(), 7.0)});
  }

  TemporaryFolder place_;
  fs::path run_ = place_.path() / "a-run";
  double now_ = 0.0;
};

std::vector<std::string> section_names(const std::string& page) {
  std::vector<std::string> names;
  const std::regex id("<(?:section|header) id=\"([a-z]+)\"");
  for (auto found = std::sregex_iterator(page.begin(), page.end(), id); found != std::sregex_iterator(); ++found)
    names.push_back((*found)[1]);
  return names;
}

TEST_F(ReportTest, RefusesWhatIsNoRun) {
  EXPECT_THAT([&] { write_report(place_.path(), place_.path() / "page.html"); },
              ThrowsMessage<ConfigError>(HasSubstr("there is no run.toml in it")));
  EXPECT_THAT([&] { write_report(place_.path() / "nowhere", place_.path() / "page.html"); },
              ThrowsMessage<ConfigError>(HasSubstr("there is no such run directory")));
  EXPECT_FALSE(fs::exists(place_.path() / "page.html"));
}

TEST_F(ReportTest, HasEverySectionForARunThatHasNothingYet) {
  const std::string empty = page();
  EXPECT_EQ(section_names(empty),
            (std::vector<std::string>{"summary",
                                      "curves",
                                      "validation",
                                      "samples",
                                      "time",
                                      "starts",
                                      "machines",
                                      "provenance",
                                      "checkpoints",
                                      "exports"}));
  for (const char* said : {"Not begun",
                           "No iteration is logged yet",
                           "This run does not validate",
                           "No sample pictures",
                           "No start has left a record",
                           "comes with the first checkpoint",
                           "None is written yet",
                           "understudy export --run"})
    EXPECT_THAT(empty, HasSubstr(said));
}

TEST_F(ReportTest, NeedsNothingButItself) {
  start(1, 1e9, 0);
  write("metrics.jsonl", "{\"iteration\":0,\"phase\":\"I\",\"terms\":{\"total\":1.0}}\n");
  fs::create_directory(run_ / "samples");
  write_png(run_ / "samples/000000005.png", Picture(8, 4));
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("src=\"data:image/png;base64,iVBORw0KGgo"));
  const std::regex outside("(?:src|href)=\"(?!data:)|url\\(|@import|<script|https?://");
  EXPECT_FALSE(std::regex_search(html, outside));
}

TEST_F(ReportTest, EscapesWhatOthersWrote) {
  write("run.toml", "[recipe]\nname = \"<none>\"\n");
  write("metrics.jsonl", "{\"iteration\":0,\"phase\":\"<I>\",\"terms\":{\"<script>\":1.0}}\n");
  start(1, 1e9, 0, {"<node>"});
  const std::string html = page();
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, HasSubstr("<b>&lt;script&gt;</b>"));
  EXPECT_THAT(html, HasSubstr("Phase &lt;I&gt;"));
  EXPECT_THAT(html, HasSubstr("run.toml cannot be read by this version"));
  EXPECT_THAT(html, HasSubstr("name = &quot;&lt;none&gt;&quot;"));
  EXPECT_THAT(html, HasSubstr("<td>&lt;node&gt;</td>"));
}

TEST_F(ReportTest, ShowsTheBookOfTime) {
  write("metrics.jsonl", "{\"iteration\":9,\"phase\":\"I\",\"terms\":{\"total\":1.0}}\n");
  start(1, 1e9, 0);
  start(2, 1e9 + 200.0, 4);
  const std::string html = page();
  // 20 s starting, 100 s of 10 iterations twice, 6 of the first ten lost, 90 s between.
  EXPECT_THAT(html, HasSubstr("5 min 10 s"));
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">90.00 s</td><td class=\"number\">29.03 %</td>"));  // away
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">60.00 s</td><td class=\"number\">19.35 %</td>"));  // lost
  EXPECT_THAT(html, HasSubstr("; 6 iterations</small>"));
  EXPECT_THAT(html, HasSubstr("left no word"));
  EXPECT_THAT(html, HasSubstr("start 2 went on from iteration 4, 6 iterations were lost"));
}

TEST_F(ReportTest, TellsHowARunStands) {
  EXPECT_EQ(verdict_of(history()).standing, RunStanding::kNotBegun);
  start(1, wall_clock() - 110.0, 0);
  EXPECT_EQ(verdict_of(history()).standing, RunStanding::kRunning);
  start(2, 1e9, 10);
  EXPECT_EQ(verdict_of(history()).standing, RunStanding::kSilent);
  write("history.jsonl",
        "{\"event\":\"end\",\"time\":\"2001-09-09T01:50:00Z\",\"end\":\"killed\",\"message\":\"rank 0\"}\n");
  EXPECT_EQ(verdict_of(history()).standing, RunStanding::kFailed);
  EXPECT_EQ(verdict_of(history()).reason, "killed: rank 0");
  for (const auto& [end, standing] : {std::pair(StartEnd::kDone, RunStanding::kDone),
                                      {StartEnd::kRunAgain, RunStanding::kRunAgain},
                                      {StartEnd::kWentBack, RunStanding::kRunning},
                                      {StartEnd::kFailed, RunStanding::kFailed}}) {
    fs::remove(run_ / "timing.jsonl");
    TimingLog(run_ / "timing.jsonl", {.number = 1, .began = 1e9}, [] { return 1e9; }).ended(end, "a word", 3);
    EXPECT_EQ(verdict_of(history()).standing, standing);
    EXPECT_EQ(verdict_of(history()).reason, "a word");
  }
}

TEST_F(ReportTest, MarksTheBestValidationOfTheLatestPhase) {
  set("data.validation", "sets/held-out");
  write("metrics.jsonl",
        "{\"completed\":3,\"phase\":\"I\",\"validation\":{\"l1\":0.5,\"psnr\":30.0},\"episodes\":5}\n"
        "{\"completed\":6,\"phase\":\"II\",\"validation\":{\"l1\":0.4,\"psnr\":21.0},\"episodes\":5}\n"
        "{\"completed\":9,\"phase\":\"II\",\"validation\":{\"l1\":0.3,\"psnr\":20.0},\"episodes\":5}\n"
        "{\"completed\":12,\"pha");
  const auto best = best_validation_of(history());
  ASSERT_TRUE(best);
  EXPECT_EQ(best->metric, "psnr");
  EXPECT_EQ(best->value, 21.0);
  EXPECT_THAT(page(), HasSubstr("best 21 after iteration 6"));
  EXPECT_THAT(page(), HasSubstr("3 validations, the last of 5 episodes"));
}

TEST_F(ReportTest, SaysWhyARunWasStopped) {
  set("data.validation", "sets/held-out");
  EXPECT_THAT(stopping_reason(history()), HasSubstr("validation.patience = 0"));
  set("validation.patience", "3");
  EXPECT_THAT(stopping_reason(history()), HasSubstr("0 of 3 validations in a row"));
  write("checkpoints/000000009/" + std::string(kTrainerPart),
        R"({"completed": 9, "finished": true, "stopping": {"phase": "II", "reference": 20.5, "without_improvement": 3,
            "stopped": true, "best": {"II": [{"iteration": 6, "value": 20.5}]}}})");
  Manifest manifest;
  manifest.iteration = 9;
  manifest.config = read_file(run_ / "run.toml");
  manifest.data_fingerprints["train"] = "abc123";
  write("checkpoints/000000009/" + std::string(kManifestName), write_manifest(manifest));
  EXPECT_THAT(
      stopping_reason(history()),
      HasSubstr("Stopped by validation after iteration 9: none of the last 3 validations had a psnr higher than "
                "20.5 by more than 0"));
  EXPECT_THAT(page(), HasSubstr("<code>abc123</code>"));
}

TEST_F(ReportTest, NamesSlowRanks) {
  now_ = 1e9;
  TimingLog log(run_ / "timing.jsonl", {1, 1e9, 0, {"n1", "n1", "n2"}}, [this] { return now_; });
  log.logged(0, 3, {.rank_seconds = {1.0, 1.0, 2.0}});
  set("batch.global_batch", "24");
  EXPECT_THAT(page(), HasSubstr("2.0 times the usual time"));
  EXPECT_THAT(page(), HasSubstr("One rank is slow."));
}

TEST_F(ReportTest, ShowsExports) {
  write("export/best/model_card.json",
        R"({"summary": "A small network.", "iteration": 1234, "files":
            [{"name": "model.pt", "what": "for inference", "bytes": 2048, "sha256": "0123456789abcdef0123"}]})");
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("After iteration 1,234. A small network."));
  EXPECT_THAT(html, HasSubstr("<code>model.pt</code>"));
  EXPECT_THAT(html, HasSubstr("2.0 KiB"));
}

TEST_F(ReportTest, ShowsAtMostTwelvePicturesTheFirstAndTheLastAmongThem) {
  fs::create_directory(run_ / "samples");
  for (int i = 1; i <= 40; ++i) write_png(run_ / fmt::format("samples/{:09}.png", i), Picture(2, 2));
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("12 of 40 pictures"));
  EXPECT_THAT(html, HasSubstr("<figcaption>after iteration 1<"));
  EXPECT_THAT(html, HasSubstr("<figcaption>after iteration 40<"));
}

}  // namespace
}  // namespace understudy
