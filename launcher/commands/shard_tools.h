#pragma once

#include "launcher/commands/command.h"

namespace understudy {

/// Each adds one tool of `understudy shard` and, when that one is chosen, sets `chosen`.
void add_shard_stats(CLI::App& shard, RunCommand& chosen);
void add_shard_diff(CLI::App& shard, RunCommand& chosen);
void add_shard_reshard(CLI::App& shard, RunCommand& chosen);
void add_shard_bench(CLI::App& shard, RunCommand& chosen);
void add_shard_sample(CLI::App& shard, RunCommand& chosen);
void add_shard_repair(CLI::App& shard, RunCommand& chosen);

}  // namespace understudy
