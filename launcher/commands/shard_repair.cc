#include <memory>
#include <thread>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/set_repair.h"
#include "launcher/commands/pack_options.h"
#include "launcher/commands/shard_tools.h"

namespace understudy {
namespace {

ExitCode run(const std::string& set, const PackRequest& request) {
  const RepairReport report = repair_set(set, request, {});
  for (const std::string& file : report.repaired) fmt::print("{}: written again\n", file);
  if (report.remaining.empty()) {
    fmt::print("{}: intact\n", set);
    return ExitCode::kDone;
  }
  throw DataError(fmt::format("{}: {} problem{} left\n  {}",
                              set,
                              report.remaining.size(),
                              report.remaining.size() == 1 ? "" : "s",
                              fmt::join(report.remaining, "\n  ")));
}

}  // namespace

void add_shard_repair(CLI::App& shard, RunCommand& chosen) {
  const auto request = std::make_shared<PackRequest>();
  const auto set = std::make_shared<std::string>();
  request->threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* tool = add_command(shard,
                               "repair",
                               "Pack the damaged shards of a set again, from the input it was packed from",
                               "understudy shard repair sets/vox/train --videos vox --landmarks vox-kp");
  tool->add_option("set", *set, "Folder of the set")->required();
  add_input_options(*tool, request);
  tool->add_option("--threads", request->threads, "Threads")->check(CLI::Range(1, 256));
  tool->callback([set, request, &chosen] { chosen.run = [set, request] { return run(*set, *request); }; });
}

}  // namespace understudy
