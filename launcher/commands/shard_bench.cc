#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "data_pipeline/set_bench.h"
#include "launcher/commands/shard_tools.h"

namespace understudy {

void add_shard_bench(CLI::App& shard, RunCommand& chosen) {
  const auto options = std::make_shared<SetBenchOptions>();
  const auto set = std::make_shared<std::string>();
  options->threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* tool = add_command(shard,
                               "bench",
                               "Measure reading, decoding and FSRT's augmentation of a set on this machine",
                               "understudy shard bench sets/vox/train --threads 4");
  tool->add_option("set", *set, "Folder of the set, or its manifest")->required();
  tool->add_option("--threads", options->threads, "Threads that decode and augment")->check(CLI::Range(1, 256));
  tool->add_option("--read-threads", options->read_threads, "Reads under way at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  tool->add_option("--sources", options->sources, "Source frames of a sample")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  tool->add_option("--samples", options->samples, "Samples of each measurement")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  tool->add_option("--delay-ms", options->delay_ms, "Added to each read, for slow storage")
      ->check(CLI::Range(0.0, 10000.0))
      ->capture_default_str();
  tool->callback([set, options, &chosen] {
    chosen.run = [set, options] {
      fmt::print("{}", bench_set(*set, *options));
      return ExitCode::kDone;
    };
  });
}

}  // namespace understudy
