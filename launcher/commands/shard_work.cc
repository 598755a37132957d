#include "launcher/commands/shard_work.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>

#include <fmt/chrono.h>

#include "common/log.h"

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

}  // namespace

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

PackWatch watch_work(std::uint64_t clips, const RankContext& context) {
  const auto lines = std::make_shared<ProgressLines>(clips);
  return {.progress =
              [lines, &context](const PackCounts& counts) {
                context.heartbeat.beat();
                lines->show(counts);
              },
          .stop = context.stop_requested};
}

}  // namespace understudy
