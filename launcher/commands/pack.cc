#include <memory>
#include <thread>

#include <fmt/format.h>

#include "common/errors.h"
#include "launcher/commands/command.h"
#include "launcher/commands/pack_options.h"
#include "launcher/commands/shard_work.h"

namespace understudy {
namespace {

Outcome finish(Packer& packer, const PackRequest& request) {
  const PackCounts counts = packer.merge();
  return {ExitCode::kDone,
          fmt::format("{}: {} clips, {} frames, {:.1f} MB; {} clips rejected{}",
                      request.out.string(),
                      counts.packed,
                      counts.frames,
                      static_cast<double>(counts.bytes) / 1e6,
                      counts.rejected,
                      counts.rejected > 0 ? fmt::format(", see {}", (request.out / "rejected.tsv").string()) : "")};
}

/// @throws ConfigError  when one of the two would say nothing without the other
void require_split_lists(const PackRequest& request) {
  const bool wanted = request.settings.split == SplitKind::kLists;
  if (wanted == !request.split_lists.empty()) return;
  throw ConfigError(wanted
                        ? "--split lists: which clips go to which set is not said; add --split-list FILE for each list"
                        : fmt::format("--split-list {}: is read with --split lists only; add that, or leave it out",
                                      request.split_lists.front().string()));
}

Outcome pack(const PackRequest& request, const RankContext& context) {
  Communicator& ranks = context.ranks;
  require_split_lists(request);
  Packer packer(request);
  if (ranks.rank() == 0) packer.plan();
  ranks.barrier("plan the shards");
  if (ranks.rank() != 0) packer.join();
  const std::vector<std::size_t> own =
      share_of(ranks.rank() == 0 ? packer.pending() : std::vector<std::size_t>(), ranks);
  const bool whole = packer.work(own, watch_work(packer.clips_of(own), context));
  if (ranks.all_reduce(whole ? 1 : 0, Reduction::kMin, "pack the shards") == 0) {
    return {ExitCode::kRunAgain, fmt::format("{}: asked to stop; run the same command again", request.out.string())};
  }
  return ranks.rank() == 0 ? finish(packer, request) : Outcome{};
}

}  // namespace

void add_pack_command(CLI::App& app, RunCommand& chosen) {
  const auto request = std::make_shared<PackRequest>();
  request->threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* command =
      add_command(app,
                  "pack",
                  "Pack videos and their annotations into verified shards; goes on where it was broken off",
                  "mpirun -n 4 understudy pack --videos vox --landmarks vox-kp --square --max-size 512 --split folder "
                  "--out sets/vox");
  add_input_options(*command, request);
  command->add_option("--out", request->out, "Folder of the new set, or of one set for each split")->required();
  add_content_options(*command, request);
  command->add_option("--threads", request->threads, "Threads of each rank; they do not change a byte")
      ->check(CLI::Range(1, 256));
  command->callback([request, &chosen] {
    chosen.outcome_folder = pack_work_folder(request->out);
    chosen.run = [request] {
      return run_on_ranks(
          pack_work_folder(request->out) / kOutcomeName,
          [&](const RankContext& context) { return pack(*request, context); },
          kShardWorkers);
    };
  });
}

}  // namespace understudy
