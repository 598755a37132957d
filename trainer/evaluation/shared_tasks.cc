#include "trainer/evaluation/shared_tasks.h"

#include <cstring>
#include <string>

namespace understudy {
namespace {

void append(std::string& rows, const TaskRow& row) {
  const std::uint64_t size = row.size();
  rows.append(reinterpret_cast<const char*>(&size), sizeof(size));
  rows.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(double));
}

std::vector<TaskRow> rows_of(const std::vector<std::string>& blobs) {
  std::vector<TaskRow> rows;
  for (const std::string& blob : blobs) {
    for (std::size_t at = 0; at < blob.size();) {
      std::uint64_t size = 0;
      std::memcpy(&size, blob.data() + at, sizeof(size));
      at += sizeof(size);
      TaskRow& row = rows.emplace_back(size);
      if (size > 0) std::memcpy(row.data(), blob.data() + at, size * sizeof(double));
      at += size * sizeof(double);
    }
  }
  return rows;
}

}  // namespace

std::optional<std::vector<TaskRow>> run_shared_tasks(const RankContext& context,
                                                     std::int64_t count,
                                                     const std::function<TaskRow(std::int64_t)>& task) {
  Communicator& ranks = context.ranks;
  const std::int64_t first = count * ranks.rank() / ranks.world_size();
  const std::int64_t end = count * (ranks.rank() + 1) / ranks.world_size();
  const std::int64_t turns = (count + ranks.world_size() - 1) / ranks.world_size();
  std::string rows;
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    const std::int64_t stop = context.stop_requested() ? 1 : 0;
    if (ranks.all_reduce(stop, Reduction::kMax, "agree to go on with an evaluation") != 0) return std::nullopt;
    if (first + turn < end) append(rows, task(first + turn));
    context.heartbeat.beat();
  }
  return rows_of(ranks.gather(rows, "gather the rows of an evaluation"));
}

}  // namespace understudy
