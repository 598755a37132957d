#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "common/log.h"
#include "launcher/commands/command.h"
#include "launcher/commands/pack_options.h"
#include "launcher/ranks.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;

/// A line every ten seconds: how far this rank is, how fast, and how long it will take.
class ProgressLines {
 public:
  explicit ProgressLines(std::uint64_t clips) : clips_(clips) {}

  void show(const PackCounts& counts) {
    const auto now = Clock::now();
    const std::uint64_t done = counts.packed + counts.rejected;
    if (now < next_ && done < clips_) return;
    next_ = now + std::chrono::seconds(10);
    const double seconds = std::max(1e-3, std::chrono::duration<double>(now - start_).count());
    const auto left =
        static_cast<std::int64_t>(seconds / static_cast<double>(done) * static_cast<double>(clips_ - done));
    spdlog::info("{} of {} clips ({} rejected), {} frames, {:.0f} frames/s, {:.1f} MB/s, {:%T} left",
                 done,
                 clips_,
                 counts.rejected,
                 counts.frames,
                 static_cast<double>(counts.frames) / seconds,
                 static_cast<double>(counts.bytes) / 1e6 / seconds,
                 std::chrono::seconds(left));
  }

 private:
  std::uint64_t clips_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_;
};

/// The shards that this rank packs, of those that rank 0 found not to be whole.
std::vector<std::size_t> share_of(const std::vector<std::size_t>& pending, Communicator& ranks) {
  std::vector<std::int64_t> places(pending.begin(), pending.end());
  std::int64_t count = std::ssize(places);
  ranks.broadcast(std::as_writable_bytes(std::span(&count, 1)), 0, "tell how many shards are left");
  places.resize(static_cast<std::size_t>(count));
  ranks.broadcast(std::as_writable_bytes(std::span(places)), 0, "tell which shards are left");
  std::vector<std::size_t> own;
  for (std::size_t i = static_cast<std::size_t>(ranks.rank()); i < places.size();
       i += static_cast<std::size_t>(ranks.world_size())) {
    own.push_back(static_cast<std::size_t>(places[i]));
  }
  return own;
}

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

Outcome pack(const PackRequest& request, const RankContext& context) {
  Communicator& ranks = context.ranks;
  Packer packer(request);
  if (ranks.rank() == 0) packer.plan();
  ranks.barrier("plan the shards");
  if (ranks.rank() != 0) packer.plan();
  const std::vector<std::size_t> own =
      share_of(ranks.rank() == 0 ? packer.pending() : std::vector<std::size_t>(), ranks);
  ProgressLines lines(packer.clips_of(own));
  const PackWatch watch{.progress =
                            [&](const PackCounts& counts) {
                              context.heartbeat.beat();
                              lines.show(counts);
                            },
                        .stop = context.stop_requested};
  const bool whole = packer.work(own, watch);
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
    chosen = [request] {
      return run_on_ranks(pack_work_folder(request->out) / "outcome.json",
                          [&](const RankContext& context) { return pack(*request, context); });
    };
  });
}

}  // namespace understudy
