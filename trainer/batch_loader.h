#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "data_pipeline/episode_frames.h"
#include "data_pipeline/prefetcher.h"
#include "trainer/loader_statistics.h"
#include "trainer/recipe.h"
#include "trainer/run_config.h"

namespace understudy {

struct LoaderOptions {
  std::int64_t threads = 2;       ///< that decode and augment; 0: the training thread does all, reading too
  std::int64_t prefetch = 4;      ///< micro-batches prepared ahead
  std::int64_t read_threads = 0;  ///< that read; 0: those that decode read as well
  std::int64_t read_ahead = 1;    ///< micro-batches read ahead of preparing
  HandOver hand_over = HandOver::kFloat32;
  at::Device device = at::kCPU;  ///< where `next` puts the tensors
  EpisodeReader::Options reading = {};
};

/// What a run's configuration says of loading. Damaged frames that are replaced are told in the log, each once.
LoaderOptions loader_options(const RunConfig& config, at::Device device = at::kCPU);

/// The episodes of one micro-batch and what it is for. No episodes: an empty micro-batch.
struct BatchPlan {
  std::vector<Episode> episodes;
  std::int64_t index = 0;  ///< of the micro-batch
  SampleUse use;
};

/// Makes one micro-batch of one set, in the calling thread: reads, decodes, augments and stacks the samples. Pure: any
/// thread, any rank, the same bits.
MicroBatch make_micro_batch(const Recipe& recipe,
                            const DataSet& data,
                            BatchPlan plan,
                            const EpisodeReader::Options& reading = {});

/// Makes the micro-batches of a plan in two stages, in order, ahead of need: threads that mostly wait for storage read
/// and check, threads that compute decode and augment what was read. So slow reads cost no computing time as long as
/// `read_threads` of them at a time keep up. At most `read_ahead` + `threads` micro-batches are held as stored bytes
/// and `prefetch` as tensors.
class BatchLoader {
 public:
  /// A pure function of the number, called from any thread.
  using Plan = std::function<BatchPlan(std::uint64_t)>;
  /// The set that an episode is of, called from any thread.
  using SetOf = std::function<const DataSet&(const Episode&)>;

  BatchLoader(const Recipe& recipe, SetOf set_of, Plan plan, const LoaderOptions& options);
  /// All episodes are of one set.
  BatchLoader(const Recipe& recipe, const DataSet& data, Plan plan, const LoaderOptions& options);

  /// The next micro-batch, on the device; waits for the threads when it is not ready. Throws what reading or preparing
  /// it threw.
  MicroBatch next();

  /// Of the micro-batches handed out since the last call. Repeated reads and replaced frames are counted from the
  /// start, since they are rare.
  LoaderStatistics take_statistics();

 private:
  /// The frames of one micro-batch as they are stored.
  struct ReadBatch {
    BatchPlan plan;
    std::vector<EpisodeFrames> frames;  ///< at least as many as the plan has episodes
    LoaderStatistics cost;
  };
  struct LoadedBatch {
    MicroBatch batch;
    LoaderStatistics cost;
  };
  friend MicroBatch make_micro_batch(const Recipe&, const DataSet&, BatchPlan, const EpisodeReader::Options&);

  static void read(const EpisodeReader& reader, const SetOf& set_of, ReadBatch& batch);
  static MicroBatch prepare(const EpisodeReader& reader, const Recipe& recipe, HandOver type, ReadBatch& batch);

  ReadBatch read_next(std::uint64_t number);
  LoadedBatch prepare_next(std::uint64_t number);
  ReadBatch spare();
  void give_back(ReadBatch batch);

  const Recipe& recipe_;
  SetOf set_of_;
  Plan plan_;
  HandOver hand_over_;
  at::Device device_;
  EpisodeReader reader_;
  std::mutex spares_mutex_;
  std::vector<ReadBatch> spares_;  ///< memory of batches that were prepared, to be used again
  LoaderStatistics statistics_;
  bool asked_ = false;                                 ///< since the statistics were taken
  std::unique_ptr<Prefetcher<ReadBatch>> reads_;       ///< ends after the next, which takes from it
  std::unique_ptr<Prefetcher<LoadedBatch>> prepared_;  ///< preparing thread k takes the reads of its own number
};

}  // namespace understudy
