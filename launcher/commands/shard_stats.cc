#include <memory>

#include <fmt/format.h>

#include "data_pipeline/statistics/statistics_plots.h"
#include "data_pipeline/statistics/statistics_text.h"
#include "launcher/commands/shard_tools.h"

namespace understudy {
namespace {

struct StatsOptions {
  std::string set;
  std::string out;
};

ExitCode run(const StatsOptions& options) {
  const SetStatistics statistics = measure_set(options.set);
  fmt::print("set          {}\n{}", options.set, statistics_text(statistics));
  if (options.out.empty()) return ExitCode::kDone;
  fmt::print("\n");
  for (const std::filesystem::path& file : write_statistics(options.out, statistics)) fmt::print("{}\n", file.string());
  return ExitCode::kDone;
}

}  // namespace

void add_shard_stats(CLI::App& shard, RunCommand& chosen) {
  const auto options = std::make_shared<StatsOptions>();
  CLI::App* tool = add_command(shard,
                               "stats",
                               "Count and plot people, clips, frames, sizes, bytes and annotations",
                               "understudy shard stats sets/faces --out plots");
  tool->add_option("set", options->set, "Folder of the set, or its manifest")->required();
  tool->add_option("--out", options->out, "Folder for stats.json and one PNG a distribution");
  tool->callback([options, &chosen] { chosen.run = [options] { return run(*options); }; });
}

}  // namespace understudy
