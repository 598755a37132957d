// What preparing FSRT's samples costs: decoding two JPEGs, all draws and all seven pictures, on as many threads as
// there are cores, through the prefetcher. Frames lie in memory as JPEGs of quality 95 with the size that real
// recordings have. The figure to beat is that of the official loader: 0.20 / 0.36 / 0.61 CPU-seconds a sample.
//
// Then what is left of it when storage is slow: the recipe's own loader on a set on disk, every read made to take 5 ms
// longer, for a consumer that takes all it can get and for one that asks for 360 frames a second.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/philox.h"
#include "data_pipeline/fsrt_sample.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/prefetcher.h"
#include "data_pipeline/set_writer.h"
#include "data_pipeline/synthetic_head.h"
#include "data_pipeline/synthetic_motion.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/batch_source.h"
#include "trainer/memory_pool.h"

namespace understudy {
namespace {

constexpr int kQuality = 95;
constexpr std::size_t kFrames = 32;
constexpr std::int64_t kPictureSize = 256;

struct Clip {
  std::vector<std::vector<std::byte>> jpegs;
  std::vector<Landmarks68> landmarks;
  int size = 0;
  std::size_t bytes = 0;
};

/// Camera noise, without which drawn pictures would compress and decode better than recorded ones.
void add_noise(Picture& picture, Draws& draws) {
  for (std::uint8_t& byte : picture.rgb) {
    byte = static_cast<std::uint8_t>(std::clamp(byte + static_cast<int>(draws.below(9)) - 4, 0, 255));
  }
}

Clip make_clip(int size) {
  Clip clip{.jpegs = {}, .landmarks = {}, .size = size, .bytes = 0};
  const IdentityParameters identity = draw_identity(1, 0);
  const HeadMotion motion(1, 0);
  Draws noise(1, Purpose::kTest, 0);
  for (std::uint32_t f = 0; f < kFrames; ++f) {
    const HeadState state = motion.at(f);
    RenderedHead head = render_head(identity, state.pose, state.expression, size);
    add_noise(head.picture, noise);
    clip.jpegs.push_back(encode_jpeg(head.picture, kQuality));
    clip.landmarks.push_back(head.landmarks);
    clip.bytes += clip.jpegs.back().size();
  }
  return clip;
}

/// The seven pictures, as the FSRT recipe holds them.
std::vector<at::Tensor> make_sample(const Clip& clip, std::uint64_t number) {
  const std::size_t source = number % kFrames;
  const std::size_t driving = (number * 7 + 3) % kFrames;
  const std::array<Picture, 2> frames = {decode_jpeg(clip.jpegs[source], "source"),
                                         decode_jpeg(clip.jpegs[driving], "driving")};
  const std::array<Landmarks68, 2> landmarks = {clip.landmarks[source], clip.landmarks[driving]};
  const FsrtDraws draws = draw_augmentation(1,
                                            number,
                                            {},
                                            FsrtMode::kWholePicture,
                                            {.landmarks = landmarks,
                                             .landmark_reference_size = 256.0F,
                                             .native = {clip.size, clip.size},
                                             .picture_size = kPictureSize});
  std::vector<at::Tensor> tensors;
  const auto picture = [&tensors] {
    tensors.push_back(at::empty({3, kPictureSize, kPictureSize}, at::kFloat));
    return tensors.back().data_ptr<float>();
  };
  render_pictures(frames,
                  draws,
                  kPictureSize,
                  {.source_a1 = picture(),
                   .source_a2 = picture(),
                   .source_full_a2 = picture(),
                   .driving_a1 = picture(),
                   .driving_a2 = picture(),
                   .driving_full_a2 = picture(),
                   .driving_face_a3 = picture()});
  return tensors;
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Cost {
  double items_per_second = 0.0;
  double cpu_ms_per_item = 0.0;
};

/// Best of several rounds: other programs can only add time.
template <class Make>
Cost measure(const Make& make, std::size_t threads, int items) {
  using Item = decltype(make(std::uint64_t{0}));
  Cost best;
  for (int round = 0; round < 5; ++round) {
    Prefetcher<Item> prefetcher(make, 0, threads, 2 * threads);
    for (std::size_t i = 0; i < 4 * threads; ++i) prefetcher.next();
    const auto start = std::chrono::steady_clock::now();
    const double cpu_start = cpu_seconds();
    for (int i = 0; i < items; ++i) prefetcher.next();
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double cpu_ms = 1e3 * (cpu_seconds() - cpu_start) / items;
    best.items_per_second = std::max(best.items_per_second, items / wall);
    best.cpu_ms_per_item = round == 0 ? cpu_ms : std::min(best.cpu_ms_per_item, cpu_ms);
  }
  return best;
}

void report(int size, double official_seconds, std::size_t threads) {
  const Clip clip = make_clip(size);
  const int items = size > 400 ? 150 : 400;
  const Cost sample = measure([&clip](std::uint64_t k) { return make_sample(clip, k); }, threads, items);
  const Cost decode = measure(
      [&clip](std::uint64_t k) {
        const Picture source = decode_jpeg(clip.jpegs[k % kFrames], "source");
        const Picture driving = decode_jpeg(clip.jpegs[(k * 7 + 3) % kFrames], "driving");
        return source.rgb[0] + driving.rgb[0];
      },
      threads,
      items);
  fmt::print("{:4} | {:8.1f} | {:9.0f} | {:13.2f} | {:13.2f} | {:12.2f} | {:14.0f}\n",
             size,
             static_cast<double>(clip.bytes) / kFrames / 1e3,
             sample.items_per_second,
             sample.cpu_ms_per_item,
             decode.cpu_ms_per_item,
             sample.cpu_ms_per_item / decode.cpu_ms_per_item,
             1e3 * official_seconds / sample.cpu_ms_per_item);
}

constexpr std::chrono::milliseconds kDelay{5};
constexpr double kDemandedFrames = 360.0;  // a second
constexpr std::int64_t kFramesASample = 2;
constexpr BatchLayout kLayout{.global_batch = 24, .micro_batch = 4};

void write_set(const std::filesystem::path& folder) {
  SetWriter writer(folder, {.source = "synthetic", .jpeg_quality = kQuality, .jpeg_subsampling = "4:2:0"});
  const Clip drawn = make_clip(256);
  for (int identity = 0; identity < 4; ++identity) {
    ClipRecord clip;
    clip.identity = fmt::format("id{}", identity);
    clip.video = "video";
    clip.name = clip.identity + "#video#0";
    clip.width = clip.height = drawn.size;
    clip.frames = drawn.jpegs;
    clip.annotations.landmarks = drawn.landmarks;
    writer.add(clip);
  }
  writer.finish();
}

ssize_t slow_read(int descriptor, void* target, std::size_t bytes, off_t offset) {
  std::this_thread::sleep_for(kDelay);
  return ::pread(descriptor, target, bytes, offset);
}

/// Frames a second that come out of the loader. @param demanded  that are asked for; 0: as many as there are
double delivered(const Recipe& recipe, const Sampler& sampler, const LoaderOptions& options, double demanded) {
  using Clock = std::chrono::steady_clock;
  constexpr int kBatches = 200;
  const double frames = static_cast<double>(kLayout.micro_batch * kFramesASample);
  TrainingBatches batches(recipe, sampler, kLayout, {0, kLayout.micro_batches()}, 0, options);
  for (int i = 0; i < 12; ++i) batches.next();
  const auto start = Clock::now();
  for (int i = 1; i <= kBatches; ++i) {
    batches.next();
    if (demanded > 0.0) std::this_thread::sleep_until(start + std::chrono::duration<double>(i * frames / demanded));
  }
  return kBatches * frames / std::chrono::duration<double>(Clock::now() - start).count();
}

void report_slow_storage(std::size_t threads) {
  const TemporaryFolder place;
  write_set(place.path() / "set");
  const RunSettings settings = tiny_settings("fsrt");
  FsrtRecipeConfig config = fsrt_config(settings);  // small networks, which preparing does not touch
  config.model.image_size = kPictureSize;
  const FsrtRecipe recipe(config, settings.run, make_fsrt_networks(config, 1, false), nullptr);
  const SetRequirements requirements = requirements_of(recipe.episode());
  const auto sampler = [&](const ReadOptions& reading) {
    return Sampler(std::make_shared<const DataSet>(DataSet::open(place.path() / "set", requirements, reading)),
                   1,
                   recipe.episode());
  };
  const Sampler warm = sampler({});
  const Sampler slow = sampler({.read = slow_read});
  const RunConfig defaults;
  const auto row = [&](const char* storage, const Sampler& from, std::int64_t read_threads) {
    LoaderOptions options = loader_options(defaults);
    options.threads = static_cast<std::int64_t>(threads);
    options.read_threads = read_threads;
    const double all = delivered(recipe, from, options, 0.0);
    const double asked = delivered(recipe, from, options, kDemandedFrames);
    fmt::print("{:13} | {:12} | {:16.0f} | {:24.1f}\n", storage, read_threads, all, asked);
    return std::pair(all, asked);
  };
  fmt::print("\nstorage       | read threads | frames/s, no end | frames/s of {:.0f} asked for\n", kDemandedFrames);
  const auto fast = row("warm", warm, defaults.read_threads);
  row("+5 ms a read", slow, 0);
  const auto late = row("+5 ms a read", slow, defaults.read_threads);
  row("+5 ms a read", slow, 4 * defaults.read_threads);
  fmt::print("with slow reads: {:.1f} % of the warm rate without end, {:.1f} % where {:.0f} frames/s are asked for\n",
             100.0 * late.first / fast.first,
             100.0 * late.second / fast.second,
             kDemandedFrames);
  LoaderOptions half = loader_options(defaults);
  half.threads = static_cast<std::int64_t>(threads);
  half.hand_over = HandOver::kFloat16;
  fmt::print("pictures handed over as float16: {:.2f} times the warm rate without end\n",
             delivered(recipe, warm, half, 0.0) / fast.first);
}

}  // namespace
}  // namespace understudy

int main() {
  understudy::keep_tensor_memory();
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  fmt::print("threads {}; a sample is 2 JPEGs decoded and 7 pictures of 256 x 256 made\n", threads);
  fmt::print("size | kB/frame | samples/s | CPU ms/sample | decoding alone | ratio to it | official / ours\n");
  understudy::report(256, 0.20, threads);
  understudy::report(360, 0.36, threads);
  understudy::report(512, 0.61, threads);
  understudy::report_slow_storage(threads);
}
