#include "data_pipeline/set_bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "common/errors.h"
#include "data_pipeline/episode_frames.h"
#include "data_pipeline/fsrt_sample.h"
#include "data_pipeline/prefetcher.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kSeed = 1;
constexpr int kRounds = 3;  // the best counts: other programs can only add time
constexpr std::uint64_t kFarSample = std::uint64_t{1'000'000} * 24;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double resident_mebibytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0.0;
  double resident = 0.0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576.0;
}

/// Seconds of processor time that the published loader takes for a sample, measured at 256, 360 and 512 pixels; between
/// these in proportion to the pixels.
double official_seconds(int width, int height) {
  const double pixels = static_cast<double>(width) * height;
  const auto between = [pixels](double p0, double s0, double p1, double s1) {
    return s0 + (s1 - s0) * (pixels - p0) / (p1 - p0);
  };
  constexpr double kSmall = 256.0 * 256.0;
  constexpr double kMiddle = 360.0 * 360.0;
  constexpr double kLarge = 512.0 * 512.0;
  return pixels < kMiddle ? between(kSmall, 0.20, kMiddle, 0.36) : between(kMiddle, 0.36, kLarge, 0.61);
}

/// Objects that wait to be used again.
template <class Item>
class Spare {
 public:
  std::unique_ptr<Item> take() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return std::make_unique<Item>();
    std::unique_ptr<Item> item = std::move(items_.back());
    items_.pop_back();
    return item;
  }
  void give_back(std::unique_ptr<Item> item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Item>> items_;
};

class Bench {
 public:
  Bench(const std::filesystem::path& set, const SetBenchOptions& options)
      : set_(set), options_(options), idle_(resident_mebibytes()) {
    spec_.sources = options.sources;
    data_ = open({});
    spec_.needs_landmarks = data_->has_landmarks();
    if (spec_.needs_landmarks) data_ = open({});
  }

  std::string run() {
    std::string text = fmt::format("{} threads, {} reads at a time, {} measurements of which the best counts\n",
                                   options_.threads,
                                   options_.read_threads,
                                   kRounds);
    text += far_start();
    text += decoding();
    text += samples();
    text += slow_storage();
    return text;
  }

 private:
  std::shared_ptr<const DataSet> open(const ReadOptions& reading) const {
    return std::make_shared<const DataSet>(DataSet::open(set_, requirements_of(spec_), reading));
  }

  /// JPEG files spread over the set.
  std::vector<std::vector<std::byte>> some_jpegs(const Sampler& sampler) const {
    std::vector<std::vector<std::byte>> jpegs;
    for (std::uint64_t g = 0; g < 200; ++g) jpegs.push_back(data_->read_frame(sampler.episode(g).frames.back()));
    return jpegs;
  }

  std::string decoding() const {
    const Sampler sampler(data_, kSeed, spec_);
    const auto jpegs = some_jpegs(sampler);
    const tjhandle turbo = tjInitDecompress();
    std::vector<unsigned char> pixels;
    const auto bare = [&](const std::vector<std::byte>& jpeg) {
      int width = 0;
      int height = 0;
      int subsampling = 0;
      int colours = 0;
      const auto* bytes = reinterpret_cast<const unsigned char*>(jpeg.data());
      tjDecompressHeader3(turbo, bytes, jpeg.size(), &width, &height, &subsampling, &colours);
      pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
      tjDecompress2(turbo, bytes, jpeg.size(), pixels.data(), width, 0, height, TJPF_RGB, TJFLAG_ACCURATEDCT);
    };
    Picture picture;
    const auto ours = [&](const std::vector<std::byte>& jpeg) { decode_jpeg(jpeg, "a frame", picture); };
    double bare_seconds = 1e9;
    double our_seconds = 1e9;
    for (int round = 0; round < 2 * kRounds; ++round) {
      bare_seconds = std::min(bare_seconds, seconds_of_all(jpegs, bare));
      our_seconds = std::min(our_seconds, seconds_of_all(jpegs, ours));
    }
    tjDestroy(turbo);
    const auto count = static_cast<double>(jpegs.size());
    return fmt::format("decoding, one thread: {:.0f} frames/s, bare turbojpeg {:.0f}: {:.1f} %\n",
                       count / our_seconds,
                       count / bare_seconds,
                       100.0 * bare_seconds / our_seconds);
  }

  template <class Decode>
  static double seconds_of_all(const std::vector<std::vector<std::byte>>& jpegs, const Decode& decode) {
    const auto start = Clock::now();
    for (const auto& jpeg : jpegs) decode(jpeg);
    return seconds_since(start);
  }

  /// What one sample is made in; used again, it keeps its memory.
  struct Work {
    std::vector<Picture> pictures;
    std::vector<Landmarks68> landmarks;
    FsrtSample sample;
  };

  void make(const EpisodeFrames& frames, Work& work) const {
    work.pictures.resize(frames.count());
    work.landmarks.clear();
    for (std::size_t i = 0; i < frames.count(); ++i) {
      frames.decode(i, work.pictures[i]);
      if (spec_.needs_landmarks) work.landmarks.push_back(frames.landmarks(i));
    }
    const FsrtDataConfig config;
    const FsrtDraws draws =
        draw_augmentation(kSeed,
                          frames.episode().sample,
                          config,
                          FsrtMode::kWholePicture,
                          {.landmarks = work.landmarks,
                           .landmark_reference_size = spec_.needs_landmarks ? frames.landmark_reference_size() : 256.0F,
                           .native = frames.frame_size(),
                           .picture_size = options_.picture_size});
    render(work.pictures, draws, config, options_.picture_size, work.sample);
  }

  /// Reads ahead and makes samples ahead, as a run's loader does.
  struct Loader {
    Loader(const Bench& bench, const Sampler& sampler, std::uint64_t first)
        : reader(bench.spec_, {}),
          reads(
              [this, &sampler](std::uint64_t g) {
                EpisodeFrames frames;
                ReadCounts counts;
                reader.read(sampler.set(), sampler.episode(g), frames, counts);
                return frames;
              },
              first,
              bench.options_.read_threads,
              4 * bench.options_.read_threads),
          samples(
              [this, &bench](std::uint64_t g) {
                std::unique_ptr<Work> work = spare.take();
                bench.make(reads.take(g), *work);
                return work;
              },
              first,
              bench.options_.threads,
              2 * bench.options_.threads) {}

    /// Waits for the next sample and is done with it.
    void next() { spare.give_back(samples.next()); }

    EpisodeReader reader;
    Spare<Work> spare;
    Prefetcher<EpisodeFrames> reads;
    Prefetcher<std::unique_ptr<Work>> samples;
  };

  std::string far_start() const {
    const auto first = [&](std::uint64_t sample) {
      double best = 1e9;
      for (int round = 0; round < kRounds; ++round) {
        const auto start = Clock::now();
        const Sampler sampler(data_, kSeed, spec_);
        Work work;
        make(read_episode(*data_, sampler.episode(sample), spec_), work);
        best = std::min(best, seconds_since(start));
      }
      return 1e3 * best;
    };
    const double near = first(0);
    const double far = first(kFarSample);
    return fmt::format("first sample of iteration 0: {:.2f} ms, of iteration 1000000: {:.2f} ms ({:.2f} times)\n",
                       near,
                       far,
                       far / near);
  }

  std::string samples() const {
    const Sampler sampler(data_, kSeed, spec_);
    double cpu = 1e9;
    double wall = 1e9;
    double resident = 0.0;
    for (int round = 0; round < kRounds; ++round) {
      Loader loader(*this, sampler, 0);
      for (int i = 0; i < 16; ++i) loader.next();
      const auto start = Clock::now();
      const double cpu_start = cpu_seconds();
      for (std::int64_t i = 0; i < options_.samples; ++i) loader.next();
      wall = std::min(wall, seconds_since(start));
      cpu = std::min(cpu, (cpu_seconds() - cpu_start) / static_cast<double>(options_.samples));
      resident = std::max(resident, resident_mebibytes() - idle_);
    }
    const ClipEntry& clip = data_->clips()[0];
    const double official = official_seconds(clip.width, clip.height);
    return fmt::format(
        "FSRT samples: {:.0f} a second, {:.2f} ms of processor time each; the official loader takes {:.0f} ms at {} x "
        "{}: "
        "1/{:.0f}\nmemory: {:.0f} MiB above this process at rest\n",
        static_cast<double>(options_.samples) / wall,
        1e3 * cpu,
        1e3 * official,
        clip.width,
        clip.height,
        official / cpu,
        resident);
  }

  /// Frames a second that a consumer gets who asks for so many.
  double delivered(const std::shared_ptr<const DataSet>& data) const {
    const Sampler sampler(data, kSeed, spec_);
    Loader loader(*this, sampler, 0);
    for (int i = 0; i < 16; ++i) loader.next();
    const double frames = static_cast<double>(options_.sources + 1);
    const auto start = Clock::now();
    for (std::int64_t i = 1; i <= options_.samples; ++i) {
      loader.next();
      std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                                static_cast<double>(i) * frames / options_.demanded_frames)));
    }
    return static_cast<double>(options_.samples) * frames / seconds_since(start);
  }

  std::string slow_storage() const {
    const auto delay = std::chrono::duration<double, std::milli>(options_.delay_ms);
    const auto slow_read = [delay](int descriptor, void* target, std::size_t bytes, off_t offset) {
      std::this_thread::sleep_for(delay);
      return ::pread(descriptor, target, bytes, offset);
    };
    double warm = 0.0;
    double slow = 0.0;
    const auto slow_data = open({.read = slow_read});
    for (int round = 0; round < kRounds; ++round) {
      warm = std::max(warm, delivered(data_));
      slow = std::max(slow, delivered(slow_data));
    }
    return fmt::format("of {:.0f} frames/s: {:.1f} warm, {:.1f} with {:.0f} ms added to each read: {:.1f} %\n",
                       options_.demanded_frames,
                       warm,
                       slow,
                       options_.delay_ms,
                       100.0 * slow / warm);
  }

  std::filesystem::path set_;
  SetBenchOptions options_;
  double idle_;
  EpisodeSpec spec_;
  std::shared_ptr<const DataSet> data_;
};

}  // namespace

std::string bench_set(const std::filesystem::path& set, const SetBenchOptions& options) {
  return Bench(set, options).run();
}

}  // namespace understudy
