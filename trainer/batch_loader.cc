#include "trainer/batch_loader.h"

#include <chrono>
#include <set>
#include <string>
#include <utility>

#include <torch/torch.h>

#include "common/log.h"
#include "trainer/device_transfer.h"

namespace understudy {
namespace {

/// Adds the time from its making to its end.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds), start_(std::chrono::steady_clock::now()) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_;
};

Sample stacked(const std::vector<Sample>& samples) {
  Sample tensors;
  for (std::size_t t = 0; t < samples.front().size(); ++t) {
    std::vector<at::Tensor> column;
    column.reserve(samples.size());
    for (const Sample& sample : samples) column.push_back(sample[t]);
    tensors.push_back(column.size() == 1 ? column.front().unsqueeze(0) : at::stack(column));
  }
  return tensors;
}

void add(LoaderStatistics& sum, const LoaderStatistics& more) {
  sum.read_seconds += more.read_seconds;
  sum.prepare_seconds += more.prepare_seconds;
  sum.reads.bytes += more.reads.bytes;
  sum.reads.repeated += more.reads.repeated;
  sum.replaced_frames += more.replaced_frames;
}

/// Warns of every damaged frame once, however often it is drawn.
class DamageLog {
 public:
  void tell(const std::string& frame, const std::string& message) {
    const std::lock_guard lock(mutex_);
    if (told_.insert(frame).second) spdlog::warn("{}", message);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> told_;
};

BatchLoader::SetOf always(const DataSet& data) {
  return [&data](const Episode&) -> const DataSet& { return data; };
}

}  // namespace

LoaderOptions loader_options(const RunConfig& config, at::Device device) {
  const auto log = std::make_shared<DamageLog>();
  return {.threads = config.loader_threads,
          .prefetch = config.prefetch,
          .read_threads = config.read_threads,
          .read_ahead = config.read_ahead,
          .hand_over = config.hand_over,
          .device = device,
          .reading = {.on_corrupt = config.on_corrupt,
                      .seed = static_cast<std::uint64_t>(config.seed),
                      .on_replacement = [log](const std::string& frame, const std::string& message) {
                        log->tell(frame, message);
                      }}};
}

MicroBatch make_micro_batch(const Recipe& recipe,
                            const DataSet& data,
                            BatchPlan plan,
                            const EpisodeReader::Options& reading) {
  const EpisodeReader reader(recipe.episode(), reading);
  BatchLoader::ReadBatch batch{.plan = std::move(plan), .frames = {}, .cost = {}};
  BatchLoader::read(reader, always(data), batch);
  return BatchLoader::prepare(reader, recipe, HandOver::kFloat32, batch);
}

BatchLoader::BatchLoader(const Recipe& recipe, const DataSet& data, Plan plan, const LoaderOptions& options)
    : BatchLoader(recipe, always(data), std::move(plan), options) {}

BatchLoader::BatchLoader(const Recipe& recipe, SetOf set_of, Plan plan, const LoaderOptions& options)
    : recipe_(recipe),
      set_of_(std::move(set_of)),
      plan_(std::move(plan)),
      hand_over_(options.hand_over),
      device_(options.device),
      reader_(recipe.episode(), options.reading),
      reads_(std::make_unique<Prefetcher<ReadBatch>>(
          [this](std::uint64_t number) { return read_next(number); },
          0,
          static_cast<std::size_t>(options.threads > 0 ? options.read_threads : 0),
          static_cast<std::size_t>(options.read_ahead))),
      prepared_(std::make_unique<Prefetcher<LoadedBatch>>([this](std::uint64_t number) { return prepare_next(number); },
                                                          0,
                                                          static_cast<std::size_t>(options.threads),
                                                          static_cast<std::size_t>(options.prefetch))) {}

MicroBatch BatchLoader::next() {
  if (!std::exchange(asked_, true)) {
    statistics_.batches_ready = prepared_->ready();
    statistics_.reads_ready = reads_->ready();
  }
  LoadedBatch loaded = prepared_->next();
  add(statistics_, loaded.cost);
  return moved_to(device_, std::move(loaded.batch));
}

LoaderStatistics BatchLoader::take_statistics() {
  asked_ = false;
  const LoaderStatistics taken = statistics_;
  statistics_ = {.reads = {.repeated = taken.reads.repeated}, .replaced_frames = taken.replaced_frames};
  return taken;
}

void BatchLoader::read(const EpisodeReader& reader, const SetOf& set_of, ReadBatch& batch) {
  batch.cost = {};
  const Stopwatch watch(batch.cost.read_seconds);
  const std::vector<Episode>& episodes = batch.plan.episodes;
  if (batch.frames.size() < episodes.size()) batch.frames.resize(episodes.size());
  for (std::size_t i = 0; i < episodes.size(); ++i)
    reader.read(set_of(episodes[i]), episodes[i], batch.frames[i], batch.cost.reads);
}

MicroBatch BatchLoader::prepare(const EpisodeReader& reader, const Recipe& recipe, HandOver type, ReadBatch& read) {
  const SampleUse& use = read.plan.use;
  MicroBatch batch{.iteration = use.iteration, .index = read.plan.index, .episodes = {}, .tensors = {}};
  if (read.plan.episodes.empty()) return batch;
  const Stopwatch watch(read.cost.prepare_seconds);
  std::vector<Sample> samples;
  samples.reserve(read.plan.episodes.size());
  for (std::size_t i = 0; i < read.plan.episodes.size(); ++i) {
    EpisodeFrames& frames = read.frames[i];
    Sample sample = reader.decoding(
        frames, read.cost.reads, [&](const EpisodeFrames& intact) { return recipe.prepare(intact, use); });
    samples.push_back(handed_over(std::move(sample), type));
    batch.episodes.push_back(frames.episode());
    read.cost.replaced_frames += static_cast<std::int64_t>(frames.replaced());
  }
  batch.tensors = stacked(samples);
  return batch;
}

BatchLoader::ReadBatch BatchLoader::read_next(std::uint64_t number) {
  ReadBatch batch = spare();
  batch.plan = plan_(number);
  read(reader_, set_of_, batch);
  return batch;
}

BatchLoader::LoadedBatch BatchLoader::prepare_next(std::uint64_t number) {
  ReadBatch read = reads_->take(number);
  MicroBatch batch = staged_for(device_, prepare(reader_, recipe_, hand_over_, read));
  const LoaderStatistics cost = read.cost;
  give_back(std::move(read));
  return {.batch = std::move(batch), .cost = cost};
}

BatchLoader::ReadBatch BatchLoader::spare() {
  const std::lock_guard lock(spares_mutex_);
  if (spares_.empty()) return {};
  ReadBatch batch = std::move(spares_.back());
  spares_.pop_back();
  return batch;
}

void BatchLoader::give_back(ReadBatch batch) {
  const std::lock_guard lock(spares_mutex_);
  spares_.push_back(std::move(batch));
}

}  // namespace understudy
