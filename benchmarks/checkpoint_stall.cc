// What saving a state of 650 MB costs training: how long a step is held up, against one copy of the state in memory;
// the writer's processor time; and the training lost at one save in 30 seconds, where training (matrix products on
// every core) and the writer (hashing, comparing) share the cores. Also how long a start takes to pass over two damaged
// checkpoints.
//
//   benchmark_checkpoint_stall [FOLDER]     where checkpoints are written, default the folder for temporary files
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <torch/torch.h>

#include "trainer/faults/replica_check.h"
#include "trainer/memory_pool.h"
#include "trainer/saving/checkpoint_saver.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLayers = 50;
constexpr std::int64_t kLayer = 1'083'333;  // floats; with two moments each, 650 MB
constexpr int kSaves = 60;
constexpr double kPeriod = 30.0;  // seconds
constexpr int kPeriods = 4;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

NamedTensors state_of(const std::vector<std::string>& suffixes) {
  NamedTensors tensors;
  for (int layer = 0; layer < kLayers; ++layer) {
    for (const std::string& suffix : suffixes)
      tensors.emplace_back("layer." + std::to_string(layer) + suffix, torch::rand({kLayer}));
  }
  return tensors;
}

struct Distribution {
  double median;
  double p99;
};

Distribution distribution_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.5), at(0.99)};
}

/// A stand-in for an iteration that uses every core.
class Training {
 public:
  void iterate() { out_ = torch::mm(a_, b_); }
  /// @returns  iterations in so many seconds
  template <class EachTime>
  double count(double seconds, EachTime each_time) {
    const auto start = Clock::now();
    double iterations = 0;
    for (; since(start) < seconds; ++iterations) {
      iterate();
      each_time(since(start));
    }
    return iterations / since(start) * seconds;
  }

 private:
  at::Tensor a_ = torch::rand({1024, 1024});
  at::Tensor b_ = torch::rand({1024, 1024});
  at::Tensor out_;
};

class StallBenchmark {
 public:
  explicit StallBenchmark(const std::filesystem::path& folder) : store_(folder) { store_.take_incarnation(); }

  void measure() {
    copy_again();
    std::vector<double> copies;
    std::vector<double> stalls;
    std::vector<double> writer;
    std::vector<double> durations;
    for (int i = 0; i < kSaves; ++i) {
      copies.push_back(copy_again());
      stalls.push_back(begin());
      const double before = processor_seconds();
      saver_.finish();
      writer.push_back(processor_seconds() - before);
      durations.push_back(*saver_.seconds());
    }
    const Distribution copy = distribution_of(copies);
    const Distribution stall = distribution_of(stalls);
    std::printf("%d saves of %.0f MB, %d threads\n", kSaves, megabytes(), at::get_num_threads());
    std::printf("  one copy in memory   median %6.1f ms   p99 %6.1f ms\n", 1e3 * copy.median, 1e3 * copy.p99);
    std::printf("  stall of the step    median %6.1f ms   p99 %6.1f ms\n", 1e3 * stall.median, 1e3 * stall.p99);
    std::printf("  stall over one copy  median %6.2f      p99 %6.2f (over the median copy %.2f)\n",
                stall.median / copy.median,
                stall.p99 / copy.p99,
                stall.p99 / copy.median);
    writer_seconds_ = distribution_of(writer).median;
    std::printf("  writer               %.2f s of processor time, %.2f s from begin to published (median)\n",
                writer_seconds_,
                distribution_of(durations).median);
  }

  /// What a run looks at before it saves, besides what the saver does.
  void measure_checks() {
    NamedTensors state = model_;
    state.insert(state.end(), optimizer_.begin(), optimizer_.end());
    std::vector<at::Tensor> tensors;
    for (const auto& [name, tensor] : state) tensors.push_back(tensor);
    std::vector<double> finite;
    std::vector<double> sums;
    for (int i = 0; i < kSaves / 2; ++i) {
      auto start = Clock::now();
      first_unsound(state);
      finite.push_back(since(start));
      start = Clock::now();
      bit_checksums(tensors);
      sums.push_back(since(start));
    }
    std::printf("  checks before it     finite: median %6.1f ms   replicas, with several ranks: median %6.1f ms\n",
                1e3 * distribution_of(finite).median,
                1e3 * distribution_of(sums).median);
  }

  /// How long a start looks for a checkpoint when the two newest are damaged.
  void measure_fallback() {
    for (const std::int64_t iteration : {iteration_, iteration_ - 1}) {
      std::fstream part(store_.folder_of(iteration) / kModelPart, std::ios::in | std::ios::out | std::ios::binary);
      part.seekp(100'000'000);
      part.put('x');
    }
    spdlog::set_level(spdlog::level::off);
    const auto start = Clock::now();
    const auto found = store_.newest_intact();
    std::printf("  two newest damaged   the third is found after %.2f s%s\n\n",
                since(start),
                found && found->manifest().iteration == iteration_ - 2 ? "" : ": NOT FOUND");
  }

  void measure_beside_training() {
    double undisturbed = 0;
    double disturbed = 0;
    for (int i = 0; i < kPeriods; ++i) {
      undisturbed += training_.count(kPeriod, [](double) {});
      bool begun = false;
      disturbed += training_.count(kPeriod, [&](double seconds) {
        if (begun || seconds < 1.0) return;
        begun = true;
        begin();
      });
      saver_.finish();
    }
    const double lost = 1.0 - disturbed / undisturbed;
    const double lost_seconds = lost * kPeriod;
    std::printf(
        "one save in %.0f s of training on %d threads: %.2f %% of the throughput lost, %.2f s of training; the "
        "writer's "
        "processor time is %.2f s; ratio %.2f\n",
        kPeriod,
        at::get_num_threads(),
        100 * lost,
        lost_seconds,
        writer_seconds_,
        lost_seconds / writer_seconds_);
  }

 private:
  double begin() {
    CheckpointOrder order{.iteration = ++iteration_};
    order.trainer = "{}";
    order.retention.keep_newest = 3;
    const auto start = Clock::now();
    saver_.begin(std::move(order));
    return since(start);
  }

  double copy_again() {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < model_.size(); ++i) model_copy_[i].second.copy_(model_[i].second);
    for (std::size_t i = 0; i < optimizer_.size(); ++i) optimizer_copy_[i].second.copy_(optimizer_[i].second);
    return since(start);
  }

  double megabytes() const {
    double bytes = 0;
    for (const NamedTensors* tensors : {&model_, &optimizer_}) {
      for (const auto& [name, tensor] : *tensors) bytes += static_cast<double>(tensor.nbytes());
    }
    return bytes / 1e6;
  }

  CheckpointStore store_;
  NamedTensors model_ = state_of({""});
  NamedTensors optimizer_ = state_of({".exp_avg", ".exp_avg_sq"});
  NamedTensors model_copy_ = state_of({""});
  NamedTensors optimizer_copy_ = state_of({".exp_avg", ".exp_avg_sq"});
  std::unique_ptr<Communicator> alone_ = single_rank();
  Heartbeat heartbeat_;
  Training training_;
  std::int64_t iteration_ = 0;
  double writer_seconds_ = 0.0;
  CheckpointSaver saver_{store_, 1, model_, optimizer_, [] {}, *alone_, heartbeat_};
};

}  // namespace
}  // namespace understudy

int main(int count, char** arguments) {
  using namespace understudy;
  keep_tensor_memory();
  torch::manual_seed(1);
  const std::filesystem::path base =
      count > 1 ? std::filesystem::path(arguments[1]) : std::filesystem::temp_directory_path();
  const std::filesystem::path folder = base / "understudy-checkpoint-stall";
  std::filesystem::remove_all(folder);
  {
    StallBenchmark benchmark(folder);
    benchmark.measure();
    benchmark.measure_checks();
    benchmark.measure_fallback();
    benchmark.measure_beside_training();
  }
  std::filesystem::remove_all(folder);
}
