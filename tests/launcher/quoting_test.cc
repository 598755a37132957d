#include "launcher/quoting.h"

#include <gtest/gtest.h>

#include "launcher/captured_process.h"

namespace understudy {
namespace {

/// What a real shell makes of the quoted word.
std::string through_shell(std::string_view shell, std::string_view word) {
  const std::string command = "printf %s " + quote_for_shell(word);
  const CapturedProcess process = run_captured({std::string(shell), "-c", command}, "");
  EXPECT_EQ(process.exit_code, 0) << command;
  return process.output;
}

TEST(QuoteForShell, LeavesPlainWordsAsTheyAre) {
  EXPECT_EQ(quote_for_shell("runs/vox256"), "runs/vox256");
  EXPECT_EQ(quote_for_shell("optimizer.learning_rate=5e-5"), "optimizer.learning_rate=5e-5");
  EXPECT_EQ(quote_for_shell("my faces"), "'my faces'");
  EXPECT_EQ(quote_for_shell(""), "''");
}

TEST(QuoteForShell, GivesARealShellTheWordBack) {
  for (const std::string_view word : {"my faces",
                                      "it's",
                                      "\"both' kinds\"",
                                      "$HOME `id` $(id)",
                                      "back\\slash\\",
                                      "* ? [a] {b,c} ~ !x",
                                      "a;b & c | d > e",
                                      "# no comment",
                                      "two\nlines",
                                      "-n",
                                      "Gesichter für später",
                                      "'",
                                      ""}) {
    EXPECT_EQ(through_shell("/bin/sh", word), word);
    EXPECT_EQ(through_shell("/bin/bash", word), word);
  }
}

TEST(QuoteForSbatch, EscapesWhatSbatchReadsDifferently) {
  EXPECT_EQ(quote_for_sbatch("/scratch/runs/slurm-%j.out"), "/scratch/runs/slurm-%j.out");
  EXPECT_EQ(quote_for_sbatch("my runs"), "\"my runs\"");
  EXPECT_EQ(quote_for_sbatch("it's"), "\"it's\"");
  EXPECT_EQ(quote_for_sbatch("a#1"), "\"a\\#1\"");
  EXPECT_EQ(quote_for_sbatch("say \"x\" \\"), "\"say \\\"x\\\" \\\\\"");
}

}  // namespace
}  // namespace understudy
