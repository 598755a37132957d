#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "data_pipeline/resharding.h"
#include "data_pipeline/set_manifest.h"
#include "launcher/commands/shard_tools.h"

namespace understudy {
namespace {

struct ReshardOptions {
  std::string set;
  std::string out;
  std::uint64_t shard_bytes = 0;
};

ExitCode run(const ReshardOptions& options) {
  reshard_set(options.set, options.out, options.shard_bytes, [](std::size_t written, std::size_t all) {
    if (written % std::max<std::size_t>(1, all / 10) == 0 || written == all) {
      fmt::print("{} of {} clips\n", written, all);
    }
  });
  const SetManifest manifest = read_set_manifest(find_manifest(options.out));
  fmt::print("{}: {} shards, fingerprint {} as before\n", options.out, manifest.shards.size(), manifest.fingerprint);
  return ExitCode::kDone;
}

}  // namespace

void add_shard_reshard(CLI::App& shard, RunCommand& chosen) {
  const auto options = std::make_shared<ReshardOptions>();
  CLI::App* tool = add_command(shard,
                               "reshard",
                               "Cut a set anew into shards: same clips, frames, annotations and fingerprint",
                               "understudy shard reshard sets/faces --out sets/faces-small --shard-bytes 256MiB");
  tool->add_option("set", options->set, "Folder of the set, or its manifest")->required();
  tool->add_option("--out", options->out, "Folder of the new set")->required();
  tool->add_option("--shard-bytes", options->shard_bytes, "JPEG bytes of a shard, at most: 500MB, 256MiB, 2GiB")
      ->required()
      ->transform(CLI::AsSizeValue(true))
      ->check(CLI::PositiveNumber);
  tool->callback([options, &chosen] { chosen.run = [options] { return run(*options); }; });
}

}  // namespace understudy
