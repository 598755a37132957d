#include <memory>

#include <fmt/format.h>

#include "data_pipeline/set_difference_report.h"
#include "launcher/commands/shard_tools.h"

namespace understudy {
namespace {

struct DiffOptions {
  std::string first;
  std::string second;
  bool index_only = false;
  bool json = false;
};

ExitCode run(const DiffOptions& options) {
  const SetDifference difference = compare_sets(options.first, options.second, options.index_only);
  fmt::print("{}", options.json ? difference_json(difference) : difference_text(difference));
  return difference.empty() ? ExitCode::kDone : ExitCode::kDiffers;
}

}  // namespace

void add_shard_diff(CLI::App& shard, RunCommand& chosen) {
  const auto options = std::make_shared<DiffOptions>();
  CLI::App* tool = add_command(shard,
                               "diff",
                               "Compare two sets, however they are cut into shards; exit code 0: equal, 1: different",
                               "understudy shard diff sets/faces sets/faces-resharded");
  tool->add_option("first", options->first, "Folder of a set, or its manifest")->required();
  tool->add_option("second", options->second, "The other set")->required();
  tool->add_flag(
      "--index-only",
      options->index_only,
      "Read manifests and indexes alone: the shards may be elsewhere, what annotations hold is not compared");
  tool->add_flag("--json", options->json, "Print JSON, with every name");
  tool->callback([options, &chosen] { chosen.run = [options] { return run(*options); }; });
}

}  // namespace understudy
